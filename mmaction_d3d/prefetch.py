"""Work ahead in a thread, so that decoding and the model run at the same time."""
import os
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

Item = TypeVar('Item')
Jobs = queue.SimpleQueue[tuple[Callable[[], None], threading.Event]]

# Threads that wait for work. They are kept, since OpenCV never gives back the KiB or so that it
# takes for each thread that calls it.
_idle: list[Jobs] = []
os.register_at_fork(after_in_child=_idle.clear)  # a child has no thread but its own


def prefetch(items: Iterator[Item], ahead: int = 2) -> Iterator[Item]:
    """Yield the items of an iterator that a thread draws in advance.

    At most ``ahead`` + 2 items are alive: those that wait, the one being made, the one in use.
    PyAV, OpenCV and torch let go of Python's lock while they work.

    Args:
        items: Drawn in the thread alone.
        ahead: Items that may wait. Defaults to 2.

    Raises:
        Exception: Whatever the iterator raises, after the items before it.
    """
    waiting: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(maxsize=ahead)
    stopped = threading.Event()

    def put(entry: tuple[Item | None, BaseException | None]) -> None:
        while not stopped.is_set():
            try:
                waiting.put(entry, timeout=0.1)
                return
            except queue.Full:
                continue

    def draw() -> None:
        try:
            for item in items:
                put((item, None))
                if stopped.is_set():
                    return
            put((None, StopIteration()))
        except BaseException as error:
            put((None, error))

    ended = _start(draw)
    try:
        while True:
            item, error = waiting.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item
            del item
    finally:
        stopped.set()
        ended.wait()
        if hasattr(items, 'close'):
            items.close()


def _start(work: Callable[[], None]) -> threading.Event:
    """Start work in a thread that has none, and return what is set at its end."""
    try:
        jobs = _idle.pop()
    except IndexError:
        jobs = queue.SimpleQueue()
        threading.Thread(target=_serve, args=(jobs, ), daemon=True).start()
    ended = threading.Event()
    jobs.put((work, ended))
    return ended


def _serve(jobs: Jobs) -> None:
    while True:
        work, ended = jobs.get()
        work()
        del work  # and the items that it holds
        _idle.append(jobs)
        ended.set()
