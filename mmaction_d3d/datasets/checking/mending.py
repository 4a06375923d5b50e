"""A new annotation file without the mistakes that can be mended."""
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..annotations import Annotation, split_scores
from .findings import LEFT_OUT, MENDED, Finding
from .rules import far_from, pixels_beyond


def mend(content: Any, annotations: list[Annotation], chosen: dict[str, list[int]],
         findings: list[Finding]) -> dict:
    """Return new contents of an annotation file; the given ones stay as they are.

    Annotations that cannot be mended are left out, of the splits, too. A split names each of its
    clips once; entries that name none or several clips go. A clip in two splits stays in both:
    which one it belongs to is not in the file.

    Args:
        content: What the file holds.
        annotations: Its annotations.
        chosen: Indices of annotations by split.
        findings: What is wrong with them.

    Returns:
        The new contents.
    """
    mistakes: dict[int, list[Finding]] = {}
    out: set[int] = set()
    for finding in findings:
        if finding.index is None:
            continue
        if finding.remedy == LEFT_OUT:
            out.add(finding.index)
        elif finding.remedy == MENDED:
            mistakes.setdefault(finding.index, []).append(finding)
    new = {
        index: _mend_annotation(annotation, mistakes.get(index, ()))
        for index, annotation in enumerate(annotations) if index not in out
    }
    other = content if isinstance(content, dict) else {}
    names = {index: _entry(annotation) for index, annotation in new.items()}
    return dict(
        other, annotations=list(new.values()), split={
            split: [names[index] for index in indices if index in new]
            for split, indices in chosen.items()
        })


def _entry(annotation: Annotation) -> str:
    """How a split names an annotation: by the name that goes first there."""
    return annotation.get('frame_dir') or annotation['filename']


def _mend_annotation(annotation: Annotation, findings: Iterable[Finding]) -> Annotation:
    annotation = annotation.copy()
    for finding in findings:
        _REMEDIES[finding.kind](annotation, finding)
    return annotation


def _shorten(annotation: Annotation, finding: Finding) -> None:
    """Keep the frames that decode."""
    assert finding.count is not None, 'findings of this kind have it'
    annotation['total_frames'] = finding.count
    for key in ('keypoint', 'keypoint_score', 'bbox'):
        if annotation.get(key) is not None:
            annotation[key] = annotation[key][:, :finding.count]


def _exchange_sides(annotation: Annotation, finding: Finding) -> None:
    for key in ('img_shape', 'original_shape'):
        if key in annotation:
            height, width = annotation[key]
            annotation[key] = width, height


def _drop_joints(annotation: Annotation, finding: Finding) -> None:
    """Make joints with a number that is not finite missing ones."""
    xy, score = (array.copy() for array in split_scores(annotation))
    missing = ~(np.isfinite(xy).all(-1) & np.isfinite(score))
    _keep_but(annotation, missing, xy, score)


def _drop_marked(annotation: Annotation, finding: Finding) -> None:
    """Give joints scores, of 0 where none is there."""
    xy, score = (array.copy() for array in split_scores(annotation))
    _keep_but(annotation, score <= 0, xy, score)


def _drop_far(annotation: Annotation, finding: Finding) -> None:
    """Make joints that lie outside of any frame missing ones."""
    xy, score = (array.copy() for array in split_scores(annotation))
    size = np.array(annotation['img_shape'][::-1], np.float32)
    _keep_but(annotation, pixels_beyond(xy.astype(np.float32), size) > far_from(size), xy, score)


def _keep_but(annotation: Annotation, missing: np.ndarray, xy: np.ndarray,
              score: np.ndarray) -> None:
    xy[missing], score[missing] = 0, 0
    annotation['keypoint'], annotation['keypoint_score'] = xy, score


def _clip_scores(annotation: Annotation, finding: Finding) -> None:
    xy, score = split_scores(annotation)
    annotation['keypoint'], annotation['keypoint_score'] = xy, np.clip(score, 0, 1)


_REMEDIES = {
    'fewer frames than announced': _shorten,
    'height and width exchanged': _exchange_sides,
    'joints at (-1, -1)': _drop_marked,
    'joints outside of any frame': _drop_far,
    'numbers that are not finite': _drop_joints,
    'scores outside 0 to 1': _clip_scores,
}
