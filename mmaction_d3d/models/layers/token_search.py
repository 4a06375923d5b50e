"""3D token search (3DTS): where the keys of 3D deformable attention come from (eq. 3)."""
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import InputError
from .depthwise_conv import DepthwiseConv3d
from .trilinear import sample_tokens


class SearchedTokens(NamedTuple):
    """Result of the search.

    Attributes:
        tokens: Z~, B x (T~ H~ W~) x 4C.
        positions: Normalised (x, y, z) of each one, B x (T~ H~ W~) x 3, float32.
        offsets: dp before it is added to the reference points, of the same shape.
        grid: T~, H~, W~.
        offset_range: Largest offset.
    """
    tokens: Tensor
    positions: Tensor
    offsets: Tensor
    grid: tuple[int, int, int]
    offset_range: float


class TokenSearch(nn.Module):
    """Search the intense tokens of a volume, ``3DTS`` of algorithm A3.

    Paper symbols: f_off -> ``conv``, ``norm``, ``to_offset``; p -> ``reference_points``;
    dp -> ``offsets``; Z~ -> the sampled tokens. Two k = 7 convolutions without padding cannot run
    on 12 frames (12 -> 6 -> 0), hence only the first one has the kernel k.

    Args:
        embed_dims: Token width, 4C.
        kernel_size: k along (T, H, W). Defaults to 7.
        depthwise: Whether the first convolution is depthwise; a dense one has 343 (4C)^2 weights at
            k = 7. Defaults to True.
        offset_range: Largest offset in normalised coordinates. Defaults to 1.
        searched_frames: T~ at most: of a longer clip, so many stretches of k frames are searched,
            spread evenly. Defaults to None, all of them, as in the paper.
    """

    def __init__(self, embed_dims: int, kernel_size: int | Sequence[int] = 7,
                 depthwise: bool = True, offset_range: float = 1.,
                 searched_frames: int | None = None) -> None:
        super().__init__()
        kernel = (kernel_size, ) * 3 if isinstance(kernel_size, int) else tuple(kernel_size)
        if len(kernel) != 3 or min(kernel) < 1:
            raise InputError('TokenSearch', 'kernel_size', kernel_size,
                             '1 or more, one number or three')
        if searched_frames is not None and searched_frames < 1:
            raise InputError('TokenSearch', 'searched_frames', searched_frames, '1 or more')
        self.kernel_size, self.searched_frames = kernel, searched_frames
        self.offset_range = offset_range
        if depthwise:
            self.conv: nn.Conv3d = DepthwiseConv3d(embed_dims, self.kernel_size)
        else:
            self.conv = nn.Conv3d(embed_dims, embed_dims, self.kernel_size)
        self.norm = nn.LayerNorm(embed_dims)
        # A 1 x 1 x 1 convolution on channels-last tokens. Zero: the search starts at the regular
        # grid.
        self.to_offset = nn.Linear(embed_dims, 3, bias=False)
        nn.init.zeros_(self.to_offset.weight)

    def grid_size(self, size: Sequence[int]) -> tuple[int, int, int]:
        """T~, H~, W~ for a volume of ``size`` (T, H, W)."""
        frames, height, width = (n - k + 1 if n >= k else 1 for n, k in zip(size, self.kernel_size))
        return min(frames, self.searched_frames or frames), height, width

    def forward(self, tokens: Tensor) -> SearchedTokens:
        """Search the tokens.

        Args:
            tokens: Z, B x T x H x W x 4C.

        Returns:
            Z~ and where it was found.
        """
        offsets = self.offsets(tokens)
        grid = self.grid_size(tokens.shape[1:4])
        offsets = offsets.flatten(1, 3)
        positions = reference_points(grid, offsets.device) + offsets
        return SearchedTokens(sample_tokens(tokens, positions), positions, offsets, grid,
                              self.offset_range)

    def offsets(self, tokens: Tensor) -> Tensor:
        """dp, B x T~ x H~ x W~ x 3 in the order (x, y, z), float32 also under autocast."""
        volume = tokens.movedim(-1, 1)
        # F.pad counts from the last axis: W, H, T.
        padding = []
        for n, k in zip(reversed(volume.shape[2:]), reversed(self.kernel_size)):
            lack = max(k - n, 0)
            padding += [lack // 2, lack - lack // 2]
        if any(padding):
            volume = F.pad(volume, padding, mode='replicate')
        features = F.gelu(self.norm(self._convolved(volume).movedim(1, -1)))
        offsets = self.to_offset(features)
        offsets = offsets.to(torch.promote_types(offsets.dtype, torch.float32))
        return self.offset_range * torch.tanh(offsets)

    def _convolved(self, volume: Tensor) -> Tensor:
        """Convolve B x 4C x T x H x W, all of it or the stretches of time that are searched."""
        length = self.kernel_size[0]
        starts, count = volume.shape[2] - length + 1, self.searched_frames
        if count is None or starts <= count:
            return self.conv(volume)
        # The middle one of the starts that each of the cells in time stands for.
        first = (2 * torch.arange(count, device=volume.device) + 1) * starts // (2 * count)
        frames = first[:, None] + torch.arange(length, device=volume.device)
        stretches = volume.index_select(2, frames.flatten()).unflatten(2, frames.shape)
        stretches = self.conv(stretches.transpose(1, 2).flatten(0, 1))  # (B N) x 4C x 1 x H~ x W~
        return stretches.squeeze(2).unflatten(0, (-1, count)).transpose(1, 2)


def reference_points(grid: Sequence[int], device: torch.device) -> Tensor:
    """Cell centres p = (2i + 1) / n - 1 of a T~ x H~ x W~ grid, (T~ H~ W~) x 3 in (x, y, z)."""
    axes = [(2 * torch.arange(n, device=device, dtype=torch.float32) + 1) / n - 1 for n in grid]
    z, y, x = torch.meshgrid(*axes, indexing='ij')
    return torch.stack((x, y, z), dim=-1).flatten(0, 2)
