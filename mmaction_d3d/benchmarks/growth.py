"""How the cost of a model grows with frames, people, pixels and clips: counted, not timed."""
from collections.abc import Sequence

import numpy as np
from mmengine.config import ConfigDict

from ..errors import InputError
from ..evaluation.complexity import count_config
from .models import Subject
from .report import Row

COLUMNS = dict(name='model', axis='grows with', values='from, to', gmacs='GMACs, from',
               most_gmacs='GMACs, to', exponent='exponent', attention_exponent='of the attentions')
AXES = dict(frames=(6, 12, 24, 48), people=(1, 2, 4, 8), pixels=(112, 224, 448), clips=(1, 8, 32))
_ATTENTIONS = ('joint stride attention', 'temporal stride attention')


def growth(x: Sequence[float], y: Sequence[float]) -> float:
    """Exponent p of the least squares fit y ~ x^p."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def _count(which: Subject, axis: str, value: int) -> dict[str, int]:
    """Multiply-adds by part at a size; clips multiply all alike."""
    channels, frames, height, width = which.shapes['imgs']
    model, clips = ConfigDict(which.model), 1
    joints, people = model.backbone.num_joints, model.backbone.num_person
    if axis == 'frames':
        frames = value
    elif axis == 'people':
        people = value
        model = ConfigDict(model, backbone=ConfigDict(model.backbone, num_person=people))
    elif axis == 'pixels':
        height = width = value
    else:
        clips = value
    shapes = dict(imgs=(channels, frames, height, width), keypoint=(frames, people * joints, 3))
    return {name: clips * part.macs for name, part in count_config(model, shapes).items()}


def measure(which: Subject) -> list[Row]:
    """Count a model at several sizes; rows of :data:`COLUMNS`.

    Raises:
        InputError: It is not of this project.
    """
    if set(which.shapes) != {'imgs', 'keypoint'}:
        raise InputError(which.name, 'model', ', '.join(which.shapes), 'one of imgs and keypoint')
    rows = []
    for axis, values in AXES.items():
        counts = [_count(which, axis, value) for value in values]
        totals = [count['total'] for count in counts]
        attentions = [sum(count.get(name, 0) for name in _ATTENTIONS) for count in counts]
        rows.append(
            dict(name=which.name, axis=axis, values=f'{values[0]} to {values[-1]}',
                 gmacs=totals[0] / 1e9, most_gmacs=totals[-1] / 1e9,
                 exponent=growth(values, totals), attention_exponent=growth(values, attentions)))
    return rows
