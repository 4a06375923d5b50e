"""One clip as a pipeline gives it to the model: frames, joints and their heatmaps."""
from typing import Any, NamedTuple

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from mmengine.dataset import BaseDataset

from ..errors import InputError
from ..models.layers.joint_heatmaps import joint_profiles
from .samples import clip_name, label_of


class ClipView(NamedTuple):
    """One clip as a pipeline packed it.

    Attributes:
        frames: T x H x W x 3 uint8 RGB.
        joints: x, y in pixels of ``frames`` and score, T x R x 3; None where the pipeline packs
            none.
        heat: The largest of the joints' heatmaps in each cell, T' x H/2 x W/2.
        caption: Name, class, flip and frame indices.
    """
    frames: np.ndarray
    joints: np.ndarray | None
    heat: np.ndarray
    caption: str


def view_clip(packed: dict[str, Any], dataset: BaseDataset, sigma: float = 1.,
              use_score: bool = True) -> ClipView:
    """Take a packed sample apart; of several clips (views) of a video, the first.

    Args:
        packed: ``inputs`` and ``data_samples`` of the data set's pipeline.
        dataset: For the class names.
        sigma: Standard deviation of the heatmaps, in cells, where the pipeline packs joints: the
            model makes the heatmaps.
        use_score: Whether scores weight these.

    Raises:
        InputError: The pipeline packs no images, or neither joints nor heatmaps.
    """
    inputs, sample = packed['inputs'], packed['data_samples']
    imgs = inputs.get('imgs')
    if imgs is None or imgs.dtype != torch.uint8 or imgs.dim() != 5:
        found = 'nothing' if imgs is None else f'{imgs.dim()} axes of {imgs.dtype}'
        raise InputError('pipeline', 'imgs', found, 'clips x 3 x T x H x W of uint8')
    frames = imgs[0].permute(1, 2, 3, 0).numpy()
    joints = None
    if 'keypoint' in inputs:
        keypoint = inputs['keypoint'][:1].float()
        grid = [(side + 1) // 2 for side in frames.shape[1:3]]
        profiles = joint_profiles(keypoint, grid, sigma, use_score)
        joints = keypoint[0].numpy()
        heat = (profiles.rows[..., None] * profiles.columns[..., None, :])[0].amax(1).numpy()
    elif 'heatmap_imgs' in inputs:
        heat = inputs['heatmap_imgs'][0].float().amax(1).numpy()
    else:
        raise InputError('pipeline', 'inputs', sorted(inputs), 'keypoint or heatmap_imgs')
    return ClipView(frames, joints, heat, _caption(sample, dataset, len(imgs), len(frames)))


def _caption(sample: ActionDataSample, dataset: BaseDataset, views: int, length: int) -> str:
    meta, label = sample.metainfo, label_of(sample)
    name = clip_name(meta)
    classes = dataset.metainfo.get('classes')
    parts = [str(name), f'class {label}' + (f' ({classes[label]})' if classes else '')]
    flip = meta.get('flip')
    parts.append('flip not recorded' if flip is None else 'flipped' if flip else 'not flipped')
    if views > 1:
        parts.append(f'view 1 of {views}')
    if meta.get('frame_inds') is not None:
        inds = ' '.join(str(index) for index in np.ravel(meta['frame_inds'])[:length])
        parts.append(f'frames {inds} of {meta.get("total_frames", "?")}')
    return ', '.join(parts)
