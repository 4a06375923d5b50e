"""What worker processes are at, for the line that ends a run where one dies or hangs.

Notes lie in memory that a process shares with those that it forks. One that is started in another
way has notes of its own, which nobody reads.
"""
import mmap
import multiprocessing
import os
import struct
import time
from typing import NamedTuple

_SLOTS, _SIZE = 4096, 256  # a slot for each process, by its number; its bytes
_HEAD = struct.Struct('=qdH')  # process, since when, length of what follows
_notes = mmap.mmap(-1, _SLOTS * _SIZE)


class Note(NamedTuple):
    """What a process is at.

    Attributes:
        name: The clip.
        seconds: For how long.
    """
    name: str
    seconds: float


def write(name: str) -> None:
    """Say what this process is at; '' for nothing."""
    data = name.encode(errors='replace')[:_SIZE - _HEAD.size]
    content = _HEAD.pack(os.getpid(), time.monotonic(), len(data)) + data
    start = _start_of(os.getpid())
    _notes[start:start + len(content)] = content


def note_of(process: int) -> Note | None:
    """Return what a process is at, or was when it died; None where it did not say."""
    start = _start_of(process)
    writer, since, length = _HEAD.unpack_from(_notes, start)
    if writer != process or not length:
        return None
    data = _notes[start + _HEAD.size:start + _HEAD.size + length]
    return Note(data.decode(errors='replace'), time.monotonic() - since)


def longest() -> Note | None:
    """Return what that process of this one's children is at which is at it for longest."""
    notes = (note_of(child.pid) for child in multiprocessing.active_children() if child.pid)
    return max(filter(None, notes), key=lambda note: note.seconds, default=None)


def _start_of(process: int) -> int:
    return process % _SLOTS * _SIZE
