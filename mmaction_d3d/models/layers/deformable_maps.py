"""What 3D deformable attention looked at (figures 5 and A3 to A5)."""
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from ...errors import InputError
from .attention_record import Selection
from .offset_statistics import OffsetStatistics, OffsetSums
from .token_search import SearchedTokens, reference_points
from .trilinear import trilinear_corners

#: Pixels from one cell of F_b to the next. Its convolutions centre cell i on pixel 8 i, that is on
#: 8 i + 0.5 in coordinates where 0 is the left edge of the first pixel.
CELL = 8


class DeformableMaps(NamedTuple):
    """Cells and points that one clip's prediction looked at.

    Attributes:
        cells: Attention of the selected queries on the cells of Z, T x H/8 x W/8, the mean over
            queries and heads.
        modal: Their attention on the modal tokens: 1 less that on ``cells``.
        mass: Their attention on each searched token, P.
        points: Searched tokens in input pixels and frames, (x, y, t), P x 3.
        references: The reference points that they were searched from, P x 3.
        offsets: Offsets of the searched tokens in normalised (x, y, z), P x 3.
        grid: T~, H~, W~.
        spread: Spread of the offsets.
    """
    cells: Tensor
    modal: float
    mass: Tensor
    points: Tensor
    references: Tensor
    offsets: Tensor
    grid: tuple[int, int, int]
    spread: OffsetStatistics


class DeformableRecord(NamedTuple):
    """The same over a batch, by head and query.

    Attributes:
        searched: Searched tokens, positions and offsets.
        cells: Attention of the modal queries spread back to the cells of Z by the trilinear
            weights of each searched token, B x heads x K x Tq x T x H/8 x W/8, K modal tokens of
            Tq frames.
        points: The same attention on each searched token, B x heads x K x Tq x P.
        modal: The rest, on all modal keys together, B x heads x K x Tq: with ``cells`` or
            ``points`` it adds up to 1.
    """
    searched: SearchedTokens
    cells: Tensor
    points: Tensor
    modal: Tensor

    @classmethod
    def from_weights(cls, searched: SearchedTokens, size: Sequence[int],
                     weights: Tensor) -> 'DeformableRecord':
        """Spread the attention on searched tokens back to the T x H x W cells.

        Args:
            searched: The block's searched tokens, P of them.
            size: T, H/8, W/8.
            weights: Attention matrices of the modal queries, B x heads x (K T) x (P + K T).
        """
        indices, corner_weights = trilinear_corners(searched.positions, size)
        batch, heads, queries, _ = weights.shape
        modal_frames = (queries // size[0], size[0])
        points, modal = weights.float().tensor_split((indices.shape[1], ), dim=-1)
        mass = (points.unsqueeze(-1) * corner_weights[:, None, None]).flatten(3)
        indices = indices.flatten(1)[:, None, None].expand_as(mass)
        cells = mass.new_zeros(batch, heads, queries, size[0] * size[1] * size[2])
        cells.scatter_add_(3, indices, mass)
        return cls(searched, cells.view(batch, heads, *modal_frames, *size),
                   points.unflatten(2, modal_frames),
                   modal.sum(dim=-1).unflatten(2, modal_frames))

    def select(self, selection: Selection, frames: int) -> DeformableMaps:
        """Return the first clip's maps."""
        cells, mass, modal = (_queries(selection.of_heads(maps)[0], selection).cpu()
                              for maps in (self.cells, self.points, self.modal))
        searched, size = self.searched, self.cells.shape[-3:]
        points, references = (_in_pixels(places, size, frames).cpu() for places in (
            searched.positions[0], reference_points(searched.grid, searched.positions.device)))
        sums = OffsetSums()
        sums.add(searched)
        spread = sums.statistics()
        assert spread is not None  # something was searched
        return DeformableMaps(cells, float(modal), mass, points, references,
                              searched.offsets[0].cpu(), searched.grid, spread)


def _queries(maps: Tensor, selection: Selection) -> Tensor:
    """Return the mean over the selected queries of K x Tq x ...; K = 2 are M_RGB and M_CLS."""
    if not len(maps):
        raise InputError('model', 'modal_tokens', 'none', 'modal tokens, whose attention is drawn')
    if selection.query is not None:
        if len(maps) != 2:
            raise InputError('model', 'query', selection.query,
                             'no choice: there is a single modal token')
        maps = maps[('rgb', 'cls').index(selection.query)].unsqueeze(0)
    if selection.frame is not None:
        if not 0 <= selection.frame < maps.shape[1]:
            raise InputError('model', 'query frame', selection.frame, f'0 to {maps.shape[1] - 1}')
        maps = maps[:, selection.frame].unsqueeze(1)
    return maps.mean(dim=(0, 1))


def _in_pixels(positions: Tensor, size: Sequence[int], frames: int) -> Tensor:
    """Normalised (x, y, z) as input pixels and frames, after the border has caught what is outside.

    Args:
        positions: P x 3.
        size: T, H/8, W/8 of Z.
        frames: Frames of the clip; more than T after a temporal stride.
    """
    cells = positions.new_tensor(list(reversed(size)))
    index = (((positions + 1) * cells - 1) / 2).clamp(min=0).minimum(cells - 1)
    step = positions.new_tensor([CELL, CELL, -(-frames // size[0])])
    # Of frames, the first is 0; of pixels, the centre of the first is 0.5.
    return index * step + positions.new_tensor([0.5, 0.5, 0.])
