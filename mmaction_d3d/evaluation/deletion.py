"""Ways to take a part of a clip from the model."""
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from ..models.layers import AttentionLayer
from .attention_maps import CELL, cell_heat


def delete_cells(imgs: Tensor, gone: np.ndarray, frames: int) -> Tensor:
    """Give the pixels of some cells the mean colour of the clip.

    Args:
        imgs: 3 x T x H x W.
        gone: Flat indices of cells in T' x H/8 x W/8.
        frames: T', T or after a temporal stride a fraction of it.

    Returns:
        3 x T x H x W.
    """
    length, height, width = imgs.shape[1:]
    mask = np.zeros((frames, -(-height // CELL), -(-width // CELL)), bool)
    mask.reshape(-1)[gone] = True
    pixels = np.stack([cell_heat(cells, height, width) for cells in mask])
    pixels = pixels.repeat(-(-length // frames), axis=0)[:length]
    mean = imgs.mean(dim=(1, 2, 3), keepdim=True)
    return torch.where(torch.from_numpy(pixels).to(imgs.device), mean, imgs)


def delete_joints(keypoint: Tensor, gone: np.ndarray, frames: int) -> Tensor:
    """Make joints missing.

    Args:
        keypoint: T x R x 3.
        gone: Flat indices in T' x R.
        frames: T', as in :func:`delete_cells`.

    Returns:
        T x R x 3, where these have score 0.
    """
    length, joints = keypoint.shape[:2]
    mask = np.zeros((frames, joints), bool)
    mask.reshape(-1)[gone] = True
    deleted = torch.from_numpy(mask.repeat(-(-length // frames), axis=0)[:length])
    return torch.where(deleted.to(keypoint.device)[..., None], torch.zeros_like(keypoint), keypoint)


@contextmanager
def deleted_keys(layer: AttentionLayer, gone: Sequence[np.ndarray]) -> Iterator[None]:
    """Let a layer's queries attend to all keys but some searched points.

    Args:
        layer: The attention of one block that searches its keys.
        gone: For each clip of the batch, the searched points to leave out,
            as many of each.
    """
    places = torch.from_numpy(np.stack(gone))

    def leave_out(module: nn.Module, inputs: tuple,
                  projected: Tensor) -> Tensor:  # B x (P + K T) x 4C
        left = torch.ones(projected.shape[:2], dtype=torch.bool).scatter_(1, places, False)
        return projected[left.to(projected.device)].unflatten(0, (len(projected), -1))

    hooks = [
        projection.register_forward_hook(leave_out)
        for projection in (layer.attention.key, layer.attention.value)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
