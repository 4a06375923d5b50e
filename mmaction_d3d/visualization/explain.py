"""From a clip of a data set to its prediction and the picture that explains it."""
from typing import NamedTuple, Optional, Sequence

import torch
from mmengine.dataset import BaseDataset, pseudo_collate
from torch import nn

from ..errors import InputError
from .attention_maps import AttentionMaps, attention_maps
from .overlay import draw_overlay


class Explanation(NamedTuple):
    """A clip's prediction and its attention.

    Attributes:
        name (str): The clip's ``frame_dir`` or ``filename``.
        label (int): True class.
        prediction (int): Predicted class.
        score (float): Its probability.
        maps (AttentionMaps): Attention of the clip's first view.
    """
    name: str
    label: int
    prediction: int
    score: float
    maps: AttentionMaps


@torch.no_grad()
def explain_clip(model: nn.Module, dataset: BaseDataset, index: int, path: Optional[str] = None,
                 show: Optional[Sequence[int]] = None) -> Explanation:
    """Predict one clip and draw what the model looked at.

    Args:
        model (nn.Module): A trained recogniser.
        dataset (BaseDataset): An ``RGBPoseDataset`` whose pipeline packs ``imgs`` and ``keypoint``.
        index (int): Clip of the data set.
        path (str, optional): PNG to write.
        show (sequence[int], optional): Frames to draw. Defaults to None, all of them.

    Returns:
        Explanation: The prediction and its attention.

    Raises:
        InputError: The pipeline packs no ``keypoint``.
    """
    packed = dataset[index]
    if 'keypoint' not in packed['inputs']:
        raise InputError('config', 'PackRGBPose.collect_keys', tuple(packed['inputs']),
                         "('imgs', 'keypoint')")
    model.eval()
    batch = model.data_preprocessor(pseudo_collate([packed]), False)
    sample = model(**batch, mode='predict')[0]
    prediction = int(sample.pred_score.argmax())
    keypoint = batch['inputs']['keypoint'][0, 0]
    maps = attention_maps(model, batch['inputs']['imgs'][0, 0], keypoint)
    name = sample.metainfo.get('frame_dir') or sample.metainfo['filename']
    found = Explanation(str(name), int(sample.gt_label), prediction,
                        float(sample.pred_score[prediction]), maps)
    if path is not None:
        frames = packed['inputs']['imgs'][0].permute(1, 2, 3, 0).numpy()  # T x H x W x 3
        classes = dataset.metainfo.get('classes') or range(len(sample.pred_score))
        title = (f'{name}: {classes[found.label]}, recognised as {classes[prediction]} '
                 f'({found.score:.0%})')
        draw_overlay(frames, keypoint.cpu().numpy(), maps, dataset.layout, path, title, show)
    return found
