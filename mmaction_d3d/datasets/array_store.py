"""Arrays of all clips of a data set, outside of any process's own memory."""
import ctypes
import mmap
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

import numpy as np

from ..errors import InputError

_MOST_AXES = 4


class ArrayStore:
    """Arrays one after the other in a temporary file that is mapped into memory; never changed.

    Processes that are forked share what they read of it, and the system may drop it from memory
    and read it again. Nothing in it counts references, which would make a copy in each process of
    the pages that hold the counts. The file has no name, and goes with the last process.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this
        self._rows = array('q')  # of each array: offset, type, axes, and their lengths
        self._types: list[np.dtype] = []
        self._map: mmap.mmap | None = None

    def __len__(self) -> int:
        return len(self._rows) // (3 + _MOST_AXES)

    def append(self, values: np.ndarray) -> None:
        """Add an array of numbers, of up to four axes.

        Raises:
            InputError: The folder for temporary files is full.
        """
        if values.dtype not in self._types:
            self._types.append(values.dtype)
        lengths = values.shape + (0, ) * (_MOST_AXES - values.ndim)
        row = self._file.tell(), self._types.index(values.dtype), values.ndim, *lengths
        self._map = None
        with _full_folder():
            self._file.write(np.ascontiguousarray(values).data)
        self._rows.extend(row)

    def finish(self) -> None:
        """Write all out and map it, before processes are forked.

        Raises:
            InputError: The folder for temporary files is full.
        """
        with _full_folder():
            self._file.flush()
        if self._file.tell():
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def __getitem__(self, index: int) -> np.ndarray:
        """Return an array, which cannot be written to."""
        width = 3 + _MOST_AXES
        offset, kind, axes, *lengths = self._rows[index * width:(index + 1) * width]
        shape = lengths[:axes]
        count = int(np.prod(shape, dtype=np.int64))
        if not count:
            return np.zeros(shape, self._types[kind])
        if self._map is None:
            self.finish()
        assert self._map is not None  # as there are numbers
        return np.frombuffer(self._map, self._types[kind], count, offset).reshape(shape)

    def __deepcopy__(self, memo: dict) -> Self:
        return self  # a subset of the data set shares them, too

    def __getstate__(self) -> dict[str, Any]:
        """Return the arrays for a process that is not forked, which gets a file of its own."""
        self.finish()
        content = b'' if self._map is None else bytes(self._map)
        return dict(rows=self._rows, types=self._types, content=content)

    def __setstate__(self, state: dict[str, Any]) -> None:
        ArrayStore.__init__(self)
        self._file.write(state['content'])
        self._rows, self._types = state['rows'], state['types']


@contextmanager
def _full_folder() -> Iterator[None]:
    """Say where there is no room, and how to choose another place."""
    try:
        yield
    except OSError as error:
        raise InputError(tempfile.gettempdir(), 'temporary file of annotations', error.strerror,
                         'room for the arrays: TMPDIR names another folder') from error


def give_back_memory() -> None:
    """Return what this process has freed to the system, where its library can."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
