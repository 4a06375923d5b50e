"""Windows over a long video, and their scores; only the frames that they sample are held."""
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError
from ..media import MediaInfo

_NEAR = 1e-6  # seconds, or frames: what numbers are rounded by is no time


@dataclass(frozen=True)
class WindowLengths:
    """How a long video is cut.

    Attributes:
        window: Seconds.
        stride: Seconds between windows. Defaults to None: half a window.
        smooth: Seconds over which scores are averaged. Defaults to None: a window.

    Raises:
        InputError: A length is not above 0, or the stride is longer than the window.
    """
    window: float
    stride: float | None = None
    smooth: float | None = None

    def __post_init__(self) -> None:
        for name, value in (('window', self.window), ('stride', self.stride)):
            if value is not None and not value > 0:
                raise InputError('windows', name, value, 'more than 0 seconds')
        if self.smooth is not None and not self.smooth >= 0:
            raise InputError('windows', 'smooth', self.smooth, '0 seconds or more')
        if self.stride is not None and self.stride > self.window:
            raise InputError(
                'windows', 'stride', f'{self.stride} s', f'{self.window} s, the window, or '
                'less: between windows nothing would be seen')

    def of(self, info: MediaInfo) -> 'Lengths':
        """Return window, stride and smoothing as a video's frames come: see :class:`Lengths`."""
        stride = self.window / 2 if self.stride is None else self.stride
        smooth = self.window if self.smooth is None else self.smooth
        if info.times is not None:
            return Lengths(min(self.window, float(np.ptp(info.times))), stride, smooth)
        length, stride, smooth = (max(1, round(seconds * info.fps)) if seconds else 0
                                  for seconds in (self.window, stride, smooth))
        return Lengths(min(length, info.frames), stride, smooth)


def window_lengths(window: float | None, stride: float | None, smooth: float | None,
                   share_features: bool) -> WindowLengths | None:
    """Return how a video is cut, as a caller says; None where it is one clip.

    Raises:
        InputError: There is no window, but what windows alone have.
    """
    if window is not None:
        return WindowLengths(window, stride, smooth)
    if stride is not None or smooth is not None or share_features:
        raise InputError('inference', 'window', 'nothing',
                         'seconds, with stride, smooth or share_features')
    return None


class Lengths(NamedTuple):
    """Lengths in frames of a video; in seconds where these do not come at one rate.

    Attributes:
        window: Of a window.
        stride: From one window to the next.
        smooth: Over which scores are averaged.
    """
    window: float
    stride: float
    smooth: float

    def spans(self, info: MediaInfo) -> list[tuple[int, int]]:
        """Return the first frame of each window, and the one after its last, in order.

        A last window ends with the video. Where frames do not come at one rate a window has those
        that are shown in its time, the one that is there when it begins among them.
        """
        first, last = _along(info, np.array([0, info.frames]))
        count = int(max(0, np.ceil((last - first - self.window) / self.stride - _NEAR))) + 1
        starts = np.minimum(first + self.stride * np.arange(count), last - self.window)
        if info.times is None:
            return [(int(start), int(start + self.window)) for start in starts]
        begins = np.searchsorted(info.times[:-1], starts + _NEAR, 'right') - 1
        stops = np.searchsorted(info.times[:-1], starts + self.window - _NEAR, 'left')
        begins = np.maximum(begins, 0)
        # A still picture may be all that several windows show.
        return list(dict.fromkeys(zip(begins.tolist(), np.maximum(stops, begins + 1).tolist())))

    def bounds(self, info: MediaInfo, first: int, stop: int) -> np.ndarray:
        """Return the frames at which a stretch of frames is cut into cells of one stride."""
        if info.times is None:
            return np.append(np.arange(first, stop, self.stride), stop)
        times = np.arange(info.times[first], info.times[stop] - _NEAR, self.stride)
        return np.unique([*np.searchsorted(info.times[:stop], times - _NEAR, 'left'), stop])


def _along(info: MediaInfo, frames: np.ndarray) -> np.ndarray:
    """Return where frames lie in the unit of :class:`Lengths`."""
    return frames if info.times is None else info.time_of(frames)


@dataclass(frozen=True, eq=False)
class Window:
    """A stretch of a long video.

    Attributes:
        start, stop: Its first frame, and the one after its last.
        images: The sampled frames, in their order.
    """
    start: int
    stop: int
    images: list[np.ndarray]


