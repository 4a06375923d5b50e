"""Where the skeletons of a source come from: a pickle, arrays, or an extractor."""
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, cast

import numpy as np

from ..datasets import safe_pickle
from ..datasets.annotations import (
    Annotation,
    AnnotationChecker,
    ids_of,
    is_image_shape,
    name_of,
    read_annotations,
    sides_of,
)
from ..datasets.checking import Gate, refuse_exchanged_sides
from ..datasets.joint_layout import find_layout
from ..errors import InputError
from ..files import without_suffix
from ..media import Media, MediaInfo, grey_frames, probe
from ..skeletons import SkeletonLayout
from .entries import Arrays, joints_of
from .records import Skeleton

# Skeletons and pictures of published sets are recorded apart and differ by a frame or two.
_SLACK = 2

NO_PERSON = 'no person found: the answer is from RGB alone'


class Origin(Protocol):
    """Where skeletons come from.

    Attributes:
        origin: What an answer calls it.
        classes: Names of classes that it knows.
    """
    origin: str
    classes: Sequence[str] | None

    def __call__(self, source: Media, info: MediaInfo) -> tuple[str, int, Annotation]:
        """Return the place for messages, the index there, and the annotation of a source."""


class Extractor(Protocol):
    """Finds skeletons in a video, such as :class:`mmaction_d3d.extraction.SkeletonExtractor`.

    Attributes:
        layout: Name of its joint layout.
    """
    layout: str

    def __call__(self, source: Any) -> Mapping[str, object]:
        """Return the annotation of a path, or of :class:`~mmaction_d3d.media.Media` in memory."""


class PickledSkeletons:
    """Skeletons of an annotation pickle, found by a source's name.

    A pickle with one annotation serves any one source.

    Args:
        path: The pickle, in the layout that data sets read; labels may be missing.
        layout: Joints that the model takes; a pickle that names others is refused.
        filename_tmpl: Name of a clip's video as in ``RGBPoseDataset``, such as
            ``'{frame_dir}_rgb.avi'``.

    Raises:
        InputError: It cannot be read.
    """
    origin = 'pickle'

    def __init__(self, path: str, layout: SkeletonLayout, filename_tmpl: str | None = None) -> None:
        self.path = path
        content = safe_pickle.load(path)
        find_layout(content, path, layout.name, 'the model')
        self._annotations, _ = read_annotations(content, path)
        self.classes = content.get('classes') if isinstance(content, dict) else None
        self._index: dict[str, list[int]] = {}
        for index, annotation in enumerate(self._annotations):
            names = {name for name in ids_of(annotation) if name}
            names |= {name.rpartition('/')[2] for name in names}
            if filename_tmpl is not None:
                names.add(without_suffix(_formatted(filename_tmpl, annotation)))
            for name in names:
                self._index.setdefault(name, []).append(index)

    def media(self) -> list[Media]:
        """Return a source for each annotation, whose frames are of one color.

        Raises:
            InputError: An annotation says no size or length.
        """
        sources = []
        for index, annotation in enumerate(self._annotations):
            name = without_suffix(name_of(annotation))
            shape, frames = annotation.get('img_shape'), annotation.get('total_frames')
            if shape is None or not is_image_shape(shape) or not isinstance(frames,
                                                                            int) or frames < 1:
                raise InputError(self.path, f'annotations[{index}] ({name})',
                                 f'img_shape {shape} and total_frames {frames}',
                                 '(height, width) and the number of frames')
            images = grey_frames(frames, sides_of(shape))
            sources.append(Media(f'{self.path}: {name}', name, array=images))
        return sources

    def __call__(self, source: Media, info: MediaInfo) -> tuple[str, int, Annotation]:
        """Return (place for messages, index, annotation) of a source.

        Raises:
            InputError: The pickle holds none of that name, or several.
        """
        name = source.names['frame_dir']
        indices = self._index.get(name) or self._index.get(name.rpartition('/')[2], [])
        if not indices and len(self._annotations) == 1:
            indices = [0]
        if len(indices) != 1:
            which = 'no annotation' if not indices else f'{len(indices)} annotations'
            raise InputError(self.path, 'annotations', f'{which} named {name}', 'one')
        return self.path, indices[0], self._annotations[indices[0]]


def _formatted(filename_tmpl: str, annotation: Annotation) -> str:
    try:
        return filename_tmpl.format(**annotation)
    except (KeyError, IndexError, ValueError) as error:
        raise InputError('config', 'filename_tmpl', repr(filename_tmpl),
                         "a name such as '{frame_dir}_rgb.avi', of fields that annotations "
                         'have') from error


