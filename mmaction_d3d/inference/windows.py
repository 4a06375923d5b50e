"""Windows over a long video, and their scores; only the frames that they sample are held."""
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError
from ..media import MediaInfo


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

    def in_frames(self, info: MediaInfo) -> tuple[int, int, int]:
        """Return window, stride and smoothing in frames of a video."""
        stride = self.window / 2 if self.stride is None else self.stride
        smooth = self.window if self.smooth is None else self.smooth
        length, stride, smooth = (max(1, round(seconds * info.fps)) if seconds else 0
                                  for seconds in (self.window, stride, smooth))
        return min(length, info.frames), stride, smooth


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
        total: Frames of the stream.
        length: Frames a window; cut to ``total``.
        stride: Frames from one window to the next. A last window ends with the stream.
        inds: Frames that a window is sampled at, from its own start.

    Attributes:
        most_held: The largest number of frames that were in memory at once.
        decoded: Frames that the stream gave.
    """
    total: int
    length: int
    stride: int
    inds: np.ndarray
    most_held: int = field(default=0, init=False)
    decoded: int = field(default=0, init=False)

    def __len__(self) -> int:
        return max(0, -(-(self.total - self.length) // self.stride)) + 1

    def starts(self) -> Iterator[int]:
        """First frames of the windows."""
        last = max(self.total - self.length, 0)
        for index in range(len(self)):
            yield min(index * self.stride, last)

    def read(self, frames: Iterator[Callable[[], np.ndarray]]) -> Iterator[Window]:
        """Cut.

        Args:
            frames: A function for each frame that gives its RGB array. Where
                it ends early, its last frame stands in for the rest of the windows it is in.
        """
        offsets = set(self.inds.tolist())
        waiting = self.starts()
        open_starts: deque[int] = deque()
        images: dict[int, np.ndarray] = {}
        upcoming: int | None = next(waiting)
        index = -1
        latest: Callable[[], np.ndarray] | None = None
        for index, to_rgb in enumerate(frames):
            latest, self.decoded = to_rgb, index + 1
            while upcoming == index:
                open_starts.append(upcoming)
                upcoming = next(waiting, None)
            if any(index - start in offsets for start in open_starts):
                images[index] = to_rgb()
                self.most_held = max(self.most_held, len(images))
            while open_starts and index == open_starts[0] + self.length - 1:
                yield self._close(open_starts.popleft(), images)
                self._forget(images, open_starts, offsets)
        if latest is None:
            raise InputError('video', 'frames', 'none', 'a video that can be decoded')
        for start in open_starts:
            for offset in offsets:
                if start + offset > index:
                    images[start + offset] = latest()
            yield self._close(start, images)

    def _close(self, start: int, images: dict[int, np.ndarray]) -> Window:
        # Copies: steps of a pipeline may write into a frame that another window has too.
        return Window(start, min(start + self.length, self.total),
                      [images[start + offset].copy() for offset in self.inds.tolist()])

    @staticmethod
    def _forget(images: dict[int, np.ndarray], open_starts: deque[int], offsets: set[int]) -> None:
        for index in [i for i in images if not any(i - start in offsets for start in open_starts)]:
            del images[index]


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
        length, stride, smooth: In frames.
        windows: In the order of time, at least one.
        span: The first frame that it tells of, and the one after the last. Defaults to None, all.
    """
    info: MediaInfo
    length: int
    stride: int
    smooth: int
    windows: tuple[WindowScores, ...]
    span: tuple[int, int] | None = None

    @cached_property
    def _centres(self) -> np.ndarray:
        return np.array([(window.start + window.stop) / 2 for window in self.windows])

    @cached_property
    def smoothed(self) -> np.ndarray:
        """Smoothed scores, cells x classes."""
        scores = np.stack([window.scores for window in self.windows])
        return smooth_scores(scores, self._centres, self.cell_centres(), self.smooth)

    def cells(self) -> np.ndarray:
        """Bounds of the cells in frames, n + 1 numbers."""
        first, stop = self.span or (0, self.info.frames)
        return np.append(np.arange(first, stop, self.stride), stop)

    def cell_centres(self) -> np.ndarray:
        """Middles of the cells in frames."""
        bounds = self.cells()
        return (bounds[:-1] + bounds[1:]) / 2

    def scores_at(self, frame: int) -> np.ndarray:
        """Smoothed scores of a frame."""
        first = self.span[0] if self.span else 0
        return self.smoothed[min(max(frame - first, 0) // self.stride, len(self.smoothed) - 1)]

    def people_at(self, frame: int) -> int:
        """People found in the window whose centre is nearest to a frame."""
        return self.windows[np.abs(self._centres - frame - 0.5).argmin()].people

    def mean_scores(self) -> np.ndarray:
        """Mean over the cells, each as long as it lasts."""
        return np.average(self.smoothed, axis=0, weights=np.diff(self.info.time_of(self.cells())))

    def segments(self) -> list[dict[str, Any]]:
        """Cut where the best class changes.

        Returns:
            ``start`` and ``end`` in seconds, ``label``, and ``score``, its mean, of each stretch.
        """
        best, bounds = self.smoothed.argmax(1), self.info.time_of(self.cells())
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
