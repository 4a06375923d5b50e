"""Checks of an annotation pickle's contents, all made before training starts."""
from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral
from typing import Any, TypedDict

import numpy as np

from ..errors import InputError, shown
from ..files import without_suffix
from ..skeletons import SkeletonLayout


class Annotation(TypedDict, total=False):
    """A clip in an annotation file; before :class:`AnnotationChecker` a field may be anything.

    Fields as in :class:`~mmaction_d3d.datasets.rgb_pose_dataset.RGBPoseDataset`; ``bbox`` is
    M x T x 4: x1, y1, x2, y2 in pixels; ``frame_times`` has T + 1 seconds, at which frames begin
    and the last one ends, where they do not come at one rate.
    """
    frame_dir: str
    filename: str
    label: int | list[int]
    img_shape: tuple[int, int]
    original_shape: tuple[int, int]
    total_frames: int
    keypoint: np.ndarray
    keypoint_score: np.ndarray
    bbox: np.ndarray
    frame_times: np.ndarray


class Content(TypedDict, total=False):
    """An annotation file.

    Ids by split, the clips, and what may be left out: the names of the classes, and of the joint
    layout, a key of :data:`mmaction_d3d.skeletons.LAYOUTS`, and what the clips are, in a few words.
    """
    split: dict[str, list[str]]
    annotations: list[Annotation]
    classes: list[str]
    layout: str
    source: str


_WANTED = dict(keypoint='skeletons: extract them with d3d extract, or attach those of another '
               'tool with d3d prepare custom --skeletons')


