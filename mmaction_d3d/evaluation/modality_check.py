"""What does a model use? Take a part of its input away and see what that costs.

A model of RGB and skeletons that recognises as well with the skeletons of other clips reads none of
them, whatever its accuracy.
"""
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from mmaction.models.recognizers import BaseRecognizer
from mmaction.structures import ActionDataSample
from mmengine.dataset import BaseDataset, pseudo_collate
from torch.utils.data import DataLoader

from .. import files
from ..errors import InputError
from ..progress import Progress
from ..skeletons import SkeletonLayout, get_layout
from ..unwrapping import unwrap_dataset
from .intervals import falls, wilson_interval
from .modality_conditions import AS_IS, CONDITIONS, SKELETONS, Clip, Inputs
from .samples import label_of

#: Names of the short form: what either modality is worth.
SHORT = (AS_IS, 'skeletons of other clips', 'no skeleton', 'blank RGB', 'RGB of other clips',
         'frames shuffled')


class ConditionScore(NamedTuple):
    """Top-1 under one condition.

    Attributes:
        condition: Its name.
        correct: Clips that were recognised.
        total: Clips.
        meaning: One sentence: what it says beside the clips as they are.
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
        names: Conditions by name, beside ``'as is'``. Defaults to None, all of :data:`CONDITIONS`.
        seed: Of the shuffling and of who gets whose modality.

    Returns:
        One score a condition; conditions of a modality that the clips lack are left out.

    Raises:
        InputError: There are fewer than two clips, or they hold something else.
    """
    model.eval()
    if len(dataset) < 2:
        raise InputError('modality check', 'clips', len(dataset), '2 or more, to exchange them')
    conditions = [each for each in CONDITIONS if names is None or each.name in (AS_IS, *names)]
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
        ConditionScore(each.name, sum(right[each.name]), len(dataset),
                       each.fall if falls(right[AS_IS], right[each.name]) else each.no_fall,
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
    return ({'rgb'} if 'imgs' in inputs else set()) | ({'skeleton'} if set(SKELETONS)
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
