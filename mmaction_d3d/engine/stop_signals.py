"""Signals that ask a training to save and end."""
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch
from mmengine.device import get_device
from mmengine.dist import all_reduce, get_world_size

#: Exit code of a training that saved and ended because it was asked to (``EX_TEMPFAIL``).
STOPPED = 75
_SIGNALS = (signal.SIGTERM, signal.SIGUSR1)  # a shutdown or preemption; Slurm's, before time is up
_EVERY = 10  # iterations between two looks, where processes have to agree


class StopSignals:
    """Whether a training was asked to end.

    Attributes:
        name: The signal that asked for it; None before.
    """

    def __init__(self) -> None:
        self.name: str | None = None

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen in this context, in place of what the signals do otherwise."""
        if threading.current_thread() is not threading.main_thread():
            yield  # Python lets only the main thread listen
            return
        before = {number: signal.signal(number, self._hear) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.name = signal.Signals(number).name

    def agreed(self, iteration: int) -> bool:
        """Whether all processes end after this iteration, because one was asked to."""
        return any_asks(self.name is not None, iteration)


def any_asks(asks: bool, iteration: int) -> bool:
    """Whether this process or another one asks for something, which all learn together.

    Several processes talk of it every 10 iterations.

    Args:
        asks: Whether this one does.
        iteration: Of all processes.
    """
    if get_world_size() == 1:
        return asks
    if iteration % _EVERY:
        return False
    count = torch.tensor(int(asks), device=get_device())
    all_reduce(count)
    return bool(count)
