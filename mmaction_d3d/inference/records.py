"""What each step of inference hands to the next; none is changed after it is made."""
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np

from ..errors import InputError
from ..media import Media, MediaInfo
from ..skeletons import SkeletonLayout
from .attention_track import AttentionTrack
from .timeline import Timeline

NO_PERSON = 'no person found: the answer is from RGB alone'
Kind = TypeVar('Kind')


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A source's people, of whom at most ``num_person`` are kept.

    Attributes:
        keypoint: M x T x V x 2, in pixels of ``img_shape``.
        keypoint_score: M x T x V, 0 where nobody is.
        img_shape, original_shape: Height and width.
        total_frames: T.
        origin: ``'pickle'``, ``'arrays'`` or ``'extracted'``.
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


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """A source on its way.

    Attributes:
        source: The video or frame folder.
        seconds: Time by step.
    """
    source: Media
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its path below the input that it was found in, without suffix."""
        return self.source.names['frame_dir']

    def grow(self, kind: type[Kind], **values: Any) -> Kind:
        """Make the record of the next step of this one's values and further ones."""
        names = {entry.name for entry in fields(kind)}
        own = {
            entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name in names
        }
        return kind(**{**own, **values})


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
    """
    info: MediaInfo
    skeleton: Skeleton
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Clip(Subject):
    """A source, or a window of it, as the model takes it.

    Attributes:
        start, stop: First frame, and the one after the last.
        packed: ``inputs`` and ``data_samples`` of the test pipeline.
    """
    start: int
    stop: int
    packed: dict[str, Any]

    @property
    def sizes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the inputs: clips of the same go through the model together."""
        return {key: tuple(tensor.shape) for key, tensor in self.packed['inputs'].items()}


@dataclass(frozen=True, eq=False)
class Scored:
    """What the model says of a clip.

    Attributes:
        scores: Of each class.
        attention: What :func:`.attention_track.clip_attention` gives, where it was asked for.
    """
    scores: np.ndarray
    attention: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Recognition(Subject):
    """An answer.

    Attributes:
        scores: Score of each class; of windows, their mean.
        classes: Names of the classes, where they are known.
        layout: Joints of the skeleton.
        timeline: Scores over time, of a long video.
        attention: Attention over time, where it was asked for.
        video: The annotated video, where one was drawn.
    """
    scores: np.ndarray
    classes: tuple[str, ...] | None
    layout: SkeletonLayout
    timeline: Timeline | None = None
    attention: AttentionTrack | None = None
    video: str | None = None

    def __post_init__(self) -> None:
        self.scores.flags.writeable = False

    @property
    def index(self) -> int:
        """Number of the best class."""
        return self.top(1)[0]['label']

    @property
    def label(self) -> str:
        """Name of the best class."""
        return self.class_name(self.index)

    @property
    def score(self) -> float:
        """Score of the best class, 0 to 1."""
        return float(self.scores[self.index])

    @property
    def people(self) -> int:
        """People who were found."""
        return self.skeleton.people()

    def top(self, count: int, frame: int | None = None) -> list[dict[str, Any]]:
        """List the best classes, best first: ``label`` (number), ``class`` (name), ``score``.

        Args:
            count: How many.
            frame: The best at that frame. Defaults to None: of all.
        """
        scores = self.scores if frame is None else self.scores_at(frame)
        order = np.argsort(-scores, kind='stable')[:count]
        return [{
            'label': int(index), 'class': self.class_name(index), 'score': float(scores[index])
        } for index in order]

    def class_name(self, index: int) -> str:
        """Name a class, or say its number where names are unknown."""
        return self.classes[index] if self.classes else f'class {index}'

    def scores_at(self, frame: int) -> np.ndarray:
        """Scores to show at a frame."""
        return self.scores if self.timeline is None else self.timeline.scores_at(frame)

    def notes_at(self, frame: int) -> tuple[str, ...]:
        """Note what to show at a frame."""
        if self.timeline is None or NO_PERSON in self.notes or self.timeline.people_at(frame):
            return self.notes
        return (*self.notes, NO_PERSON)
