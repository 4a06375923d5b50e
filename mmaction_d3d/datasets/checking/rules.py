"""The rules for a clip: what check_dataset.py lists, and what a run refuses or names."""
import logging
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from mmengine.logging import print_log

from ...errors import InputError
from ..annotations import Annotation, is_marked, name_of, split_scores
from .findings import NAMED, REFUSED, Finding, use_of

# Coordinates so many image sides off the image are no joint's, however they were estimated.
_FAR = 100
# Most joints off the image: of a person at its edge, whose joints a network makes up, unless they
# are off by so many image sides.
_MADE_UP = 0.25
# Scores of networks may pass 1, or be per cent or 8 bits.
_HIGHEST_SCORE = 1000
_LIST_ALL = '(d3d check lists all such clips)'


class Joints(NamedTuple):
    """A clip's joints as numbers to look at.

    Attributes:
        xy: M x T x V x 2 float32.
        score: M x T x V float32.
        finite: M x T x V, whether all three numbers of a joint are finite.
        visible: M x T x V, whether it is finite and has a score above 0.
    """
    xy: np.ndarray
    score: np.ndarray
    finite: np.ndarray
    visible: np.ndarray


def joints_of(annotation: Annotation) -> Joints:
    """Return the joints of an annotation whose arrays are right."""
    xy, score = split_scores(annotation)
    xy, score = xy.astype(np.float32), score.astype(np.float32)
    finite = np.isfinite(xy).all(-1) & np.isfinite(score)
    return Joints(xy, score, finite, finite & (score > 0))


def check_joints(annotation: Annotation, index: int | None = None) -> list[Finding]:
    """Apply the rules for joints to an annotation whose arrays are right.

    Args:
        annotation: The clip.
        index: Its number in the file.

    Returns:
        All that is wrong with its joints.
    """
    if _is_plain(annotation):
        return []
    name = name_of(annotation)
    return [
        Finding(kind, name, found, want, 'keypoint', index)
        for kind, found, want in _joint_mistakes(annotation)
    ]


def _is_plain(annotation: Annotation) -> bool:
    """Whether a few extremes show that there is nothing to say; most clips end here."""
    xy, score = split_scores(annotation)
    xy, score = xy.astype(np.float32), score.astype(np.float32)
    height, width = annotation['img_shape']
    with np.errstate(invalid='ignore'):  # comparisons with nan are false
        if not (xy.min(initial=0) >= 0 and score.min(initial=0) >= 0 and score.max(initial=0) <= 1):
            return False
        x, y = xy[..., 0], xy[..., 1]
        return bool(xy.size and x.max() <= width and y.max() <= height and score.max(
            (0, 2)).min() > 0 and (x * score).max() > 2)  # so a visible joint is there