@dataclass
class WindowReader:
    """Cuts a stream of frames into overlapping windows and holds only what they still need.

    Args:
        spans: Of :meth:`Lengths.spans`.
        sample: Frames that a window of so many frames is sampled at, from its own start.

    Attributes:
        most_held: The largest number of frames that were in memory at once.
        decoded: Frames that the stream gave.
    """
    spans: Sequence[tuple[int, int]]
    sample: Callable[[int], np.ndarray]
    most_held: int = field(default=0, init=False)
    decoded: int = field(default=0, init=False)

    def __len__(self) -> int:
        return len(self.spans)

    def read(self, frames: Iterator[Callable[[], np.ndarray]]) -> Iterator[Window]:
        """Cut.

        Args:
            frames: A function for each frame that gives its RGB array. Where
                it ends early, its last frame stands in for the rest of the windows it is in.
        """
        waiting = iter(self.spans)
        opened: deque[tuple[tuple[int, int], frozenset[int]]] = deque()
        images: dict[int, np.ndarray] = {}
        upcoming = next(waiting, None)
        index = -1
        latest: Callable[[], np.ndarray] | None = None
        for index, to_rgb in enumerate(frames):
            latest, self.decoded = to_rgb, index + 1
            while upcoming is not None and upcoming[0] == index:
                opened.append((upcoming, frozenset(self._frames(*upcoming))))
                upcoming = next(waiting, None)
            if any(index in sampled for _, sampled in opened):
                images[index] = to_rgb()
                self.most_held = max(self.most_held, len(images))
            while opened and index == opened[0][0][1] - 1:
                yield self._close(opened.popleft()[0], images)
                for old in [
                        old for old in images if not any(old in sampled for _, sampled in opened)
                ]:
                    del images[old]
        if latest is None:
            raise InputError('video', 'frames', 'none', 'a video that can be decoded')
        for span, sampled in opened:
            images.update({beyond: latest() for beyond in sampled if beyond > index})
            yield self._close(span, images)

    def _frames(self, start: int, stop: int) -> list[int]:
        """Frames of the stream that a window is sampled at, in its order."""
        return (start + self.sample(stop - start)).tolist()

    def _close(self, span: tuple[int, int], images: dict[int, np.ndarray]) -> Window:
        # Copies: steps of a pipeline may write into a frame that another window has too.
        return Window(*span, [images[frame].copy() for frame in self._frames(*span)])


class WindowScores(NamedTuple):
    """What the model says of a window.

    Attributes:
        start, stop: First frame, and the one after the last.
        scores: Of each class, float32.
        people: People found in it.
    """
    start: int
    stop: int
    scores: np.ndarray
    people: int


@dataclass(frozen=True, eq=False)
class Timeline:
    """Scores of windows, and what they say of each moment.

    The score at a time is the mean over the windows whose centre is within half of ``smooth`` of
    it; where ``smooth`` is the window's length, these are the windows that hold it. Where there is
    none, the nearest window's is taken. Times are looked at in cells of one stride.

    Attributes:
        info: Of the video.
        lengths: Of windows, stride and smoothing.
        windows: In the order of time, at least one.
        span: The first frame that it tells of, and the one after the last. Defaults to None, all.
    """
    info: MediaInfo
    lengths: Lengths
    windows: tuple[WindowScores, ...]
    span: tuple[int, int] | None = None

    @cached_property
    def _centres(self) -> np.ndarray:
        return self._middles(np.array([(window.start, window.stop) for window in self.windows]).T)

    def _middles(self, bounds: Iterable[np.ndarray]) -> np.ndarray:
        """Return the middles of stretches, by their first frames and those after their last."""
        first, stop = (_along(self.info, frames) for frames in bounds)
        return (first + stop) / 2

    @cached_property
    def smoothed(self) -> np.ndarray:
        """Smoothed scores, cells x classes."""
        scores = np.stack([window.scores for window in self.windows])
        centres = self._middles((self.cells[:-1], self.cells[1:]))
        return smooth_scores(scores, self._centres, centres, self.lengths.smooth)

    @cached_property
    def cells(self) -> np.ndarray:
        """Bounds of the cells in frames, n + 1 numbers."""
        return self.lengths.bounds(self.info, *(self.span or (0, self.info.frames)))

    def scores_at(self, frame: int) -> np.ndarray:
        """Smoothed scores of a frame."""
        cell = np.searchsorted(self.cells, frame, 'right') - 1
        return self.smoothed[np.clip(cell, 0, len(self.smoothed) - 1)]

    def people_at(self, frame: float) -> int:
        """People found in the window whose centre is nearest to a frame."""
        middle = _along(self.info, np.asarray(frame + 0.5))
        return self.windows[np.abs(self._centres - middle).argmin()].people

    def in_seconds(self) -> Lengths:
        """Return the lengths in seconds."""
        rate = 1. if self.info.times is not None else float(self.info.fps)
        return Lengths(*(length / rate for length in self.lengths))

    def mean_scores(self) -> np.ndarray:
        """Mean over the cells, each as long as it lasts."""
        return np.average(self.smoothed, axis=0, weights=np.diff(self.info.time_of(self.cells)))

    def segments(self) -> list[dict[str, Any]]:
        """Cut where the best class changes.

        Returns:
            ``start`` and ``end`` in seconds, ``label``, and ``score``, its mean, of each stretch.
        """
        best, bounds = self.smoothed.argmax(1), self.info.time_of(self.cells)
        cuts = [0, *(np.flatnonzero(np.diff(best)) + 1), len(best)]
        return [
            dict(start=float(bounds[first]), end=float(bounds[stop]), label=int(best[first]),
                 score=float(self.smoothed[first:stop, best[first]].mean()))
            for first, stop in zip(cuts, cuts[1:])
        ]


def smooth_scores(scores: np.ndarray, centres: np.ndarray, times: np.ndarray,
                  width: float) -> np.ndarray:
    """Mean of the scores whose centre is within half a width of each time.

    Args:
        scores: N x C.
        centres: N, in order.
        times: M.
        width: In the unit of both; where no centre is near, the nearest one's is taken.

    Returns:
        M x C float32.
    """
    first = np.searchsorted(centres, times - width / 2, 'left')
    stop = np.searchsorted(centres, times + width / 2, 'right')
    alone = np.flatnonzero(stop == first)
    for index in alone:
        first[index] = np.abs(centres - times[index]).argmin()
        stop[index] = first[index] + 1
    total = np.concatenate([np.zeros((1, scores.shape[1])), np.cumsum(scores, 0, np.float64)])
    return ((total[stop] - total[first]) / (stop - first)[:, None]).astype(np.float32)
