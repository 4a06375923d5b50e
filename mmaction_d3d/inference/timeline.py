"""Scores over time: smoothed, and cut into segments of one class."""
import numpy as np


class Timeline:
    """Scores of windows, and what they say of each moment.

    The score at a time is the mean over the windows whose centre is within half of ``smooth`` of
    it; where ``smooth`` is the window's length, these are the windows that hold it. Where there is
    none, the nearest window's is taken. Times are looked at in cells of one stride.

    Args:
        info (MediaInfo): Of the video.
        length, stride, smooth (int): In frames.

    Attributes:
        windows (list[tuple]): (first frame, frame after the last, scores, people found).
    """

    def __init__(self, info, length, stride, smooth):
        self.info = info
        self.length, self.stride, self.smooth = length, stride, smooth
        self.windows = []

    def add(self, start, stop, scores, people):
        """Append a window, in the order of time."""
        self.windows.append((start, stop, scores.astype(np.float32), people))

    def close(self):
        """Smooth, once all windows are there."""
        self._centres = np.array([(start + stop) / 2 for start, stop, _, _ in self.windows])
        self._people = np.array([people for *_, people in self.windows])
        scores = np.stack([scores for _, _, scores, _ in self.windows])
        self.smoothed = smooth_scores(scores, self._centres, self.cell_centres(), self.smooth)

    def cells(self):
        """Bounds of the cells in frames, n + 1 numbers."""
        return np.append(np.arange(0, self.info.frames, self.stride), self.info.frames)

    def cell_centres(self):
        """Middles of the cells in frames."""
        bounds = self.cells()
        return (bounds[:-1] + bounds[1:]) / 2

    def scores_at(self, frame):
        """Smoothed scores of a frame."""
        return self.smoothed[min(frame // self.stride, len(self.smoothed) - 1)]

    def people_at(self, frame):
        """People found in the window whose centre is nearest to a frame."""
        return int(self._people[np.abs(self._centres - frame - 0.5).argmin()])

    def mean_scores(self):
        """Mean over the cells, each as long as it lasts."""
        return np.average(self.smoothed, axis=0, weights=np.diff(self.cells()))

    def segments(self):
        """Cut where the best class changes.

        Returns:
            list[dict]: ``start`` and ``end`` in seconds, ``label``, and ``score``, its mean.
        """
        best, bounds = self.smoothed.argmax(1), self.cells() / float(self.info.fps)
        cuts = [0, *(np.flatnonzero(np.diff(best)) + 1), len(best)]
        return [
            dict(start=float(bounds[first]), end=float(bounds[stop]), label=int(best[first]),
                 score=float(self.smoothed[first:stop, best[first]].mean()))
            for first, stop in zip(cuts, cuts[1:])
        ]


def smooth_scores(scores, centres, times, width):
    """Mean of the scores whose centre is within half a width of each time.

    Args:
        scores (np.ndarray): N x C.
        centres (np.ndarray): N, in order.
        times (np.ndarray): M.
        width (float): In the unit of both; where no centre is near, the nearest one's is taken.

    Returns:
        np.ndarray: M x C float32.
    """
    first = np.searchsorted(centres, times - width / 2, 'left')
    stop = np.searchsorted(centres, times + width / 2, 'right')
    alone = np.flatnonzero(stop == first)
    for index in alone:
        first[index] = np.abs(centres - times[index]).argmin()
        stop[index] = first[index] + 1
    total = np.concatenate([np.zeros((1, scores.shape[1])), np.cumsum(scores, 0, np.float64)])
    return ((total[stop] - total[first]) / (stop - first)[:, None]).astype(np.float32)