def _joint_mistakes(annotation: Annotation) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, what was found, what should be)."""
    xy, score, finite, visible = joints_of(annotation)
    total, count, marked = finite.size, int(visible.sum()), int(is_marked(annotation).sum())
    if marked:
        yield ('joints at (-1, -1)', f'{marked} of {total} joints, without scores: missing ones',
               'scores, 0 for joints that are missing')
    if not finite.all():
        yield 'numbers that are not finite', f'{total - finite.sum()} of {total} joints', '0'
    outside = finite & ((score < 0) | (score > 1))
    if outside.any():
        high = np.abs(score[finite]).max() > _HIGHEST_SCORE
        yield ('scores that are none' if high else 'scores outside 0 to 1',
               f'{score[finite].min():.3g} to {score[finite].max():.3g}', '0 to 1')
    if not count:
        yield 'no visible joint', f'{total} joints, none seen', 'a person'
        return
    yield from _frame_mistakes(visible.any(axis=(0, 2)))
    yield from _place_mistakes(xy[visible], np.array(annotation['img_shape'][::-1], np.float32))


def _frame_mistakes(filled: np.ndarray) -> Iterator[tuple[str, str, str]]:
    """Those of frames without a joint; ``filled`` says which have one."""
    frames, numbers = len(filled), np.flatnonzero(filled)
    if len(numbers) == frames:
        return
    steps = np.diff(numbers)
    if len(numbers) > 2 and 1 < steps[0] == steps.min() == steps.max() >= frames - numbers[-1]:
        yield ('joints of every second frame',
               f'joints in {len(numbers)} of {frames} frames, one of {steps[0]} in all the time',
               'joints of all frames')
    else:
        yield ('frames without a joint', f'{frames - len(numbers)} of {frames} frames',
               'a person in every frame')


def _place_mistakes(seen: np.ndarray, size: np.ndarray) -> Iterator[tuple[str, str, str]]:
    """Those of where visible joints (N x 2) lie in an image of ``size``, width and height."""
    beyond = pixels_beyond(seen, size)
    share = float((beyond > 0).mean())
    pixels = f'pixels of an image {size[0]:.0f} wide and {size[1]:.0f} high'
    of_other_size = share > 0.5 and beyond.max() > _MADE_UP * size.max()
    if of_other_size or np.abs(seen).max() <= 2 < size.min() / 8:
        low, high = seen.min(0), seen.max(0)
        yield ('joints of another image size',
               f'x {low[0]:.4g} to {high[0]:.4g}, y {low[1]:.4g} to {high[1]:.4g}', pixels)
    elif (beyond > far_from(size)).any():
        yield ('joints outside of any frame',
               f'a coordinate {beyond.max():.3g} pixels off the image', pixels)
    elif share:
        yield ('joints outside the image',
               f'{share:.1%} of the visible ones, up to {beyond.max():.0f} pixels', 'none')


def pixels_beyond(xy: np.ndarray, size: np.ndarray) -> np.ndarray:
    """How far each point (... x 2) lies off an image of ``size``, width and height; inside < 0."""
    return np.maximum(-xy, xy - size).max(-1)


def far_from(size: np.ndarray) -> float:
    """Pixels off an image beyond which no joint can be."""
    return _FAR * float(size.max())


def check_size(size: Sequence[int], img_shape: Sequence[int]) -> tuple[str, str, str] | None:
    """Compare frames with what keypoints refer to.

    Args:
        size: Height and width of the frames.
        img_shape: Those of the annotation.

    Returns:
        None, or kind, what was found and what should be.
    """
    (height, width), (old_height, old_width) = size, img_shape
    if (height, width) == (old_height, old_width):
        return None
    kind = 'frames of another size'  # keypoints are scaled to it
    if (height, width) == (old_width, old_height):
        kind = 'height and width exchanged'
    elif abs(np.log(height * old_width / (width * old_height))) > 0.05:
        kind = 'frames of another shape'
    return kind, f'frames of {height}x{width}', f'{old_height}x{old_width}, as img_shape says'


def refuse_exchanged_sides(place: str, size: Sequence[int], img_shape: Sequence[int]) -> None:
    """Stop where frames lie on their side to what keypoints refer to; see :func:`check_size`.

    Raises:
        InputError: They do.
    """
    different = check_size(size, img_shape)
    if different is not None and use_of(different[0]) == REFUSED:
        kind, found, want = different
        raise InputError(place, 'img_shape', f'{kind}: {found}', want)


class Gate:
    """What a run does with findings: it stops at some kinds and names others, a line a kind.

    Args:
        path: The annotation file, for messages.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.named: dict[str, list[Finding]] = {}
        self._passed = 0

    def check(self, annotation: Annotation, index: int | None = None) -> None:
        """Take the findings of a clip's joints.

        Raises:
            InputError: There is one that a run stops at.
        """
        self._passed += 1
        self.take(check_joints(annotation, index))

    def take(self, findings: list[Finding]) -> None:
        """Take findings; raises as :meth:`check`."""
        for finding in findings:
            if use_of(finding.kind) == REFUSED:
                raise self._error(finding)
            if use_of(finding.kind) == NAMED:
                self.named.setdefault(finding.kind, []).append(finding)

    def finish(self, place: str) -> None:
        """Log what was named.

        Args:
            place: What was checked.

        Raises:
            InputError: There is nobody in any clip.
        """
        nobody = self.named.get('no visible joint', ())
        if nobody and len(nobody) == self._passed:
            raise self._error(nobody[0])
        for line in self.lines():
            print_log(f'{place}: {line}', 'current', logging.WARNING)

    def lines(self) -> Iterator[str]:
        """One line a kind: count, kind, the first clips."""
        for kind, findings in self.named.items():
            shown = '; '.join(f'{finding.name}: {finding.found}' for finding in findings[:3])
            more = '; ...' if len(findings) > 3 else ''
            yield f'{len(findings)} x {kind}{MEANING.get(kind, "")}: {shown}{more}'

    def _error(self, finding: Finding) -> InputError:
        where = finding.name
        if finding.index is not None:
            where = f'annotations[{finding.index}] ({finding.name})'
        return InputError(self.path, f'{where}.{finding.field}' if finding.field else where,
                          f'{finding.kind}: {finding.found}', f'{finding.want} {_LIST_ALL}')


#: What becomes of a kind that is named.
MEANING = {
    'numbers that are not finite': ', which count as missing joints',
    'scores outside 0 to 1': ', which are taken for the nearer of the two',
    'no visible joint': ', answered from RGB alone',
    'frames of another shape': ', to which joints are stretched',
    'fewer frames than announced': ', the last one stands in for the rest',
}
