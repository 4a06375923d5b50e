"""Reading annotation pickles without running code that a pickle may carry.

The C unpickler reads all but the arrays' states: these it hands to a stand-in (:class:`_Array`),
and a walk at the end puts the arrays themselves in its places.
"""
import collections
import functools
import gc
import mmap
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .. import safe_numpy
from ..errors import InputError
from ..files import is_file
from . import pickle_limits


class _Array:
    """Stands in for `numpy.ndarray`, around a real array.

    The array is made here, and not in the walk at the end, while its data are in the CPU's cache.
    """
    __slots__ = ('array', )

    def __init__(self, *_: Any) -> None:
        """Let ``object.__new__`` take the arguments that numpy's function takes."""

    def __setstate__(self, state: tuple, empty: Callable = np.empty,
                     set_state: Callable = np.ndarray.__setstate__) -> None:
        version, shape, number_type, is_fortran, data = state
        self.array = array = empty(0)
        set_state(array, (version, shape, number_type.dtype, is_fortran, data))


class _NumberType:
    """Stands in for a `numpy.dtype`; one object a file and code, which keeps the states it is told.

    Attributes:
        dtype (np.dtype): What it stands for, if the states are right.
    """
    __slots__ = ('_plain', '_states', 'dtype', '__setstate__')

    def __init__(self, code: str) -> None:
        self._plain = safe_numpy.NumberType(code)
        self.dtype = self._plain.dtype
        self._states: list[tuple] = []
        self.__setstate__ = self._states.append

    def check(self) -> None:
        """Refuse states other than that of plain numbers or text."""
        for state in self._states:
            self._plain.__setstate__(state)


class _NumberTypes(dict):
    """The number types of a file, by code."""

    def __missing__(self, code: str) -> _NumberType:
        self[code] = _NumberType(code)
        return self[code]

    def make(self, code: str, *copy_flags: object) -> _NumberType:
        """Stand-in for `numpy.dtype`."""
        return self[code]


class _RefusedGlobal(Exception):
    """A name that an annotation file has no use for; ``args[0]`` is that name."""


def _byte_array(*parts: Any) -> bytearray:
    """Stand-in for ``bytearray``, which makes any number of zeros of a few bytes."""
    if parts and isinstance(parts[0], int):
        raise pickle.UnpicklingError(f'a bytearray of {parts[0]} zeros')
    return bytearray(*parts)


def _check_keys(keys: Iterable[Any]) -> None:
    """Refuse keys that :mod:`.pickle_limits` did not see, where they have parts with parts."""
    for key in keys:
        if isinstance(key, tuple) and any(isinstance(part, tuple) for part in key):
            raise pickle.UnpicklingError('a key of nested tuples')


def _make_set(items: Sequence[Any] = ()) -> set:
    """Stand-in for ``set``, as old protocols write one."""
    _check_keys(items)
    return set(items)


def _make_frozenset(items: Sequence[Any] = ()) -> frozenset:
    """Stand-in for ``frozenset``."""
    _check_keys(items)
    return frozenset(items)


def _make_dict(items: Sequence[tuple[Any, Any]] = ()) -> collections.OrderedDict:
    """Stand-in for ``OrderedDict``."""
    _check_keys(key for key, _ in items)
    return collections.OrderedDict(items)


#: What stands for a name that files may have besides numpy's.
_STAND_INS: dict[str, Callable] = {
    'set': _make_set,
    'frozenset': _make_frozenset,
    'bytearray': _byte_array,
    'complex': complex,
}


def _encode_latin1(text: str, encoding: str) -> bytes:
    """Stand-in for ``_codecs.encode``, which old protocols use to write bytes as latin-1 text."""
    if encoding != 'latin1':
        raise pickle.UnpicklingError(f'bytes written with encoding {encoding!r}')
    return text.encode('latin1')


