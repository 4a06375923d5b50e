"""Windows over a stream of frames, of which only those that a window samples are held."""
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError


@dataclass
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

    def __len__(self):
        return max(0, -(-(self.total - self.length) // self.stride)) + 1

    def starts(self):
        """First frames of the windows."""
        last = max(self.total - self.length, 0)
        for index in range(len(self)):
            yield min(index * self.stride, last)

    def read(self, frames) -> Iterator[Window]:
        """Cut.

        Args:
            frames (Iterator[Callable]): A function for each frame that gives its RGB array. Where
                it ends early, its last frame stands in for the rest of the windows it is in.
        """
        offsets = set(self.inds.tolist())
        waiting, open_starts, images = self.starts(), deque(), {}
        upcoming: int | None = next(waiting)
        index, latest = -1, None
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

    def _close(self, start, images: dict[int, np.ndarray]):
        # Copies: steps of a pipeline may write into a frame that another window has too.
        return Window(start, min(start + self.length, self.total),
                      [images[start + offset].copy() for offset in self.inds.tolist()])

    @staticmethod
    def _forget(images, open_starts, offsets):
        for index in [i for i in images if not any(i - start in offsets for start in open_starts)]:
            del images[index]
