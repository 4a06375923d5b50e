"""The newest frames of a source: what nobody takes in time is dropped."""
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .source import LiveFrame


@dataclass(frozen=True, eq=False)
class Taken:
    """A frame that was taken.

    Attributes:
        index, time: As of :class:`.source.LiveFrame`.
        image: H x W x 3 uint8 RGB.
        turn: Its number in :class:`Turns` of the rate that is wanted.
    """
    index: int
    time: float
    image: np.ndarray
    turn: int


class Turns:
    """Cuts time into turns of equal length, each of which belongs to what comes first in it.

    They are counted from what came first of all, so that what is late puts nothing off.

    Args:
        length: Of a turn.
        slack: How much earlier than its turn something may come.
    """

    def __init__(self, length: float, slack: float = 0.) -> None:
        self._length, self._slack = length, slack
        self._first, self._last = np.nan, -1

    def take(self, time: float) -> int | None:
        """Return the number of a time's turn, or None where something came in it before."""
        if np.isnan(self._first):
            self._first = time
        turn = int((time - self._first + self._slack) // self._length)
        if turn <= self._last:
            return None
        self._last = turn
        return turn


class LatestFrames:
    """Reads a source in a thread, to be used in a ``with`` statement.

    Args:
        frames: Of the source, at real speed; drawn in the thread alone.
        most: How many frames may wait; the oldest is dropped for a newer one.
        rate: Frames a second that are wanted. Others are passed over, and never become RGB. Those
            of a camera shake: a quarter of a turn early is in time.

    Attributes:
        read: Frames that came, so far.
        dropped: Those of them that the source skipped, or that were wanted and waited until newer
            ones took their place.
    """

    def __init__(self, frames: Iterator[LiveFrame], most: int, rate: float) -> None:
        self.read = self.dropped = 0
        self._frames, self._turns = frames, Turns(1 / rate, slack=1 / rate / 4)
        self._waiting: deque[Taken] = deque(maxlen=most)
        self._news, self._ended, self._stopped = threading.Condition(), False, False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._draw, daemon=True)

    def __enter__(self) -> 'LatestFrames':
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        # A camera that gives nothing would keep it: the thread ends with the process then.
        self._stopped = True

    def __iter__(self) -> Iterator[list[Taken]]:
        """Wait for frames, and yield all that wait, the oldest first, until the source ends.

        Raises:
            Exception: Whatever the source raises, after the frames before it.
        """
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._ended)
                taken = list(self._waiting)
                self._waiting.clear()
            if not taken:
                break
            yield taken
        if self._error is not None:
            raise self._error

    def _draw(self) -> None:
        try:
            for frame in self._frames:
                if self._stopped:
                    break
                self.read += 1 + frame.skipped
                self.dropped += frame.skipped
                turn = self._turns.take(frame.time)
                if turn is None:
                    continue
                taken = Taken(frame.index, frame.time, frame.rgb(), turn)
                with self._news:
                    self.dropped += len(self._waiting) == self._waiting.maxlen
                    self._waiting.append(taken)
                    self._news.notify()
        except BaseException as error:
            self._error = error
        finally:
            with self._news:
                self._ended = True
                self._news.notify()