def ids_of(annotation: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Return the names an annotation goes by in a split, best first.

    These are frame_dir, filename, filename without its suffix, and that without its folders.
    """
    filename = annotation.get('filename')
    if filename is None:
        return (annotation.get('frame_dir'), )
    path = without_suffix(filename)
    return annotation.get('frame_dir'), filename, path, path.rpartition('/')[2]


def name_of(annotation: Mapping[str, Any]) -> str:
    """Return the best of the names an annotation goes by, for messages and reports."""
    return next(name for name in ids_of(annotation) if name is not None)


def read_annotations(content: Any, path: str,
                     least: int = 1) -> tuple[list[Annotation], dict[str, list[str]]]:
    """Return the list of annotations and the dict of splits of a loaded pickle.

    Args:
        content: What the pickle holds: ``dict(annotations=[...], split={...})``, or a plain list of
            annotations, which has no splits. ``classes`` become a list where they are an array.
        path: The pickle, for messages.
        least: Annotations that it must hold. Defaults to 1.

    Raises:
        InputError: It is neither, a part of it has another type, or it holds too few annotations.
    """
    if isinstance(content, list):
        content = dict(annotations=content)
    if not isinstance(content, dict) or not isinstance(content.get('annotations'), list):
        raise InputError(path, 'content',
                         type(content).__name__, 'a dict with a list under the key annotations')
    annotations, splits = content['annotations'], content.get('split')
    if splits is None or (isinstance(splits, (list, tuple)) and not splits):
        splits = {}
    if not isinstance(splits, dict):
        raise InputError(path, 'split', type(splits).__name__, 'a dict of lists of ids')
    _check_classes(content, path)
    for i, annotation in enumerate(annotations):
        if not isinstance(annotation, dict):
            raise InputError(path, f'annotations[{i}]', type(annotation).__name__, 'a dict')
        names = [
            annotation[key] for key in ('frame_dir', 'filename') if annotation.get(key) is not None
        ]
        if not names or not all(isinstance(name, str) and name for name in names):
            raise InputError(path, f'annotations[{i}]', f'the names {shown(names)}',
                             'text in frame_dir, filename or both')
    if len(annotations) < least:
        raise InputError(path, 'annotations', 'an empty list', 'at least one annotation')
    return annotations, splits


def source_of(content: object) -> str | None:
    """Return what a pickle says that its clips are; None where it says nothing of ours."""
    source = content.get('source') if isinstance(content, Mapping) else None
    return source if isinstance(source, str) else None


def _check_classes(content: dict[str, Any], path: str) -> None:
    """Check the names of the classes; an array of them becomes a list, which has a truth value."""
    classes = content.get('classes')
    if isinstance(classes, np.ndarray):
        classes = content['classes'] = classes.tolist()
    if classes is not None and not (isinstance(classes,
                                               (list, tuple)) and all(map(_is_name, classes))):
        raise InputError(path, 'classes', shown(classes), 'the names of all classes')


def _is_name(value: object) -> bool:
    """Whether this may name a class: text, or a number that Python writes out."""
    return isinstance(value, str) or isinstance(value, Integral) and abs(int(value)) < 2**63


class AnnotationChecker:
    """Checks annotations one by one and brings them into one form; counts what it changed.

    Args:
        path: The pickle, for messages.
        layout: Joints that keypoints must have.
        num_classes: Labels must be below it.
        num_person: People kept, those of the highest total score; None: all.
        multi_class: Whether a clip has a list of labels.

    Attributes:
        dropped_people (int): People dropped because there were more than ``num_person``.
    """

    def __init__(self, path: str, layout: SkeletonLayout, num_classes: int | None,
                 num_person: int | None, multi_class: bool = False) -> None:
        self.path = path
        self.layout = layout
        self.num_classes = num_classes
        self.num_person = num_person
        self.multi_class = multi_class
        self.dropped_people = 0

    def __call__(self, index: int, annotation: Annotation) -> Annotation:
        """Return a checked copy of ``annotation``, the file's number ``index``.

        The copy's ``keypoint`` is M x T x V x 2 and its ``keypoint_score`` M x T x V with at most
        ``num_person`` people; number types stay as they were (float16 in many published files).

        Raises:
            InputError: A field is missing or wrong.
        """
        for field, found, want in self.mistakes(annotation):
            raise InputError(self.path, f'{self.place(index, annotation)}.{field}', found, want)
        total = annotation['total_frames']
        xy, score = split_scores(annotation)
        people = len(xy)
        if self.num_person is not None and people > self.num_person:
            self.dropped_people += people - self.num_person
            total_score = np.nan_to_num(score.astype(np.float32)).sum((1, 2))
            keep = np.sort(np.argsort(-total_score, kind='stable')[:self.num_person])
            xy, score = xy[keep], score[keep]
        shape = sides_of(annotation['img_shape'])
        return annotation | Annotation(
            label=self._labels(annotation) or 0, total_frames=int(total), keypoint=xy,
            keypoint_score=score, img_shape=shape, original_shape=sides_of(
                annotation.get('original_shape', shape)))

    def mistakes(self, annotation: Annotation) -> Iterator[tuple[str, str, str]]:
        """Yield all that is wrong with an annotation, as (field, what was found, what should be).

        What can only be said of a field that is right by itself is left out where it is not.
        """
        given = {
            field for field in ('label', 'img_shape', 'total_frames', 'keypoint')
            if annotation.get(field) is not None
        }
        for field in ('label', 'img_shape', 'total_frames', 'keypoint'):
            if field not in given:
                yield field, 'nothing', _WANTED.get(field, 'a value')
        total = annotation.get('total_frames')
        total_is_right = isinstance(total, Integral) and total >= 1
        if 'total_frames' in given and not total_is_right:
            yield 'total_frames', shown(total), 'a whole number of at least 1'
        if 'label' in given and self._labels(annotation) is None:
            top = 'any' if self.num_classes is None else self.num_classes - 1
            several = 'a list of one or more, each ' if self.multi_class else ''
            yield 'label', shown(annotation['label']), f'{several}a whole number from 0 to {top}'
        for field in ('img_shape', 'original_shape'):
            shape = annotation.get(field, annotation.get('img_shape'))
            if 'img_shape' in given and not is_image_shape(shape):
                yield field, shown(shape), '(height, width) in pixels'
        if 'keypoint' in given:
            yield from self._joint_mistakes(annotation, total if total_is_right else None)

    def _labels(self, annotation: Annotation) -> int | list[int] | None:
        """Return the label, or the list of them; None where it is none."""
        given: Any = annotation['label']
        if self.multi_class and not isinstance(given, (list, tuple, np.ndarray)):
            return None
        labels = list(given) if self.multi_class else [given]
        top = float('inf') if self.num_classes is None else self.num_classes
        right = [isinstance(label, Integral) and 0 <= int(label) < top for label in labels]
        if not all(right) or not right:
            return None
        return [int(label) for label in labels] if self.multi_class else int(labels[0])

    def _joint_mistakes(self, annotation: Annotation,
                        total: int | None) -> Iterator[tuple[str, str, str]]:
        """Those of ``keypoint`` and ``keypoint_score``; ``total`` is None where it is unknown."""
        xy, score = split_scores(annotation)
        if not isinstance(xy, np.ndarray) or xy.dtype.kind not in 'fiu' or xy.ndim != 4:
            yield 'keypoint', describe(xy), 'a number array of people x frames x joints x 2'
            return
        if annotation.get('keypoint_score') is None and annotation['keypoint'].shape[3] == 3 and (
                not looks_like_xy_score(xy, score)):
            yield ('keypoint', f'3 numbers a joint ({describe(annotation["keypoint"])}) that '
                   'are not x, y and score', 'x and y in pixels, and scores in keypoint_score')
            return
        _, frames, joints, numbers = xy.shape
        if total is not None and frames != total:
            yield 'keypoint', f'{frames} frames', f'{shown(total)}, as total_frames says'
        if joints != len(self.layout):
            yield ('keypoint', f'{joints} joints', f'{len(self.layout)}, as the joint layout '
                   f'{self.layout.name} has')
        if numbers != 2:
            yield 'keypoint', f'{numbers} numbers a joint', '2: x and y'
        if not isinstance(score, np.ndarray) or score.dtype.kind not in 'fiu' or (score.shape
                                                                                  != xy.shape[:3]):
            yield ('keypoint_score', describe(score),
                   f'a number array of {" x ".join(map(str, xy.shape[:3]))}')

    @staticmethod
    def place(index: int, annotation: Annotation) -> str:
        """Name an annotation in messages."""
        return f'annotations[{index}] ({name_of(annotation)})'


def split_scores(annotation: Annotation) -> tuple[np.ndarray, np.ndarray]:
    """Return keypoints and scores, whichever of the ways to store scores the annotation has.

    Where ``keypoint`` is no array of numbers with four axes, both come as they are.
    """
    xy: np.ndarray = annotation['keypoint']
    score: Any = annotation.get('keypoint_score')
    if score is None and isinstance(xy, np.ndarray) and xy.dtype.kind in 'fiu' and xy.ndim == 4:
        if xy.shape[3] == 3:
            return xy[..., :2], xy[..., 2]
        # Tools that give no scores write a joint or person that is not there as (0, 0).
        score = (xy != 0).any(-1).astype(np.float32)
        score[is_marked(annotation)] = 0
    return xy, score


def is_marked(annotation: Annotation) -> np.ndarray:
    """Return which joints (M x T x V) stand at (-1, -1) without a score: missing, to some tools.

    It is for an annotation whose ``keypoint`` is an array of numbers with four axes.
    """
    xy = annotation['keypoint']
    if annotation.get('keypoint_score') is not None or xy.shape[3] != 2:
        return np.zeros(xy.shape[:3], bool)
    return (xy == -1).all(-1)


def sides_of(shape: Sequence[int]) -> tuple[int, int]:
    """Return height and width as they are compared and stored, whatever sequence a file has."""
    height, width = shape
    return int(height), int(width)


def is_image_shape(shape: object) -> bool:
    """Whether ``shape`` is a pair of whole numbers of at least 1."""
    return (isinstance(shape, (tuple, list, np.ndarray)) and len(shape) == 2
            and all(isinstance(side, Integral) and 1 <= int(side) < 2**31 for side in shape))


def looks_like_xy_score(xy: np.ndarray, score: np.ndarray) -> bool:
    """Tell x, y, score from x, y, z: scores are in [0, 1] and pixels are not all so near 0."""
    bounded = not ((score < 0) | (score > 1)).any()
    xy = np.nan_to_num(xy.astype(np.float32))
    return bounded and (not xy.any() or np.abs(xy).max() > 10)


def describe(value: object) -> str:
    """Type, shape and number type of a value, for messages."""
    if isinstance(value, np.ndarray):
        return f'{" x ".join(map(str, value.shape))} {value.dtype}'
    return type(value).__name__
