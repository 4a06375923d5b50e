"""Trilinear sampling of tokens at continuous positions (the inner loops of algorithm A3)."""
from collections.abc import Sequence
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor


def trilinear_corners(positions: Tensor, size: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Find the eight cells around each position and their weights.

    Cell i of an axis of n cells is centred on (2i + 1) / n - 1; positions outside of the centres
    are moved to the border (``grid_sample`` with align_corners=False and border padding).

    Args:
        positions: Normalised (x, y, z), B x P x 3, at least float32.
        size: Cells along (T, H, W).

    Returns:
        Flat indices of the cells in T x H x W, int64, and their weights, which add up to 1; both B
        x P x 8.
    """
    lower, upper, fraction = [], [], []
    for axis, cells in enumerate(reversed(size)):
        cell = (((positions[..., axis] + 1) * cells - 1) / 2).clamp(0, cells - 1)
        # No number is no cell: its weight stays nan, for a loss that shows it, not a wild index.
        low = cell.detach().floor().nan_to_num()
        fraction.append(cell - low)
        lower.append(low.long())
        upper.append((low.long() + 1).clamp(max=cells - 1))
    height, width = size[1:]
    indices, weights = [], []
    for corner in product((0, 1), (0, 1), (0, 1)):
        x, y, z = (upper[axis] if high else lower[axis] for axis, high in enumerate(corner))
        wx, wy, wz = (fraction[axis] if high else 1 - fraction[axis]
                      for axis, high in enumerate(corner))
        indices.append((z * height + y) * width + x)
        weights.append(wx * wy * wz)
    return torch.stack(indices, dim=-1), torch.stack(weights, dim=-1)


def sample_tokens(tokens: Tensor, positions: Tensor) -> Tensor:
    """Sample a volume of tokens.

    A weighted sum of embeddings reads each token's channels in one piece, where ``grid_sample``
    walks a channels-first copy of the volume.

    Args:
        tokens: Z, B x T x H x W x 4C.
        positions: Normalised (x, y, z), B x P x 3, float32.

    Returns:
        Z~, B x P x 4C.
    """
    batch, *size, channels = tokens.shape
    indices, weights = trilinear_corners(positions, size)
    offsets = torch.arange(batch, device=tokens.device).view(-1, 1, 1) * tokens[0, ..., 0].numel()
    sampled = F.embedding_bag((indices + offsets).flatten(0, 1), tokens.reshape(-1, channels),
                              mode='sum', per_sample_weights=weights.flatten(0, 1).to(tokens.dtype))
    return sampled.view(batch, -1, channels)
