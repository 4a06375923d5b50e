"""From a clip of a data set to its prediction and what it looked at."""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from mmaction.models.recognizers import BaseRecognizer
from mmengine.dataset import BaseDataset, pseudo_collate

from ..errors import InputError
from ..skeletons import SkeletonLayout
from ..unwrapping import unwrap_dataset
from .attention_maps import AttentionMaps, Selection, attention_maps
from .samples import clip_name, label_of


class Explanation(NamedTuple):
    """A clip's prediction and its attention.

    Attributes:
        name: The clip's ``frame_dir`` or ``filename``.
        label: True class; None where nobody knows it.
        prediction: Predicted class.
        score: Its probability.
        maps: Attention of the clip's first view.
        frames: RGB frames of that view as the model gets them, T x H x W x 3, uint8.
        joints: Joints in pixels of ``frames`` and scores, T x R x 3.
        layout: Of one person.
        classes: Names of the classes.
    """
    name: str
    label: int | None
    prediction: int
    score: float
    maps: AttentionMaps
    frames: np.ndarray
    joints: np.ndarray
    layout: SkeletonLayout
    classes: list[str]

    @property
    def title(self) -> str:
        """Name, true class where it is known, and predicted class."""
        true = '' if self.label is None else f'{self.classes[self.label]}, '
        return (f'{self.name}: {true}recognised as {self.classes[self.prediction]} '
                f'({self.score:.0%})')


@torch.no_grad()
def explain_clip(model: BaseRecognizer, dataset: BaseDataset, index: int,
                 selection: Selection = Selection()) -> Explanation:
    """Predict one clip and keep what the model looked at.

    Args:
        model: A trained recogniser.
        dataset: An ``RGBPoseDataset`` whose pipeline packs ``imgs`` and ``keypoint``.
        index: Clip of the data set.
        selection: What to show.

    Returns:
        The prediction and its attention.

    Raises:
        InputError: The pipeline packs no ``keypoint``, or the model has no such attention.
    """
    return explain_packed(model, dataset[index],
                          unwrap_dataset(dataset).layout, dataset.metainfo.get('classes'),
                          selection)


@torch.no_grad()
def explain_packed(
    model: BaseRecognizer, packed: dict, layout: SkeletonLayout,
    classes: Sequence[str] | None = None, selection: Selection = Selection()) -> Explanation:
    """Return the same for a clip that the pipeline has packed.

    Args:
        model: A trained recogniser; it is left in the mode it was in.
        packed: ``inputs`` and ``data_samples`` of one clip.
        layout: Of one person.
        classes: Names of the classes. Defaults to None, numbers.
        selection: What to show.
    """
    if 'keypoint' not in packed['inputs']:
        raise InputError('config', 'PackRGBPose.collect_keys', tuple(packed['inputs']),
                         "('imgs', 'keypoint')")
    training = model.training
    model.eval()
    batch = model.data_preprocessor(pseudo_collate([packed]), False)
    sample = model(**batch, mode='predict')[0]
    model.train(training)
    prediction = int(sample.pred_score.argmax())
    keypoint = batch['inputs']['keypoint'][0, 0]
    name = clip_name(sample.metainfo)
    maps = attention_maps(model, batch['inputs']['imgs'][0, 0], keypoint, selection)
    label = label_of(sample) if 'gt_label' in sample else None
    return Explanation(str(name), label, prediction, float(sample.pred_score[prediction]), maps,
                       packed['inputs']['imgs'][0].permute(1, 2, 3, 0).cpu().numpy(),
                       keypoint.cpu().numpy(), layout,
                       [str(name) for name in classes or range(len(sample.pred_score))])
