"""Where the skeletons of a source come from: a pickle, arrays, or an extractor."""
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..datasets import safe_pickle
from ..datasets.annotations import AnnotationChecker, ids_of, read_annotations
from ..errors import InputError
from ..media import Media, MediaInfo, probe
from ..skeletons import SkeletonLayout
from .records import NO_PERSON, Skeleton

# Skeletons and pictures of published sets are recorded apart and differ by a frame or two.
_SLACK = 2

Annotation = Mapping[str, Any]


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

    def __call__(self, source: str) -> Annotation:
        """Return the annotation of a video or frame folder."""


class PickledSkeletons:
    """Skeletons of an annotation pickle, found by a source's name.

    A pickle with one annotation serves any one source.

    Args:
        path: The pickle, in the layout that data sets read; labels may be missing.
        filename_tmpl: Name of a clip's video as in ``RGBPoseDataset``, such as
            ``'{frame_dir}_rgb.avi'``.

    Raises:
        InputError: It cannot be read.
    """
    origin = 'pickle'

    def __init__(self, path: str, filename_tmpl: str | None = None) -> None:
        self.path = path
        content = safe_pickle.load(path)
        self._annotations, _ = read_annotations(content, path)
        if not self._annotations:
            raise InputError(path, 'annotations', 'an empty list', 'at least one annotation')
        self.classes = content.get('classes') if isinstance(content, dict) else None
        self._index: dict[str, list[int]] = {}
        for index, annotation in enumerate(self._annotations):
            names = {name for name in ids_of(annotation) if name}
            names |= {os.path.basename(name) for name in names}
            if filename_tmpl is not None:
                names.add(os.path.splitext(_formatted(filename_tmpl, annotation))[0])
            for name in names:
                self._index.setdefault(name, []).append(index)

    def __call__(self, source: Media, info: MediaInfo) -> tuple[str, int, Annotation]:
        """Return (place for messages, index, annotation) of a source.

        Raises:
            InputError: The pickle holds none of that name, or several.
        """
        name = source.names['frame_dir']
        indices = self._index.get(name) or self._index.get(os.path.basename(name), [])
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
            ``keypoint_score`` (M x T x V); ``img_shape``, the height and width that they refer to,
            is by default that of the video.
        sources: Whose they are.

    Raises:
        InputError: There is not one for each source.
    """
    origin = 'arrays'
    classes = None

    def __init__(self, given: Sequence[Annotation], sources: Sequence[Media]) -> None:
        if len(given) != len(sources):
            raise InputError('skeletons', 'list', f'{len(given)} skeletons',
                             f'{len(sources)}, one for each video')
        self._given = {
            source.path: (index, skeleton)
            for index, (source, skeleton) in enumerate(zip(sources, given))
        }

    def __call__(self, source: Media, info: MediaInfo) -> tuple[str, int, Annotation]:
        """Return (place for messages, index, annotation) of a source."""
        index, skeleton = self._given[source.path]
        defaults: dict[str, Any] = dict(frame_dir=source.names['frame_dir'],
                                        img_shape=(info.height, info.width))
        keypoint = skeleton.get('keypoint')
        if isinstance(keypoint, np.ndarray) and keypoint.ndim == 4:
            defaults['total_frames'] = keypoint.shape[1]
        return 'skeletons', index, {**defaults, **skeleton}


class ExtractedSkeletons:
    """Skeletons that are extracted from the video itself.

    Args:
        extractor: Takes a path, returns one annotation; ``layout`` names its joints.
        layout: What the model takes.

    Raises:
        InputError: The extractor finds other joints.
    """
    origin = 'extracted'
    classes = None

    def __init__(self, extractor: Extractor, layout: SkeletonLayout) -> None:
        if extractor.layout != layout.name:
            raise InputError(
                'config', 'layout', layout.name,
                f'{extractor.layout}, which the extractor gives; other joints come '
                'from a skeleton file')
        self._extractor = extractor

    def __call__(self, source: Media, info: MediaInfo) -> tuple[str, int, Annotation]:
        """Return (place for messages, index, annotation) of a source."""
        return source.path, 0, self._extractor(source.path)


def make_origin(skeletons: str | Path | None, extractor: Extractor | None, layout: SkeletonLayout,
                filename_tmpl: str | None) -> Origin | None:
    """Say where a model's skeletons come from: the pickle, else the extractor, if there is one.

    Raises:
        InputError: The pickle cannot be read, or the extractor finds other joints.
    """
    if skeletons is not None:
        return PickledSkeletons(str(skeletons), filename_tmpl)
    return None if extractor is None else ExtractedSkeletons(extractor, layout)


def skeleton_of(source: Media, info: MediaInfo, origin: Origin, layout: SkeletonLayout,
                num_person: int) -> tuple[Skeleton, MediaInfo, tuple[str, ...]]:
    """Fetch and check a source's skeleton.

    Args:
        source: The video or frame folder.
        info: What it holds.
        origin: Where skeletons come from.
        layout: Joints that the model takes.
        num_person: People that the model takes; those of the highest score stay.

    Returns:
        The skeleton; the source's information, with the frames that decode where these turn out to
        be others; and what the extractor noted.

    Raises:
        InputError: There is none, it does not fit the layout, or it is of another length than the
            video.
    """
    place, index, annotation = origin(source, info)
    check = AnnotationChecker(place, layout, None, num_person)
    # The checker is that of training, which wants a label.
    checked = check(index, {**annotation, 'label': 0})
    total = checked['total_frames']
    if total != info.frames:
        # Packets of old AVI files are more than their frames: now all are decoded and counted.
        info = replace(info, frames=probe(source, 'frames').frames)
    if abs(total - info.frames) > _SLACK:
        raise InputError(place, f'{check.place(index, checked)}.total_frames', total,
                         f'{info.frames}, the frames of {source.path}')
    keys = ('keypoint', 'keypoint_score', 'img_shape', 'original_shape', 'total_frames')
    skeleton = Skeleton(**{key: checked[key] for key in keys}, origin=origin.origin)
    notes = annotation.get('notes', ()) if origin.origin == 'extracted' else ()
    return skeleton, info, tuple(notes) if skeleton.people() else (*notes, NO_PERSON)
