"""Attention of one clip, as the paper's figures 5 and 6 show it."""
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import InputError
from ..models.layers import AttentionRecord
from ..models.layers.token_search import reference_points
from .training_health import OffsetStatistics, OffsetWatch

#: Pixels from one cell of F_b to the next. Its convolutions centre cell i on pixel 8 i, that is on
#: 8 i + 0.5 in coordinates where 0 is the left edge of the first pixel.
CELL = 8


class Selection(NamedTuple):
    """Which attention to show.

    Attributes:
        block (int): Block, from 0; -1 is the last one.
        head (int, optional): Head, from 0; None is the mean over heads.
        query (str, optional): ``'rgb'`` or ``'cls'`` for the queries M_RGB or M_CLS; None is both.
        frame (int, optional): Frame of the queries; None is all of them.
    """
    block: int = -1
    head: int | None = None
    query: str | None = None
    frame: int | None = None


class AttentionMaps(NamedTuple):
    """What one clip's prediction looked at.

    Attributes:
        cells (Tensor, optional): Attention of the selected queries on the cells of Z,
            T x H/8 x W/8, the mean over queries and heads (figure 5); this and all others but
            ``joints`` are None for a model without deformable attention.
        modal (float, optional): Their attention on the modal tokens: 1 less that on ``cells``.
        mass (Tensor, optional): Their attention on each searched token, P.
        points (Tensor, optional): Searched tokens in input pixels and frames, (x, y, t), P x 3.
        references (Tensor, optional): The reference points that they were searched from, P x 3.
        offsets (Tensor, optional): Offsets of the searched tokens in normalised (x, y, z), P x 3.
        grid (tuple[int], optional): T~, H~, W~.
        spread (OffsetStatistics, optional): Spread of the offsets.
        joints (Tensor, optional): Attention that each joint receives as a key, T x R, 1 where it
            gets as much as every other key (figure 6); None for a model without joint attention.
    """
    cells: Tensor | None
    modal: float | None
    mass: Tensor | None
    points: Tensor | None
    references: Tensor | None
    offsets: Tensor | None
    grid: tuple[int, int, int] | None
    spread: OffsetStatistics | None
    joints: Tensor | None


@torch.no_grad()
def attention_maps(model: nn.Module, imgs: Tensor, keypoint: Tensor,
                   selection: Selection = Selection()) -> AttentionMaps:
    """Run the transformer once and keep its attention.

    Args:
        model (nn.Module): A recogniser whose ``backbone`` is a ``D3DTransformer``; it is left in
            the mode it was in.
        imgs (Tensor): One normalised clip, 3 x T x H x W.
        keypoint (Tensor): Its joints, T x R x 3.
        selection (Selection): What to show. Defaults to the last block, the mean over heads and the
            queries M_RGB and M_CLS of all frames.

    Returns:
        AttentionMaps: The maps, on the CPU.

    Raises:
        InputError: The model has no attention that can be drawn, or not the selected one.
    """
    record, watch, training = AttentionRecord(), OffsetWatch(model), model.training
    model.eval()
    try:
        model.backbone(imgs.unsqueeze(0), keypoint.unsqueeze(0), record=record)
    finally:
        model.train(training)
        watch.remove()
    if not record.deformable and not record.joint:
        raise InputError('model', 'attentions', 'neither deformable nor joint attention',
                         'a model with one of them, whose maps can be drawn')
    joints = None
    if record.joint:
        joints = _heads(_block(record.joint, selection), selection)[0].cpu()
    if not record.deformable:
        return AttentionMaps(*[None] * 8, joints)
    cells, mass, modal = (_queries(_heads(_block(maps, selection), selection)[0], selection).cpu()
                          for maps in (record.deformable, record.points, record.modal))
    searched = _block(record.searched, selection)
    size = record.deformable[0].shape[-3:]
    places = (_in_pixels(places, size, imgs.shape[1]).cpu()
              for places in (searched.positions[0], reference_points(searched.grid, imgs.device)))
    return AttentionMaps(cells, float(modal), mass, *places, searched.offsets[0].cpu(),
                         searched.grid, _block(watch.statistics(), selection), joints)


def _block(maps: list, selection: Selection):
    """Return the entry of the selected block."""
    if not -len(maps) <= selection.block < len(maps):
        raise InputError('model', 'block', selection.block, f'0 to {len(maps) - 1}')
    return maps[selection.block]


def _heads(maps: Tensor, selection: Selection) -> Tensor:
    """Return the selected head, or the mean over heads, of B x heads x ...: B x ..."""
    if selection.head is None:
        return maps.mean(dim=1)
    if not 0 <= selection.head < maps.shape[1]:
        raise InputError('model', 'head', selection.head, f'0 to {maps.shape[1] - 1}')
    return maps[:, selection.head]


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


def _in_pixels(positions: Tensor, size: torch.Size, frames: int) -> Tensor:
    """Normalised (x, y, z) as input pixels and frames, after the border has caught what is outside.

    Args:
        positions (Tensor): P x 3.
        size (torch.Size): T, H/8, W/8 of Z.
        frames (int): Frames of the clip; more than T after a temporal stride.
    """
    cells = positions.new_tensor(size[::-1])
    index = (((positions + 1) * cells - 1) / 2).clamp(min=0).minimum(cells - 1)
    step = positions.new_tensor([CELL, CELL, -(-frames // size[0])])
    # Of frames, the first is 0; of pixels, the centre of the first is 0.5.
    return index * step + positions.new_tensor([0.5, 0.5, 0.])


def cell_heat(cells: np.ndarray, height: int, width: int) -> np.ndarray:
    """Give each pixel the value of the nearest cell, without smoothing.

    Args:
        cells (np.ndarray): H/8 x W/8; cell i is centred on pixel 8 i.
        height, width (int): H and W.

    Returns:
        np.ndarray: H x W.
    """
    row, column = ((np.arange(side) + CELL // 2) // CELL for side in (height, width))
    return cells[np.ix_(row.clip(max=len(cells) - 1), column.clip(max=cells.shape[1] - 1))]
