"""From live frames to answers: windows over the newest frames, as many as there is time for."""
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from ...errors import InputError
from ...media import Media, MediaInfo, grey_frames
from ..model import LoadedModel
from ..records import Skeleton, Subject
from ..result import Recognition
from ..skeletons import NO_PERSON
from ..windows import Window
from .latest import LatestFrames, Taken, Turns
from .people import People
from .source import Clock, LiveSource

_MEMORY = 3.  # seconds over which speeds are measured


@dataclass(frozen=True)
class LiveOptions:
    """How to look at what is being filmed.

    Attributes:
        window: Seconds of a window.
        stride: Seconds between windows, at least; a slow model takes longer.
        smooth: Seconds over which scores are averaged; 0: each window by itself.

    Raises:
        InputError: A length is not above 0.
    """
    window: float = 2.
    stride: float = 0.5
    smooth: float = 0.

    def __post_init__(self) -> None:
        for name, value in (('window', self.window), ('stride', self.stride)):
            if not value > 0:
                raise InputError('live', name, value, 'more than 0 seconds')


@dataclass(frozen=True, eq=False)
class LiveView:
    """What is to be shown of a frame.

    Attributes:
        image: The newest frame, H x W x 3 uint8 RGB.
        people: In its pixels, N x V x 3.
        answer: The newest answer; None before the first window is full.
        is_new: Whether the answer is of this frame.
        seconds: Since the beginning.
        latency: From when the answer's last frame was filmed until it was there, seconds.
        windows_per_second, frames_per_second: Of the last seconds: answers, frames that came.
        dropped: Frames that were wanted and could not wait.
    """
    image: np.ndarray
    people: np.ndarray
    answer: Recognition | None
    is_new: bool
    seconds: float
    latency: float
    windows_per_second: float
    frames_per_second: float
    dropped: int


def recognize_live(source: LiveSource, model: LoadedModel, people: People, options: LiveOptions,
                   clock: Clock | None = None) -> Iterator[LiveView]:
    """Recognize what is being filmed, at real speed.

    A thread reads all frames. Of those that come while the model works only the newest wait, so
    that an answer is always of now: a slow model gives fewer answers, never late ones.

    Args:
        source: What is being filmed.
        model: The model.
        people: Where skeletons come from.
        options: How.
        clock: Defaults to None: the system's.

    Yields:
        What to show, whenever frames came; once the first window is full, with an answer. Of a
        file that is shorter than a window there is one answer, at its end.

    Raises:
        InputError: The source is lost, or does not fit the model.
    """
    clock = clock or Clock()
    sampled = len(set(model.pipeline.sample(1000)['frame_inds'].tolist()))
    # About twice the frames of a clip a window; a whole number a stride, so that no answer waits.
    per_answer = max(1, round(2 * sampled / options.window * options.stride))
    rate = per_answer / options.stride
    most = int(np.ceil(options.window * rate)) if people.waits else 1
    look = _Look(source.name, model, people, options, clock, per_answer)
    look.warm_up()
    with LatestFrames(source.frames(clock), most, rate) as latest:
        for taken in latest:
            for frame in taken:
                look.add(frame)
            yield look.view(latest, look.is_due())
        if look.answer is None:
            yield look.view(latest, True)


class _Look:
    """The frames of a window, and what was said of them."""

    def __init__(self, name: str, model: LoadedModel, people: People, options: LiveOptions,
                 clock: Clock, per_answer: int) -> None:
        self.answer: Recognition | None = None
        self._media = Media(name, name)
        self._model, self._people, self._options, self._clock = model, people, options, clock
        self._frames: deque[tuple[Taken, np.ndarray]] = deque()
        self._scores: deque[tuple[float, np.ndarray]] = deque()
        self._history: deque[tuple[float, int]] = deque()  # time and frames so far, of answers
        self._per_answer, self._turns = per_answer, Turns(per_answer)
        self._start = self._latency = 0.

    def warm_up(self) -> None:
        """Run the model once: its first pass takes many times as long as others."""
        black = Taken(0, 0., np.zeros((240, 320, 3), np.uint8), 0)
        self._recognize([black], np.zeros((1, 1, len(self._model.layout), 3), np.float32))

    def add(self, frame: Taken) -> None:
        """Take a frame in, and forget those that a window no longer reaches."""
        if self._frames and self._frames[-1][0].image.shape != frame.image.shape:
            self._frames.clear()  # a camera that was turned
        if not self._frames and self.answer is None:
            self._start = frame.time
        self._frames.append((frame, self._people.see(frame)))
        while self._frames[0][0].time < frame.time - self._options.window:
            self._frames.popleft()

    def is_due(self) -> bool:
        """Say whether the frames fill a window, and the newest is the first in an answer's turn."""
        newest, options = self._frames[-1][0], self._options
        a_frame = options.stride / self._per_answer
        full = newest.time - self._start >= options.window - 1.5 * a_frame
        return full and self._turns.take(newest.turn) is not None

    def view(self, latest: LatestFrames, due: bool) -> LiveView:
        """Return what to show, with an answer where one is due."""
        frame, seen = self._frames[-1]
        if due:
            frames = [taken for taken, _ in self._frames]
            people = self._people.over(frames, [seen for _, seen in self._frames])
            self.answer = self._smoothed(self._recognize(frames, people), frame.time)
            now = self._clock.now()
            self._latency = now - frame.time
            self._history.append((now, latest.read))
            while len(self._history) > 2 and self._history[0][0] < now - _MEMORY:
                self._history.popleft()
        windows, rate = self._speeds()
        return LiveView(frame.image, seen, self.answer, due, frame.time - self._start,
                        self._latency, windows, rate, latest.dropped)

    def _speeds(self) -> tuple[float, float]:
        if len(self._history) < 2:
            return 0., 0.
        (first, before), (last, after) = self._history[0], self._history[-1]
        seconds = max(last - first, 1e-9)
        return (len(self._history) - 1) / seconds, (after - before) / seconds

    def _recognize(self, frames: Sequence[Taken], people: np.ndarray) -> Recognition:
        model, count = self._model, len(frames)
        height, width = size = frames[0].image.shape[0], frames[0].image.shape[1]
        steps = [after.time - before.time for before, after in pairwise(frames)]
        fps = Fraction(1 / max(float(np.mean(steps or 1)), 1e-3)).limit_denominator(1001)
        skeleton = Skeleton(people[..., :2], people[..., 2], size, size, count, 'live')
        notes = model.modality_notes
        if model.modality != 'rgb' and not skeleton.people():
            notes = (*notes, NO_PERSON if model.modality == 'both' else 'no person here')
        subject = Subject(source=self._media, info=MediaInfo(count, height, width, fps),
                          skeleton=skeleton, notes=notes)
        sampled = model.pipeline.sample(count)
        images = ([frame.image
                   for frame in frames] if model.modality != 'pose' else grey_frames(count, size))
        # Copies: steps of a pipeline may write into a frame, which other windows have, too.
        window = Window(0, count, [images[index].copy() for index in sampled['frame_inds']])
        scored, = model.score([model.pipeline.of_window(subject, window, sampled)])
        return subject.grow(Recognition, scores=scored.scores, classes=model.classes,
                            layout=model.layout, modality=model.modality,
                            trained_on=model.trained_on)

    def _smoothed(self, answer: Recognition, now: float) -> Recognition:
        self._scores.append((now, answer.scores))
        while self._scores[0][0] < now - self._options.smooth:
            self._scores.popleft()
        return replace(answer, scores=np.mean([scores for _, scores in self._scores], axis=0))
