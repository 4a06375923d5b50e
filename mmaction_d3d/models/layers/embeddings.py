"""Learnable embeddings that follow the input's size.

An exported graph interpolates always: it serves every size, and of its own size nothing changes.
"""
from collections.abc import Sequence

import torch
from torch import Tensor

# PyTorch 2.4 cannot tell an export from any other compilation.
_is_exporting = getattr(torch.compiler, 'is_exporting', torch.compiler.is_compiling)


def resize_time(embedding: Tensor, frames: int) -> Tensor:
    """Interpolate an embedding, T x ..., linearly to ``frames`` (a 12-frame model tests others)."""
    if not _is_exporting() and embedding.shape[0] == frames:
        return embedding
    # Not a matrix product, which autocast would round.
    weights = _linear_weights(embedding, embedding.shape[0], frames)
    resized = (weights.unsqueeze(-1) * embedding.flatten(1)).sum(dim=1)
    return resized.view(frames, *embedding.shape[1:])


def resize_space(embedding: Tensor, size: Sequence[int]) -> Tensor:
    """Interpolate an embedding, H x W x 4C, bilinearly to ``size`` (height, width)."""
    if not _is_exporting() and embedding.shape[:2] == tuple(size):
        return embedding
    return resize_time(resize_time(embedding, size[0]).transpose(0, 1), size[1]).transpose(0, 1)


def _linear_weights(like: Tensor, cells: int, wanted: int) -> Tensor:
    """Weights of linear interpolation, wanted x cells, as ``F.interpolate`` has them.

    The gradient of that itself is not deterministic on GPUs, and its graph is of one number of
    cells; a weighted sum is neither.
    """
    place, cell = (torch.arange(count, dtype=like.dtype, device=like.device)
                   for count in (wanted, cells))
    place = ((place + 0.5) * cells / wanted - 0.5).clamp(min=0).minimum(cell[-1:])
    return (1 - (place[:, None] - cell).abs()).clamp(min=0)
