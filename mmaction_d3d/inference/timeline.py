"""Scores over time: smoothed, and cut into segments of one class."""
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypedDict

import numpy as np

from ..media import MediaInfo


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


class Segment(TypedDict):
    """A stretch of one class: its times in seconds, its number and its mean score."""
    start: float
    end: float
    label: int
    score: float


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
    """
    info: MediaInfo
    length: int
    stride: int
    smooth: int
    windows: tuple[WindowScores, ...]

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
        return np.append(np.arange(0, self.info.frames, self.stride), self.info.frames)

    def cell_centres(self) -> np.ndarray:
        """Middles of the cells in frames."""
        bounds = self.cells()
        return (bounds[:-1] + bounds[1:]) / 2

    def scores_at(self, frame: int) -> np.ndarray:
        """Smoothed scores of a frame."""
        return self.smoothed[min(frame // self.stride, len(self.smoothed) - 1)]

    def people_at(self, frame: int) -> int:
        """People found in the window whose centre is nearest to a frame."""
        return self.windows[np.abs(self._centres - frame - 0.5).argmin()].people

    def mean_scores(self) -> np.ndarray:
        """Mean over the cells, each as long as it lasts."""
        return np.average(self.smoothed, axis=0, weights=np.diff(self.cells()))

    def segments(self) -> list[Segment]:
        """Cut where the best class changes."""
        best, bounds = self.smoothed.argmax(1), self.cells() / float(self.info.fps)
        cuts = [0, *(np.flatnonzero(np.diff(best)) + 1), len(best)]
        return [
            Segment(start=float(bounds[first]), end=float(bounds[stop]), label=int(best[first]),
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
