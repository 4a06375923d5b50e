"""A clock, sources and people for tests of live recognition."""
import threading

import numpy as np

from mmaction_d3d.inference.live.people import FoundPeople
from mmaction_d3d.inference.live.source import Clock, LiveFrame


class FakeTime:
    """A clock that goes on only when somebody sleeps."""

    def __init__(self):
        self.seconds, self.slept = 100., []
        self.clock = Clock(lambda: self.seconds, self.sleep)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.seconds += seconds


def frames_at(times, image=None):
    image = np.zeros((40, 48, 3), np.uint8) if image is None else image
    for index, time in enumerate(times):
        yield LiveFrame(index, time, lambda: image)


class Scripted:
    """A source whose frames, as far as they are wanted, come one by one until ``hurry``."""
    name = 'scripted'

    def __init__(self, times):
        self.times, self.ended = times, threading.Event()
        self._news, self._wanted, self._seen, self._hurries = threading.Condition(), 0, 0, False

    def frames(self, clock):
        for index, time in enumerate(self.times):
            yield LiveFrame(index, time, self._rgb)
            with self._news:
                self._news.wait_for(lambda: self._seen == self._wanted or self._hurries, 60)
        self.ended.set()

    def _rgb(self):
        self._wanted += 1
        return np.zeros((40, 48, 3), np.uint8)

    def was_seen(self):
        with self._news:
            self._seen += 1
            self._news.notify()

    def hurry(self):
        with self._news:
            self._hurries = True
            self._news.notify()


class Nobody(FoundPeople):
    """An extractor's manner, of people whom nobody sees."""

    def __init__(self, waits, was_seen=lambda: None):
        self.waits, self._was_seen = waits, was_seen

    def see(self, frame):
        self._was_seen()
        return np.zeros((1, 17, 3), np.float32)

    def over(self, frames, seen):
        return np.stack(seen, 1)
