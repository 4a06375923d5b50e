"""Checks of what the annotation file itself says: fields, labels, joints, splits."""
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from ...skeletons import SkeletonLayout
from ..annotations import Annotation, AnnotationChecker, name_of
from ..splits import match_split
from .findings import Finding
from .jumps import check_jumps
from .rules import check_joints, joints_of


def check_contents(annotations: list[Annotation], path: str, layout: SkeletonLayout,
                   num_classes: int | None = None) -> list[Finding]:
    """Check every annotation by itself.

    Args:
        annotations: As :func:`~mmaction_d3d.datasets.annotations.read_annotations` returns them.
        path: The file, for messages.
        layout: Joints that keypoints must have.
        num_classes: Labels must be below it. Defaults to None: any will do.

    Returns:
        All that is wrong, in the order of the file.
    """
    checker = AnnotationChecker(path, layout, num_classes, num_person=None)
    findings = []
    for index, annotation in enumerate(annotations):
        name, fields = name_of(annotation), set()
        for field, found, want in checker.mistakes(annotation):
            fields.add(field)
            kind = f'wrong {field}'
            if annotation.get('keypoint') is annotation.get('keypoint_score') is None and (
                    field == 'keypoint'):
                kind = 'no skeleton yet'
            findings.append(Finding(kind, name, found, want, field, index))
        if not fields & {'keypoint', 'keypoint_score', 'img_shape'}:
            findings += check_joints(annotation, index)
            findings += check_jumps(annotation, index)
    return findings


def visible_shares(annotations: list[Annotation], findings: list[Finding]) -> dict[int, float]:
    """Share of visible joints, frame by frame the person of whom most are seen, by index.

    Annotations whose arrays are wrong, or that have none, are not in the dict.
    """
    wrong = {
        finding.index for finding in findings
        if finding.kind in ('wrong keypoint', 'wrong keypoint_score', 'no skeleton yet')
    }
    return {
        index: float(joints_of(annotation).visible.mean(-1).max(0, initial=0).mean())
        for index, annotation in enumerate(annotations) if index not in wrong
    }


def check_splits(annotations: list[Annotation], splits: dict[str, list[str]],
                 classes: int | None = None) -> tuple[list[Finding], dict[str, list[int]]]:
    """Check what each split names, that splits of one protocol are disjoint, and the classes.

    ``xsub_train`` and ``xsub_val`` are of one protocol, as are ``train`` and ``test``, or
    ``train1`` and ``test1``: the name without train, val or test. Splits of different protocols
    may share clips.

    Args:
        annotations: All annotations.
        splits: Entries by split name.
        classes: Number of classes. Defaults to None: one more than the highest label.

    Returns:
        Findings; indices of annotations by split.
    """
    findings, chosen = [], {}
    for split, entries in splits.items():
        chosen[split], mistakes = match_split(annotations, entries, split)
        findings += [
            Finding('split entry', split, found, want, field) for _, field, found, want in mistakes
        ]
    names = [name_of(annotation) for annotation in annotations]
    findings += _check_overlaps(names, chosen)
    if splits:
        used = set().union(*chosen.values())
        findings += [
            Finding('clip in no split', name, 'no split names it', 'a split', index=index)
            for index, name in enumerate(names) if index not in used
        ]
    findings += [
        Finding('name of two clips', name, f'{count} annotations', '1')
        for name, count in Counter(names).items() if count > 1
    ]
    return [*findings, *_check_classes(annotations, chosen, classes)], chosen


def find_shared_clips(annotations: list[Annotation], splits: dict[str, list[str]],
                      split: str | None) -> list[Finding]:
    """Find the clips of a split that another split of its protocol has, too.

    Args:
        annotations: All annotations.
        splits: Entries by split name.
        split: The split.
    """
    group: list[str] = next((names for names in _protocols(splits)[0].values() if split in names),
                            [])
    if split is None or len(group) < 2:
        return []
    names = [name_of(annotation) for annotation in annotations]
    chosen = {name: match_split(annotations, splits[name], name)[0] for name in group}
    return [
        finding for other in group if other != split
        for finding in _check_overlaps(names, {split: chosen[split], other: chosen[other]})
    ]


def _protocols(splits: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Name of splits by protocol, and the names that say neither train, val nor test."""
    groups, others = defaultdict(list), []
    for split in splits:
        rest, roles = re.subn('train|trn|valid|val|test|tst', '', str(split), flags=re.I)
        groups[rest].append(split) if roles else others.append(split)
    return groups, others


def _check_overlaps(names: list[str], chosen: dict[str, list[int]]) -> Iterator[Finding]:
    groups, others = _protocols(chosen)
    for group in groups.values():
        for position, first in enumerate(group):
            for second in group[position + 1:]:
                for index in sorted(set(chosen[first]) & set(chosen[second])):
                    yield Finding('clip in two splits', names[index], f'{first} and {second}',
                                  'one of them', 'split', index)
    if len(chosen) > 1:
        for split in others:
            yield Finding('split compared with none', split, 'a name without train, val or test',
                          'none, if it may share clips with other splits', 'split')


def _check_classes(annotations: list[Annotation], chosen: dict[str, list[int]],
                   num_classes: int | None) -> Iterator[Finding]:
    written = (annotation.get('label') for annotation in annotations)
    labels = [int(label) if isinstance(label, (int, np.integer)) else -1 for label in written]
    num_classes = num_classes or max(labels, default=-1) + 1
    counts = Counter(labels)
    for label in range(num_classes):
        if not counts[label]:
            yield Finding('class without clips', f'class {label}', 'no clip', 'clips', 'label')
    for group in _protocols(chosen)[0].values():
        trained = {
            labels[index] for split in group if re.search('train|trn', split, re.I)
            for index in chosen[split]
        }
        for split in group if trained else ():
            for label in sorted({labels[index] for index in chosen[split]} - trained - {-1}):
                yield Finding('class that is not in training', f'class {label}',
                              f'clips in {split} alone', 'clips in training, too', 'label')
