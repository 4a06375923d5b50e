"""Work ahead in a thread, so that decoding and the model run at the same time."""
import queue
import threading
from collections.abc import Iterator
from typing import Any, TypeVar

Item = TypeVar('Item')


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

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
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
        thread.join()
        if hasattr(items, 'close'):
            items.close()
