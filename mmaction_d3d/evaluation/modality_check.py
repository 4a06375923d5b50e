"""What does a model use? Take a part of its input away and see what that costs.

A model of RGB and skeletons that recognises as well with the skeletons of other clips reads none of
them, whatever its accuracy.
"""
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from mmaction.models.recognizers import BaseRecognizer
from mmaction.structures import ActionDataSample
from mmengine.dataset import BaseDataset, pseudo_collate
from torch import Tensor
from torch.utils.data import DataLoader

from .. import files
from ..errors import InputError
from ..models.layers.pooled_heatmaps import is_merged_heatmap
from ..progress import Progress
from ..skeletons import SkeletonLayout, get_layout
from ..unwrapping import unwrap_dataset
from .intervals import wilson_interval
from .samples import label_of

Inputs = dict[str, Tensor]
_SKELETONS = ('keypoint', 'heatmap_imgs')
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
        meaning: One sentence: what a fall, or none, says.
    """
    name: str
    needs: tuple[str, ...]
    change: Callable[[Clip], Inputs]
    meaning: str


class ConditionScore(NamedTuple):
    """Top-1 under one condition.

    Attributes:
        condition: Its name.
        correct: Clips that were recognised.
        total: Clips.
        meaning: What it says.
        right: Of each clip, in the order of the data set, whether it was recognised.
    """
    condition: str
    correct: int
    total: int
    meaning: str
    right: tuple[bool, ...] = ()

    @property
    def top1(self) -> float:
        """Share of the clips that were recognised."""
        return self.correct / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of :attr:`top1`."""
        return wilson_interval(self.correct, self.total)

    def line(self) -> str:
        """Return the row of a log."""
        return '{:28} {:.3f} ({:.3f} to {:.3f})'.format(self.condition, self.top1, *self.interval)


def _parts(inputs: Inputs, rgb: bool, skeleton: bool) -> dict[str, Tensor]:
    return {
        key: value for key, value in inputs.items()
        if rgb and key == 'imgs' or skeleton and key in _SKELETONS
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
    Condition('as is', (), lambda clip: clip.inputs, 'What all others are to be compared with.'),
    Condition('skeletons of other clips', ('skeleton', ),
              lambda clip: _exchanged(clip, **_SKELETON),
              'No fall: the model does not use the skeleton.'),
    Condition('no skeleton', ('skeleton', ), _without_skeleton,
              'What is left is what RGB alone gives to this model.'),
    Condition('blank RGB', ('rgb', ), _blank,
              'What is left is what the skeleton alone gives to this model.'),
    Condition('RGB of other clips', ('rgb', ), lambda clip: _exchanged(clip, **_RGB),
              'No fall: the model does not use the frames.'),
    Condition('frames shuffled', ('rgb', 'skeleton'), lambda clip: _shuffled(clip, **_BOTH),
              'No fall: the order of the frames is not used.'),
    Condition('RGB frames shuffled', ('rgb', ), lambda clip: _shuffled(clip, **_RGB),
              'A fall: motion is read from RGB, or frames and skeletons must belong together.'),
    Condition('skeleton frames shuffled', ('skeleton', ), lambda clip: _shuffled(clip, **_SKELETON),
              'A fall: motion is read from the skeleton, or it must belong to the frames.'),
    Condition('one frame repeated', ('rgb', 'skeleton'), _one_frame,
              'What is left needs no motion: appearance, pose and place.'),
    Condition('left and right exchanged', ('skeleton', ), _sides_exchanged,
              'A fall: the model tells the joints of one side from those of the other.'),
)
#: Names of the short form: what either modality is worth.
SHORT = ('as is', 'skeletons of other clips', 'no skeleton', 'blank RGB', 'RGB of other clips',
         'frames shuffled')


