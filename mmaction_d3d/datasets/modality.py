"""Clips of RGB alone or of skeletons alone."""
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError, shown
from ..skeletons import SkeletonLayout
from .annotations import Annotation

#: Values of ``modality``, and how answers and logs call them.
MODALITIES = {'both': 'RGB and skeletons', 'rgb': 'RGB alone', 'pose': 'skeletons alone'}


def check_modality(modality: object, place: str = 'config') -> str:
    """Return a ``modality`` that is one of :data:`MODALITIES`.

    Raises:
        InputError: It is another.
    """
    if not isinstance(modality, str) or modality not in MODALITIES:
        raise InputError(place, 'modality', shown(modality), f'one of {", ".join(MODALITIES)}')
    return modality


def modality_of(dataset: Mapping[str, Any]) -> str:
    """Return what the clips of a data set's config hold.

    Other classes than ``RGBPoseDataset`` have an argument of this name with another meaning.
    """
    other = dataset.get('type', 'RGBPoseDataset') != 'RGBPoseDataset'
    return 'both' if other else check_modality(dataset.get('modality', 'both'))


def without_people(annotation: Annotation, layout: SkeletonLayout) -> Annotation:
    """Return an annotation of one person of whom no joint is seen, whatever it had."""
    total: Any = annotation.get('total_frames')
    # A wrong number is for the checks to refuse; arrays of zeros take no memory.
    frames = int(total) if isinstance(total, (int, np.integer)) and total > 0 else 1
    zero = np.float16(0)
    return annotation | Annotation(keypoint=np.broadcast_to(zero, (1, frames, len(layout), 2)),
                                   keypoint_score=np.broadcast_to(zero, (1, frames, len(layout))))
