"""A source on its way through inference: its people, itself with them, or why it fails."""
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np

from ..errors import InputError
from ..media import Media, MediaInfo

Kind = TypeVar('Kind', bound='Step')


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A source's people, of whom at most ``num_person`` are kept.

    Attributes:
        keypoint: M x T x V x 2, in pixels of ``img_shape``.
        keypoint_score: M x T x V, 0 where nobody is.
        img_shape, original_shape: Height and width.
        total_frames: T.
        origin: ``'pickle'``, ``'arrays'``, ``'extracted'``, or ``'none'`` where none is read.
    """
    keypoint: np.ndarray
    keypoint_score: np.ndarray
    img_shape: tuple[int, int]
    original_shape: tuple[int, int]
    total_frames: int
    origin: str

    def people(self, frames: slice = slice(None)) -> int:
        """Count the people with a joint in those frames."""
        return int((np.nan_to_num(self.keypoint_score[:, frames]) > 0).any((1, 2)).sum())

    def fields(self, start: int = 0, stop: int | None = None) -> dict[str, Any]:
        """Give a pipeline the frames from ``start`` to ``stop``; the last stands in beyond it."""
        stop = self.total_frames if stop is None else stop
        frames = np.minimum(np.arange(start, stop), self.total_frames - 1)
        return dict(keypoint=self.keypoint[:, frames].astype(np.float32),
                    keypoint_score=self.keypoint_score[:, frames].astype(np.float32),
                    img_shape=self.img_shape, original_shape=self.original_shape,
                    total_frames=stop - start)


@dataclass(frozen=True)
class Track:
    """A person of a video.

    Attributes:
        number: Place on the first axis of the skeleton's arrays.
        first, last: Frames where the person is seen first and last.
        seen: In how many frames.
    """
    number: int
    first: int
    last: int
    seen: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """A source on its way.

    Attributes:
        source: The video or frame folder.
        seconds: Time by step.
        track: The one of its people whom this is about. None: all.
    """
    source: Media
    seconds: Mapping[str, float] = field(default_factory=dict)
    track: Track | None = None

    @property
    def name(self) -> str:
        """Its path below the input that it was found in, without suffix."""
        return self.source.names['frame_dir']

    def grow(self, kind: type[Kind], **values: Any) -> Kind:
        """Make the record of the next step of this one's values and further ones."""
        names = {entry.name for entry in fields(kind)}
        carried = {
            entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name in names
        }
        return kind(**{**carried, **values})


@dataclass(frozen=True, eq=False, kw_only=True)
class Failure(Step):
    """A source that cannot be used, and why."""
    error: InputError


@dataclass(frozen=True, eq=False, kw_only=True)
class Subject(Step):
    """A source with its people.

    Attributes:
        info: Its length, size and speed.
        skeleton: Its people.
        notes: What a user should know of the answer.
        alone: Each of its people alone, where an answer for each was asked for.
        images: Its sampled frames by number, where they were decoded for all of its people.
    """
    info: MediaInfo
    skeleton: Skeleton
    notes: tuple[str, ...] = ()
    alone: tuple['Subject', ...] = ()
    images: Mapping[int, np.ndarray] | None = None
