"""Where the skeletons of a source come from: a pickle, arrays, or an extractor."""
import os
from dataclasses import replace

import numpy as np

from ..datasets import safe_pickle
from ..datasets.annotations import AnnotationChecker, ids_of, read_annotations
from ..errors import InputError
from ..media import Frames

# Skeletons and pictures of published sets are recorded apart and differ by a frame or two.
_SLACK = 2


class PickledSkeletons:
    """Skeletons of an annotation pickle, found by a source's name.

    A pickle with one annotation serves any one source.

    Args:
        path (str): The pickle, in the layout that data sets read; labels may be missing.
        filename_tmpl (str, optional): Name of a clip's video as in ``RGBPoseDataset``, such as
            ``'{frame_dir}_rgb.avi'``.

    Raises:
        InputError: It cannot be read.
    """
    origin = 'pickle'

    def __init__(self, path, filename_tmpl=None):
        self.path = path
        content = safe_pickle.load(path)
        self._annotations, _ = read_annotations(content, path)
        if not self._annotations:
            raise InputError(path, 'annotations', 'an empty list', 'at least one annotation')
        self.classes = content.get('classes') if isinstance(content, dict) else None
        self._index = {}
        for index, annotation in enumerate(self._annotations):
            names = {name for name in ids_of(annotation) if name}
            names |= {os.path.basename(name) for name in names}
            if filename_tmpl is not None:
                names.add(os.path.splitext(_formatted(filename_tmpl, annotation))[0])
            for name in names:
                self._index.setdefault(name, []).append(index)

    def __call__(self, source, info):
        """Return (place for messages, index, annotation) of a source.

        Raises:
            InputError: The pickle holds none of that name, or several.
        """
        name = source.names['frame_dir']
        found = self._index.get(name) or self._index.get(os.path.basename(name), [])
        if not found and len(self._annotations) == 1:
            found = [0]
        if len(found) != 1:
            which = 'no annotation' if not found else f'{len(found)} annotations'
            raise InputError(self.path, 'annotations', f'{which} named {name}', 'one')
        return self.path, found[0], self._annotations[found[0]]


def _formatted(filename_tmpl, annotation):
    try:
        return filename_tmpl.format(**annotation)
    except (KeyError, IndexError, ValueError) as error:
        raise InputError('config', 'filename_tmpl', repr(filename_tmpl),
                         "a name such as '{frame_dir}_rgb.avi', of fields that annotations "
                         'have') from error


class GivenSkeletons:
    """Skeletons as arrays, one set a source, in the order of the sources.

    Args:
        given (list[dict]): Each with ``keypoint`` (M x T x V x 2, or x 3 with the score) and
            ``keypoint_score`` (M x T x V); ``img_shape``, the height and width that they refer to,
            is by default that of the video.
        sources (list[Media]): Whose they are.

    Raises:
        InputError: There is not one for each source.
    """
    origin = 'arrays'

    def __init__(self, given, sources):
        if len(given) != len(sources):
            raise InputError('skeletons', 'list', f'{len(given)} skeletons',
                             f'{len(sources)}, one for each video')
        self._given = {
            source.path: (index, skeleton)
            for index, (source, skeleton) in enumerate(zip(sources, given))
        }

    def __call__(self, source, info):
        """Return (place for messages, index, annotation) of a source."""
        index, skeleton = self._given[source.path]
        defaults = dict(frame_dir=source.names['frame_dir'], img_shape=(info.height, info.width))
        keypoint = skeleton.get('keypoint')
        if isinstance(keypoint, np.ndarray) and keypoint.ndim == 4:
            defaults['total_frames'] = keypoint.shape[1]
        return 'skeletons', index, {**defaults, **skeleton}


class ExtractedSkeletons:
    """Skeletons that are extracted from the video itself.

    Args:
        extractor (Callable): Takes a path, returns one annotation; ``layout`` names its joints.
        layout (SkeletonLayout): What the model takes.

    Raises:
        InputError: The extractor finds other joints.
    """
    origin = 'extracted'

    def __init__(self, extractor, layout):
        if extractor.layout != layout.name:
            raise InputError(
                'config', 'layout', layout.name,
                f'{extractor.layout}, which the extractor gives; other joints come '
                'from a skeleton file')
        self._extractor = extractor

    def __call__(self, source, info):
        """Return (place for messages, index, annotation) of a source."""
        return source.path, 0, self._extractor(source.path)


def skeleton_of(source, info, origin, layout, num_person):
    """Fetch and check a source's skeleton.

    Args:
        source (Media): The video or frame folder.
        info (MediaInfo): What it holds.
        origin (Callable): One of the classes above.
        layout (SkeletonLayout): Joints that the model takes.
        num_person (int): People that the model takes; those of the highest score stay.

    Returns:
        tuple[dict, MediaInfo, list[str]]: An annotation with ``keypoint`` (at most num_person x T x
        V x 2), ``keypoint_score``, ``img_shape`` and ``total_frames``, without a label; the
        source's information, with the frames that decode where these turn out to be others; and
        what the extractor noted.

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
        info = replace(info, frames=sum(1 for _ in Frames(source)))
    if abs(total - info.frames) > _SLACK:
        raise InputError(place, f'{check.place(index, checked)}.total_frames', total,
                         f'{info.frames}, the frames of {source.path}')
    keep = ('keypoint', 'keypoint_score', 'img_shape', 'original_shape', 'total_frames')
    notes = list(annotation.get('notes', ())) if origin.origin == 'extracted' else []
    return {key: checked[key] for key in keep}, info, notes


def people_found(skeleton, frames=slice(None)):
    """Return the number of people with a joint in those frames."""
    return int((np.nan_to_num(skeleton['keypoint_score'][:, frames]) > 0).any((1, 2)).sum())
