"""Does attention follow what is in a clip, or lie where it always lies?"""
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from mmaction.models.recognizers import BaseRecognizer
from mmengine.dataset import BaseDataset, pseudo_collate
from torch import Tensor

from ..models.layers.token_search import reference_points
from ..models.layers.trilinear import trilinear_corners
from ..progress import track
from ..skeletons import SkeletonLayout
from ..unwrapping import unwrap_dataset
from .attention_maps import DeformableMaps, Selection, attention_maps


@torch.no_grad()
def position_bias(
    model: BaseRecognizer, dataset: BaseDataset, clips: Iterable[int],
    selection: Selection = Selection()) -> dict[str, np.ndarray]:
    """Mean attention by columns of cells, from left to right.

    Args:
        model: A trained recogniser with deformable attention.
        dataset: Whose pipeline packs ``imgs`` and ``keypoint``.
        clips: Clips of the data set.
        selection: The attention.

    Returns:
        W/8 shares that add up to 1: ``attention``; ``even``, if the same
        searched points got equal attention; ``mirrored``, the attention on mirrored clips, left and
        right joints exchanged. Attention that follows a clip is mirrored with it.
    """
    columns: dict[str, list[np.ndarray]] = dict(attention=[], even=[], mirrored=[])
    layout = unwrap_dataset(dataset).layout
    for index in track(list(clips), 'clips'):
        batch = model.data_preprocessor(pseudo_collate([dataset[index]]), False)['inputs']
        imgs, keypoint = batch['imgs'][0, 0], batch['keypoint'][0, 0]
        clip, twin = (imgs, keypoint), (imgs.flip(-1), mirror(keypoint, imgs.shape[-1], layout))
        maps, mirrored = (attention_maps(model, frames, joints, selection).of(DeformableMaps)
                          for frames, joints in (clip, twin))
        columns['attention'].append(_columns(maps.cells))
        columns['even'].append(_columns(_even(maps)))
        columns['mirrored'].append(_columns(mirrored.cells))
    return {name: np.mean(shares, axis=0) for name, shares in columns.items()}


def mirror(keypoint: Tensor, width: int, layout: SkeletonLayout) -> Tensor:
    """Joints of the mirrored clip, T x R x 3: the left wrist becomes the right one."""
    twin = list(range(len(layout)))
    for left, right in zip(layout.left, layout.right):
        twin[left], twin[right] = right, left
    mirrored = keypoint.unflatten(1, (-1, len(layout)))[:, :, twin].flatten(1, 2)
    mirrored[..., 0] = width - mirrored[..., 0]
    return mirrored


def _columns(cells: Tensor) -> np.ndarray:
    """Share of each column of T x H/8 x W/8."""
    return (cells.sum(dim=(0, 1)) / cells.sum()).double().numpy()


def _even(maps: DeformableMaps) -> Tensor:
    """Return the cells' attention if all searched points got the same, T x H/8 x W/8."""
    positions = reference_points(maps.grid, maps.offsets.device) + maps.offsets
    indices, weights = trilinear_corners(positions[None], maps.cells.shape)
    even = torch.zeros(maps.cells.numel()).scatter_add_(0, indices.flatten(), weights.flatten())
    return even.view(maps.cells.shape)


def bias_lines(bias: dict[str, Sequence[float]]) -> list[str]:
    """Return the shares as rows of a CSV file."""
    return [
        'column,' + ','.join(bias), *(f'{column},' + ','.join(f'{share:.4f}' for share in shares)
                                      for column, shares in enumerate(zip(*bias.values())))
    ]
