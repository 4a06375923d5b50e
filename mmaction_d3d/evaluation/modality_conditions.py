"""Ways to take a part of a clip's input away, and what it says if a model then falls."""
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import InputError
from ..models.layers.pooled_heatmaps import is_merged_heatmap
from ..skeletons import SkeletonLayout

Inputs = dict[str, Tensor]
SKELETONS = ('keypoint', 'heatmap_imgs')
"""Keys of inputs that hold skeletons."""
AS_IS = 'as is'
"""Name of the condition that changes nothing."""
_GREY = 127  # of 255


class Clip(NamedTuple):
    """What a condition may use to change a clip.

    Attributes:
        inputs: What the pipeline packed, by modality: ``imgs``, N x 3 x T x H x W, and
            ``keypoint``, N x T x R x 3, or ``heatmap_imgs`` with time as the second or third axis.
        other: Those of another clip, drawn at random.
        layout: Of one person.
        generator: Source of the shuffling.
    """
    inputs: Inputs
    other: Inputs
    layout: SkeletonLayout
    generator: torch.Generator


class Condition(NamedTuple):
    """A way to take something from a clip.

    Attributes:
        name: Its name in the table.
        needs: The modalities that it changes: ``'rgb'``, ``'skeleton'``.
        change: From a clip to changed inputs.
        fall: One sentence: what it says if top-1 falls, more than by chance.
        no_fall: What it says if not.
    """
    name: str
    needs: tuple[str, ...]
    change: Callable[[Clip], Inputs]
    fall: str
    no_fall: str


def _parts(inputs: Inputs, rgb: bool, skeleton: bool) -> dict[str, Tensor]:
    return {
        key: value for key, value in inputs.items()
        if rgb and key == 'imgs' or skeleton and key in SKELETONS
    }


def _exchanged(clip: Clip, **modalities: bool) -> Inputs:
    """Take modalities from the other clip."""
    taken = _parts(clip.other, **modalities)
    for key, value in taken.items():
        if value.shape != clip.inputs[key].shape:
            sizes = ' and '.join(' x '.join(map(str, each.shape))
                                 for each in (clip.inputs[key], value))
            raise InputError('modality check', key, f'clips of {sizes}',
                             'clips of one size: a crop in the test pipeline')
    return clip.inputs | taken


def _without_skeleton(clip: Clip) -> Inputs:
    return clip.inputs | {
        key: torch.zeros_like(value) for key, value in _parts(clip.inputs, False, True).items()
    }


def _blank(clip: Clip) -> Inputs:
    return clip.inputs | dict(imgs=torch.full_like(clip.inputs['imgs'], _GREY))


def _time_axis(key: str, clip: Clip) -> int:
    if key == 'imgs':
        return 2
    merged = key == 'heatmap_imgs' and ('imgs' not in clip.inputs or is_merged_heatmap(
        clip.inputs[key], clip.inputs['imgs'].shape[2], len(clip.layout)))
    return 2 if merged else 1


def _reordered(clip: Clip, order: Callable[[int], Tensor], **modalities: bool) -> Inputs:
    """Take frames in another order, one order for all modalities of as many frames."""
    orders: dict[int, Tensor] = {}
    inputs = dict(clip.inputs)
    for key, value in _parts(clip.inputs, **modalities).items():
        axis = _time_axis(key, clip)
        frames = value.shape[axis]
        inputs[key] = value.index_select(axis, orders.setdefault(frames, order(frames)))
    return inputs


def _shuffled(clip: Clip, **modalities: bool) -> Inputs:
    return _reordered(clip, lambda frames: torch.randperm(frames, generator=clip.generator),
                      **modalities)


def _one_frame(clip: Clip) -> Inputs:
    return _reordered(clip, lambda frames: torch.full((frames, ), frames // 2), rgb=True,
                      skeleton=True)


def _sides_exchanged(clip: Clip) -> Inputs:
    """Give the joints of either side the names of the other's; nothing moves."""
    joints = list(range(len(clip.layout)))
    for left, right in zip(clip.layout.left, clip.layout.right):
        joints[left], joints[right] = right, left
    inputs = dict(clip.inputs)
    for key, value in _parts(clip.inputs, False, True).items():
        axis = 3 - _time_axis(key, clip)  # merged heatmaps: joints, then time
        people = value.shape[axis] // len(joints)
        if people * len(joints) != value.shape[axis]:
            raise InputError('modality check', key, f'{value.shape[axis]} joints',
                             f'a multiple of the {len(joints)} of the layout')
        order = [person * len(joints) + joint for person in range(people) for joint in joints]
        inputs[key] = value.index_select(axis, torch.tensor(order))
    return inputs


_BOTH = dict(rgb=True, skeleton=True)
_RGB = dict(rgb=True, skeleton=False)
_SKELETON = dict(rgb=False, skeleton=True)
#: Every condition, in the order of the table.
CONDITIONS = (
    Condition(AS_IS, (), lambda clip: clip.inputs, '', 'What all others are compared with.'),
    Condition('skeletons of other clips', ('skeleton', ),
              lambda clip: _exchanged(clip, **_SKELETON), 'The model uses the skeleton.',
              'No use of the skeleton is seen.'),
    Condition('no skeleton', ('skeleton', ), _without_skeleton,
              'What is left is what RGB alone gives to this model.',
              'No need of the skeleton is seen.'),
    Condition('blank RGB', ('rgb', ), _blank,
              'What is left is what the skeleton alone gives to this model.',
              'No need of RGB is seen.'),
    Condition('RGB of other clips', ('rgb', ), lambda clip: _exchanged(clip, **_RGB),
              'The model uses RGB.', 'No use of RGB is seen.'),
    Condition('frames shuffled', ('rgb', 'skeleton'), lambda clip: _shuffled(clip, **_BOTH),
              'The model uses the order of the frames.',
              'No use of the order of the frames is seen.'),
    Condition('RGB frames shuffled', ('rgb', ), lambda clip: _shuffled(clip, **_RGB),
              'Motion is read from RGB, or frames and skeletons must belong together.',
              'No use of the order of the RGB frames is seen.'),
    Condition('skeleton frames shuffled', ('skeleton', ), lambda clip: _shuffled(clip, **_SKELETON),
              'Motion is read from the skeleton, or it must belong to the frames.',
              "No use of the order of the skeleton's frames is seen."),
    Condition('one frame repeated', ('rgb', 'skeleton'), _one_frame,
              'What is left needs no motion: appearance, pose and place.',
              'No need of motion is seen.'),
    Condition('left and right exchanged', ('skeleton', ), _sides_exchanged,
              'The model tells the joints of one side from those of the other.',
              'No use of which side a joint is of is seen.'),
)