class _Unpickler(pickle.Unpickler):
    """C unpickler that builds plain containers, numbers, text, and :class:`_Array` for arrays."""

    def __init__(self, file: BinaryIO, number_types: _NumberTypes) -> None:
        super().__init__(file)
        self._numpy_types = {
            'dtype': functools.lru_cache(None)(number_types.make), 'ndarray': _Array
        }
        self._numpy_functions = {
            'multiarray._reconstruct': object.__new__,  # called as (_Array, (0,), b'b')
            'multiarray.scalar': functools.lru_cache(4096)(safe_numpy.number),  # labels repeat
            'numeric._frombuffer': safe_numpy.array_of_buffer,
        }

    def find_class(self, module: str, name: str) -> Any:
        if module in ('builtins', '__builtin__') and name in _STAND_INS:
            return _STAND_INS[name]
        if module == 'collections' and name == 'OrderedDict':
            return _make_dict
        if module == '_codecs' and name == 'encode':
            return _encode_latin1
        if module == 'numpy' and name in self._numpy_types:
            return self._numpy_types[name]
        core, _, part = module.rpartition('.')
        if core in safe_numpy.CORES and f'{part}.{name}' in self._numpy_functions:
            return self._numpy_functions[f'{part}.{name}']
        raise _RefusedGlobal(f'{module}.{name}')


class _Finish:
    """Puts arrays in place of :class:`_Array` all over a value; dicts and lists are changed."""
    _KINDS = frozenset((_Array, _NumberType, dict, collections.OrderedDict, list, tuple))

    def __init__(self) -> None:
        self._seen: set[int] = set()  # ids of dicts and lists, so that each is walked through once
        self._tuples: dict[int, tuple[tuple, tuple]] = {}

    def __call__(self, value: Any) -> Any:
        """Return the value with arrays; what else it is made of stays the same objects."""
        kind = type(value)
        if kind is _Array:
            return value.array
        if kind is _NumberType:
            return value.dtype
        if kind is tuple:
            if id(value) not in self._tuples:
                # The old tuple is kept, too: were it freed, another could get its id.
                self._tuples[id(value)] = value, tuple(map(self, value))
            return self._tuples[id(value)][1]
        if kind in self._KINDS and id(value) not in self._seen:
            self._seen.add(id(value))
            self._fill(value)
        return value

    def _fill(self, container: dict | list) -> None:
        # No call for what nearly all of a file is made of: calls were a third of the time.
        kinds, disjoint, seen = self._KINDS, self._KINDS.isdisjoint, self._seen
        for key, value in (enumerate(container)
                           if isinstance(container, list) else container.items()):
            kind = type(value)
            if kind not in kinds:
                continue
            if kind is _Array:
                container[key] = value.array
            elif kind is dict:
                if id(value) not in seen:
                    seen.add(id(value))
                    self._fill(value)
            elif kind is not tuple or not disjoint(map(type, value)):
                container[key] = self(value)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the garbage collector: it would walk again and again over objects that all stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read(file: BinaryIO) -> Any:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        pickle_limits.check(data)
    number_types = _NumberTypes()
    # The unpickler, whose memo knows every object of the file, is gone when the walk begins.
    content = _Finish()(_Unpickler(file, number_types).load())
    if file.read(1):
        raise pickle.UnpicklingError('more bytes after its end')
    for number_type in number_types.values():
        number_type.check()
    return content


def load(path: str | Path) -> Any:
    """Load a pickle that holds numpy arrays, numbers, text and plain containers.

    Arrays pickled by numpy 1 and by numpy 2 both load. Anything else that the file asks to import
    is refused before it is imported.

    Args:
        path: The pickle.

    Returns:
        What the pickle holds.

    Raises:
        InputError: There is no such file, it is no complete pickle, or it asks for a global that
            is not on the list of allowed ones (the message names it).
    """
    if not is_file(path):
        raise InputError(path, 'annotation file', 'no such file', 'a pickle')
    with Path(path).open('rb') as file, _no_collection():
        try:
            return _read(file)
        except _RefusedGlobal as error:
            raise InputError(path, 'global', error.args[0],
                             'numpy arrays, numbers, text and plain containers only') from error
        except Exception as error:  # a damaged stream can make the unpickler raise anything
            reason = ' '.join(str(error).split())
            raise InputError(path, 'content', f'{type(error).__name__} ({reason})',
                             'a complete pickle') from error