@torch.no_grad()
def modality_check(model: BaseRecognizer, dataset: BaseDataset, batch_size: int = 8,
                   num_workers: int = 0, names: Sequence[str] | None = None,
                   seed: int = 0) -> list[ConditionScore]:
    """Test a model on clips of which a part is taken away, in all conditions that apply.

    Args:
        model: A trained recogniser that takes a dict of modalities; it is left in evaluation mode.
        dataset: Its pipeline packs ``imgs``, ``keypoint`` or ``heatmap_imgs``.
        batch_size: Clips in a batch.
        num_workers: Processes that read clips; 0: this one.
        names: Conditions by name. Defaults to None, all of :data:`CONDITIONS`.
        seed: Of the shuffling and of who gets whose modality.

    Returns:
        One score a condition; conditions of a modality that the clips lack are left out.

    Raises:
        InputError: There are fewer than two clips, or they hold something else.
    """
    model.eval()
    if len(dataset) < 2:
        raise InputError('modality check', 'clips', len(dataset), '2 or more, to exchange them')
    conditions = [each for each in CONDITIONS if names is None or each.name in names]
    right: dict[str, list[bool]] = {}
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(dataset), generator=generator).tolist()
    with Progress('modality check, clips', len(dataset)) as progress:
        for batch in _batches(dataset, batch_size, num_workers, order, generator):
            for condition in conditions:
                if condition.needs and not set(condition.needs) <= _modalities(batch[0][1].inputs):
                    continue
                predictions = model.test_step(
                    pseudo_collate([
                        dict(inputs=condition.change(clip), data_samples=sample.clone())
                        for sample, clip in batch
                    ]))
                right.setdefault(condition.name, []).extend(map(_is_right, predictions))
            progress.step(len(batch))
    return [
        ConditionScore(each.name, sum(right[each.name]), len(dataset), each.meaning,
                       tuple(hit for _, hit in sorted(zip(order, right[each.name]))))
        for each in conditions if each.name in right
    ]


def _batches(dataset: BaseDataset, batch_size: int, num_workers: int, order: list[int],
             generator: torch.Generator) -> Iterator[list[tuple[ActionDataSample, Clip]]]:
    """Yield clips in a random order, each with the one before it as the other, each read once."""
    layout = _layout(dataset)
    before = _checked(dataset[order[-1]])
    for packed in DataLoader(dataset, batch_size, sampler=order, num_workers=num_workers,
                             collate_fn=list):
        batch = []
        for sample in map(_checked, packed):
            clip = Clip(sample['inputs'], before['inputs'], layout, generator)
            batch.append((sample['data_samples'], clip))
            before = sample
        yield batch


def _layout(dataset: BaseDataset) -> SkeletonLayout:
    """Return that of our data sets; MMAction2's have COCO's joints."""
    return getattr(unwrap_dataset(dataset), 'layout', None) or get_layout('coco17')


def _modalities(inputs: Inputs) -> set[str]:
    return ({'rgb'} if 'imgs' in inputs else set()) | ({'skeleton'} if set(_SKELETONS)
                                                       & set(inputs) else set())


def _checked(packed: dict) -> dict:
    """Refuse what the conditions cannot change."""
    inputs = packed['inputs']
    want = 'a dict with imgs, keypoint or heatmap_imgs (collect_keys of the packing)'
    if not isinstance(inputs, dict):
        raise InputError('modality check', 'inputs', 'a single tensor', want)
    if not _modalities(inputs):
        raise InputError('modality check', 'inputs', ', '.join(inputs), want)
    for key, axes in dict(imgs=5, keypoint=4, heatmap_imgs=5).items():
        if key in inputs and inputs[key].dim() != axes:
            raise InputError('modality check', key, f'{inputs[key].dim()} axes', axes)
    label_of(packed['data_samples'])
    return packed


def _is_right(sample: ActionDataSample) -> bool:
    """Whether the best class is the true one; pathways of equal weight are added up."""
    score = sample.pred_score
    if isinstance(score, dict):
        score = sum(score.values())
    return int(score.argmax()) == label_of(sample)


def write_csv(path: str | Path, scores: Sequence[ConditionScore]) -> None:
    """Write a table, whole or not at all."""
    files.write_csv(
        path, ('condition', 'clips', 'top1', 'low', 'high', 'meaning'),
        ((row.condition, row.total, f'{row.top1:.4f}', *(f'{end:.4f}'
                                                         for end in row.interval), row.meaning)
         for row in scores))
