"""Ways to take a part of a clip from the model."""
from contextlib import contextmanager
from typing import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..models.layers import DeformableAttention3D
from .attention_maps import CELL, cell_heat


def delete_cells(imgs: Tensor, gone: np.ndarray, frames: int) -> Tensor:
    """Give the pixels of some cells the mean colour of the clip.

    Args:
        imgs (Tensor): 3 x T x H x W.
        gone (np.ndarray): Flat indices of cells in T' x H/8 x W/8.
        frames (int): T', T or after a temporal stride a fraction of it.

    Returns:
        Tensor: 3 x T x H x W.
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
        keypoint (Tensor): T x R x 3.
        gone (np.ndarray): Flat indices in T' x R.
        frames (int): T', as in :func:`delete_cells`.

    Returns:
        Tensor: T x R x 3, where these have score 0.
    """
    length, joints = keypoint.shape[:2]
    mask = np.zeros((frames, joints), bool)
    mask.reshape(-1)[gone] = True
    mask = torch.from_numpy(mask.repeat(-(-length // frames), axis=0)[:length])
    return torch.where(mask.to(keypoint.device)[..., None], torch.zeros_like(keypoint), keypoint)


@contextmanager
def deleted_keys(layer: DeformableAttention3D, gone: Sequence[np.ndarray]):
    """Let a layer's queries attend to all keys but some searched points.

    Args:
        layer (DeformableAttention3D): The layer of one block.
        gone (sequence[np.ndarray]): For each clip of the batch, the searched points to leave out.
    """
    attention = layer.attention

    def attend_to_rest(query, key, value):
        mask = key.new_zeros(len(key), 1, 1, key.shape[1])
        for clip, points in enumerate(gone):
            mask[clip, ..., points.copy()] = -torch.inf
        q, k, v = (attention.split_heads(x) for x in (query, key, value))
        attended = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return attended.transpose(1, 2).flatten(2)

    attention.attend = attend_to_rest
    try:
        yield
    finally:
        del attention.attend


@contextmanager
def shared_features(extractor: nn.Module):
    """Let a feature extractor run once: the first clip's maps serve for all that follow.

    Args:
        extractor (nn.Module): ``backbone`` of a ``D3DTransformer``; B clips get B copies.
    """
    kept = []

    def handle(module, inputs, maps):
        kept.extend(features[:1] for features in maps)
        extractor.forward = lambda imgs: [features.expand(len(imgs), -1, -1, -1, -1)
                                          for features in kept]
        hook.remove()

    hook = extractor.register_forward_hook(handle)
    try:
        yield
    finally:
        hook.remove()
        vars(extractor).pop('forward', None)
