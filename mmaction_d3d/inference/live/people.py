"""The skeletons of live frames: known of a file, or found as the frames come."""
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ...errors import InputError
from ...extraction import SkeletonExtractor
from ...skeletons import SkeletonLayout, link_people
from ..model import LoadedModel
from ..records import Skeleton
from ..skeletons import ExtractedSkeletons, Origin, skeleton_of
from .latest import Taken
from .source import LiveSource, PlayedFile


class People(Protocol):
    """Skeletons of live frames.

    Attributes:
        waits: Whether all wanted frames can wait for it; else it gets the newest alone.
    """
    waits: bool

    def see(self, frame: Taken) -> np.ndarray:
        """Return the people of a frame as it comes, N x V x 3: x, y in its pixels, score."""

    def over(self, frames: Sequence[Taken], seen: Sequence[np.ndarray]) -> np.ndarray:
        """Return people over frames, M x T x V x 3, from what :meth:`see` gave of each."""


class NoPeople:
    """Nobody, for a model that gets RGB alone."""
    waits = True

    def __init__(self, layout: SkeletonLayout) -> None:
        self._joints = len(layout)

    def see(self, frame: Taken) -> np.ndarray:
        return np.zeros((1, self._joints, 3), np.float32)

    def over(self, frames: Sequence[Taken], seen: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack(seen, 1)


class KnownPeople:
    """Those of a file's frames, by their numbers.

    Args:
        skeleton: Of all frames.
        size: Height and width of the frames.
    """
    waits = True

    def __init__(self, skeleton: Skeleton, size: tuple[int, int]) -> None:
        scale = np.divide(size, skeleton.img_shape)[::-1]
        self._people = np.concatenate(
            [skeleton.keypoint * scale, skeleton.keypoint_score[..., None]],
            axis=-1).astype(np.float32)

    def see(self, frame: Taken) -> np.ndarray:
        return self._people[:, min(frame.index, self._people.shape[1] - 1)]

    def over(self, frames: Sequence[Taken], seen: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack(seen, 1)


class FoundPeople:
    """Those whom an extractor finds in each frame that it has the time for.

    Args:
        extractor: The extractor.
        num_person: People to keep.
    """
    waits = False

    def __init__(self, extractor: SkeletonExtractor, num_person: int) -> None:
        self._extractor, self._num_person = extractor, num_person

    def see(self, frame: Taken) -> np.ndarray:
        return self._extractor.people_in(frame.image)

    def over(self, frames: Sequence[Taken], seen: Sequence[np.ndarray]) -> np.ndarray:
        joints = seen[0].shape[1]
        return link_people(dict(enumerate(seen)), len(seen), joints, self._num_person)[0]


def people_of(source: LiveSource, origin: Origin | SkeletonExtractor | None,
              model: LoadedModel) -> People:
    """Choose where the skeletons of a source come from.

    Args:
        source: The source.
        origin: A pickle, which knows the frames of files alone, or an extractor.
        model: Whose people they are.

    Raises:
        InputError: The pickle does not know the source, or there is neither.
    """
    if model.modality == 'rgb':
        return NoPeople(model.layout)
    if isinstance(origin, SkeletonExtractor):
        ExtractedSkeletons(origin, model.layout)  # refuses other joints
        return FoundPeople(origin, model.pipeline.num_person)
    if origin is None or not isinstance(source, PlayedFile):
        raise InputError('command line', '--skeletons', f'none of {source.name}',
                         'an extractor (--backend), as only files have known skeletons')
    skeleton, *_ = skeleton_of(source.media, source.info, origin, model.layout,
                               model.pipeline.num_person)
    return KnownPeople(skeleton, (source.info.height, source.info.width))
