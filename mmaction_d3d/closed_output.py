"""How a command ends where nobody reads its output any more, as in ``d3d --help | head -1``.

Needs the standard library only: the command ``d3d`` reads it before it imports anything else.
"""
import logging
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

#: Exit code that a shell shows of a program which the system ended for it: 128 + SIGPIPE.
CODE = 141

_handle_error = logging.StreamHandler.handleError


@contextmanager
def ends_quietly() -> Iterator[None]:
    """End the process without a traceback once stdout or stderr is closed at its other end.

    Raises:
        SystemExit: With :data:`CODE`; with the code of a mistake where there is one.
        BrokenPipeError: Something else is closed: a worker process, a connection.
    """
    logging.StreamHandler.handleError = _raise_of_output  # type: ignore[assignment,method-assign]
    try:
        try:
            yield
        except SystemExit as end:
            if not end.code and _closed():
                sys.stdout.flush()
            raise
        if _closed():
            sys.stdout.flush()
    except BrokenPipeError:
        if not _closed():
            raise
        sys.exit(CODE)
    finally:
        for stream in _closed():  # what is left in their buffers goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _closed() -> list[TextIO]:
    """Return which of stdout and stderr nobody reads any more."""
    closed = []
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError):  # those of a notebook or a test have no number
            poll = select.poll()
            poll.register(stream.fileno(), 0)
            if any(event & select.POLLERR for _, event in poll.poll(0)):
                closed.append(stream)
    return closed


def _raise_of_output(self: logging.StreamHandler, record: logging.LogRecord) -> None:
    """Pass on that the output is closed, which logging would show for each line anew."""
    if isinstance(sys.exc_info()[1], BrokenPipeError) and self.stream in _closed():
        raise  # what logging has just caught
    _handle_error(self, record)