class GivenSkeletons:
    """Skeletons as arrays, one set a source, in the order of the sources.

    Args:
        given: Each with ``keypoint`` (M x T x V x 2, or x 3 with the score) and
            ``keypoint_score`` (M x T x V), or the first alone: see :func:`.entries.joints_of`;
            ``img_shape``, the height and width that they refer to, is by default the video's.
        sources: Whose they are; of names that differ, where a video comes once a person.

    Raises:
        InputError: There is not one for each source.
    """
    origin = 'arrays'
    classes: Sequence[str] | None = None

    def __init__(self, given: Sequence[Arrays], sources: Sequence[Media]) -> None:
        if len(given) != len(sources):
            raise InputError('skeletons', 'list', f'{len(given)} skeletons',
                             f'{len(sources)}, one for each video')
        self._given = {
            source.name: (index, skeleton)
            for index, (source, skeleton) in enumerate(zip(sources, given))
        }

    def __call__(self, source: Media, info: MediaInfo) -> tuple[str, int, Annotation]:
        """Return (place for messages, index, annotation) of a source."""
        index, given = self._given[source.name]
        skeleton = joints_of(given, f'skeletons[{index}]')
        defaults: dict[str, Any] = dict(frame_dir=source.names['frame_dir'],
                                        img_shape=(info.height, info.width))
        keypoint = skeleton.get('keypoint')
        if isinstance(keypoint, np.ndarray) and keypoint.ndim == 4:
            defaults['total_frames'] = keypoint.shape[1]
        return 'skeletons', index, cast(Annotation, {**defaults, **skeleton})


class NoSkeletons:
    """What stands where a model gets RGB alone; never asked."""
    origin = 'none'
    classes: Sequence[str] | None = None

    def __call__(self, source: Media, info: MediaInfo) -> tuple[str, int, Annotation]:
        """Refuse."""
        raise InputError(source.path, 'skeletons', 'none', "modality='rgb'")


class ExtractedSkeletons:
    """Skeletons that are extracted from the video itself.

    Args:
        extractor: Takes a path, returns one annotation; ``layout`` names its joints.
        layout: What the model takes.

    Raises:
        InputError: The extractor finds other joints.
    """
    origin = 'extracted'
    classes: Sequence[str] | None = None

    def __init__(self, extractor: Extractor, layout: SkeletonLayout) -> None:
        if extractor.layout != layout.name:
            raise InputError(
                'config', 'layout', layout.name,
                f'{extractor.layout}, which the extractor gives; other joints come '
                'from a skeleton file')
        self._extractor = extractor

    def __call__(self, source: Media, info: MediaInfo) -> tuple[str, int, Annotation]:
        """Return (place for messages, index, annotation) of a source."""
        # An extractor of the user's may know paths alone.
        video = source if source.array is not None else source.path
        return source.path, 0, cast(Annotation, self._extractor(video))


def skeleton_of(source: Media, info: MediaInfo, origin: Origin, layout: SkeletonLayout,
                num_person: int) -> tuple[Skeleton, Skeleton, MediaInfo, tuple[str, ...]]:
    """Fetch and check a source's skeleton.

    Args:
        source: The video or frame folder.
        info: What it holds.
        origin: Where skeletons come from.
        layout: Joints that the model takes.
        num_person: People that the model takes; those of the highest score stay.

    Returns:
        The skeleton; that of all people; the source's information, with the frames that decode
        where these turn out to be others; and what the extractor noted.

    Raises:
        InputError: There is none, it does not fit the layout, or it is of another length than the
            video.
    """
    place, index, annotation = origin(source, info)
    # The checker is that of training, which wants a label.
    labelled = cast(Annotation, {**annotation, 'label': 0})
    check = AnnotationChecker(place, layout, None, num_person)
    checked = check(index, labelled)
    refuse_exchanged_sides(source.path, (info.height, info.width), checked['img_shape'])
    gate = Gate(place)
    gate.check(cast(Annotation, {**checked, **source.names}), index)
    total = checked['total_frames']
    if total != info.frames:
        # Packets of old AVI files are more than their frames: now all are decoded and counted.
        counted = probe(source, 'frames', info.fps)
        info = replace(info, frames=counted.frames, fps=counted.fps, times=counted.times)
    if abs(total - info.frames) > _SLACK:
        raise InputError(place, f'{check.place(index, checked)}.total_frames', total,
                         f'{info.frames}, the frames of {source.path}')
    skeleton, everyone = (Skeleton(
        clip['keypoint'], clip['keypoint_score'], clip['img_shape'], clip['original_shape'], total,
        origin.origin) for clip in (checked,
                                    AnnotationChecker(place, layout, None, None)(index, labelled)))
    notes = cast(dict, annotation).get('notes', ()) if origin.origin == 'extracted' else ()
    gate.named.pop('no visible joint', None)
    notes = (*notes, *gate.lines(), *(() if skeleton.people() else [NO_PERSON]))
    return skeleton, everyone, info, notes


def no_skeleton(info: MediaInfo, layout: SkeletonLayout) -> Skeleton:
    """Return a skeleton of which nothing is seen, for a model that gets RGB alone."""
    shape = (1, info.frames, len(layout))
    size = (info.height, info.width)
    return Skeleton(np.zeros((*shape, 2), np.float32), np.zeros(shape, np.float32), size, size,
                    info.frames, 'none')


def without_frames(source: Media, info: MediaInfo) -> Media:
    """Return a source whose frames are of one color, for a model that gets skeletons alone."""
    return replace(source, name=source.names['frame_dir'],
                   array=grey_frames(info.frames, (info.height, info.width)))
