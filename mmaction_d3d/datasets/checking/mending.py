"""A new annotation file without the mistakes that can be mended."""
import numpy as np

from ..annotations import split_scores
from .findings import LEFT_OUT, MENDED


def mend(content, annotations, chosen, findings):
    """Return new contents of an annotation file; the given ones stay as they are.

    Annotations that cannot be mended are left out, of the splits, too. A split names each of its
    clips once; entries that name none or several clips go. A clip in two splits stays in both:
    which one it belongs to is not in the file.

    Args:
        content (object): What the file holds.
        annotations (list[dict]): Its annotations.
        chosen (dict[str, list[int]]): Indices of annotations by split.
        findings (list[Finding]): What is wrong with them.

    Returns:
        dict: The new contents.
    """
    mistakes, out = {}, set()
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


def _entry(annotation):
    """How a split names an annotation: by the name that goes first there."""
    return annotation.get('frame_dir') or annotation['filename']


def _mend_annotation(annotation, findings):
    annotation = dict(annotation)
    for finding in findings:
        _REMEDIES[finding.kind](annotation, finding)
    return annotation


def _shorten(annotation, finding):
    """Keep the frames that decode."""
    annotation['total_frames'] = finding.count
    for key in ('keypoint', 'keypoint_score', 'bbox'):
        if annotation.get(key) is not None:
            annotation[key] = annotation[key][:, :finding.count]


def _exchange_sides(annotation, finding):
    for key in ('img_shape', 'original_shape'):
        if key in annotation:
            annotation[key] = tuple(annotation[key])[::-1]


def _drop_joints(annotation, finding):
    """Make joints with a number that is not finite missing ones."""
    xy, score = (array.copy() for array in split_scores(annotation))
    missing = ~(np.isfinite(xy).all(-1) & np.isfinite(score))
    xy[missing], score[missing] = 0, 0
    annotation.update(keypoint=xy, keypoint_score=score)


def _clip_scores(annotation, finding):
    xy, score = split_scores(annotation)
    annotation.update(keypoint=xy, keypoint_score=np.clip(score, 0, 1))


_REMEDIES = {
    'fewer frames than announced': _shorten,
    'height and width exchanged': _exchange_sides,
    'numbers that are not finite': _drop_joints,
    'scores outside 0 to 1': _clip_scores,
}
