"""Learnable embeddings that follow the input's size."""
from typing import Sequence

import torch.nn.functional as F
from torch import Tensor


def resize_time(embedding: Tensor, frames: int) -> Tensor:
    """Interpolate an embedding, T x ..., linearly to ``frames`` (a 12-frame model tests others)."""
    if len(embedding) == frames:
        return embedding
    columns = embedding.flatten(1).T.unsqueeze(0)  # 1 x (...) x T
    columns = F.interpolate(columns, frames, mode='linear', align_corners=False)
    return columns[0].T.reshape(frames, *embedding.shape[1:])


def resize_space(embedding: Tensor, size: Sequence[int]) -> Tensor:
    """Interpolate an embedding, H x W x 4C, bilinearly to ``size`` (height, width)."""
    if embedding.shape[:2] == tuple(size):
        return embedding
    planes = embedding.movedim(-1, 0).unsqueeze(0)
    planes = F.interpolate(planes, tuple(size), mode='bilinear', align_corners=False)
    return planes[0].movedim(0, -1)
