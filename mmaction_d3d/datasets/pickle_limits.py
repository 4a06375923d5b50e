"""Limits of what a pickle may ask Python's reader for, checked before that reads it.

A few bytes can make the reader fill the memory, hash for ever or overflow its stack: by numbers of
objects that no object has, by empty containers without end, by pairs of one pair of one pair as a
key. Here the opcodes are gone through, what texts and arrays hold is skipped, and of each value no
more is kept than how many parts hashing it would visit.
"""
import mmap
import pickle
import pickletools
import re
from collections.abc import Iterable
from typing import Any

_MOST_CONTAINERS = 5_000_000  # empty ones; a byte of the file may become 216
_MOST_PARTS = 1000  # of a key, with those of its parts
_PARTS_A_BYTE = 10  # of all keys, for each byte of the file
_DIGITS = 20  # of the number of an object

_MARK = None
_MEMOIZE, _BINGET, _STOP = b'\x94h.'
# What Python's writer does not use for plain content: it would copy, or make, values unseen.
_REFUSED = {
    'DUP', 'POP', 'POP_MARK', 'INST', 'OBJ', 'EXT1', 'EXT2', 'EXT4', 'PERSID', 'BINPERSID',
    'NEXT_BUFFER', 'READONLY_BUFFER'
}
# Bytes of the arguments, by opcode; of those that push a value without parts: their number, or that
# of the bytes of a length before it. -1 and 0 of the others.
_FIXED, _COUNTED = [-1] * 256, [0] * 256
_NAMES, _ARGUMENT = [''] * 256, [0] * 256
for _opcode in pickletools.opcodes:
    _code, _length = ord(_opcode.code), _opcode.arg.n if _opcode.arg is not None else 0
    _NAMES[_code], _ARGUMENT[_code] = _opcode.name, _length
    if _opcode.stack_before or len(_opcode.stack_after) != 1 or _opcode.name in _REFUSED:
        continue
    if re.search('GET|EMPTY|MARK', _opcode.name):
        continue
    if _length >= 0:
        _FIXED[_code] = _length
    elif _length != pickletools.UP_TO_NEWLINE:
        _COUNTED[_code] = {
            pickletools.TAKEN_FROM_ARGUMENT1: 1, pickletools.TAKEN_FROM_ARGUMENT8U: 8
        }.get(_length, 4)


def check(data: bytes | mmap.mmap) -> None:
    """Check a pickle.

    Args:
        data: All of the file.

    Raises:
        pickle.UnpicklingError: It asks for more than annotations do, or is cut.
    """
    _Walk(data).run()


class _Walk:
    """One way through a pickle.

    Attributes:
        stack: Of each value how many parts hashing it visits: 0 of all but tuples.
        memo: The same by the number of an object; those of 0 are left out.
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data, self.place = data, 0
        self.stack: list[Any] = []
        self.memo: dict[int, int] = {}
        self.memoized = self.containers = self.hashed = 0

    def run(self) -> None:
        """Go through it; annotations are mostly texts, numbers and bytes, which are done here."""
        data, size, stack, push = self.data, len(self.data), self.stack, self.stack.append
        memo, fixed, counted, of_bytes = self.memo, _FIXED, _COUNTED, int.from_bytes
        place = memoized = 0
        while place < size:
            code = data[place]
            place += 1
            if (length := fixed[code]) >= 0:
                place += length
                push(0)
                continue
            if length := counted[code]:
                place += (length + data[place] if length == 1 else length +
                          of_bytes(data[place:place + length], 'little'))
                push(0)
                if place < size and data[place] == _MEMOIZE:
                    place += 1
                    memoized += 1
                continue
            if code == _MEMOIZE:
                if stack and stack[-1]:
                    memo[memoized] = stack[-1]
                memoized += 1
                continue
            if code == _BINGET:
                push(memo.get(data[place], 0))
                place += 1
                continue
            if code == _STOP:
                return
            self.place, self.memoized = place, memoized
            self._rare(_NAMES[code], _ARGUMENT[code])
            place = self.place
        raise pickle.UnpicklingError('its end is missing')

    def _number(self, length: int) -> int:
        """Read an object's number, of so many bytes or of a line."""
        if length == pickletools.UP_TO_NEWLINE:
            line = self._line()
            if len(line) > _DIGITS:
                raise pickle.UnpicklingError(f'an object number of {len(line)} digits')
            return int(line)
        start, self.place = self.place, self.place + length
        return int.from_bytes(self.data[start:self.place], 'little')

    def _line(self) -> bytes:
        start = self.place
        end = self.data.find(b'\n', start)
        if end < 0:
            raise pickle.UnpicklingError('its end is missing')
        self.place = end + 1
        return self.data[start:end]

    def _rare(self, name: str, length: int) -> None:
        """Follow an opcode that does more than push what has no parts."""
        stack = self.stack
        if name == 'MARK':
            stack.append(_MARK)
        elif name in ('TUPLE1', 'TUPLE2', 'TUPLE3'):
            self._make_tuple(self._pop(int(name[-1])))
        elif name in ('REDUCE', 'NEWOBJ', 'NEWOBJ_EX'):
            self._hash(self._pop(1 + (name == 'NEWOBJ_EX')))  # stand-ins remember their arguments
            self._pop(1)
            stack.append(0)
        elif name in ('APPEND', 'BUILD'):
            self._pop(1)
        elif name == 'SETITEM':
            self._hash(self._pop(2)[:1])
        elif name == 'STACK_GLOBAL':
            self._pop(2)
            stack.append(0)
        elif name.startswith('EMPTY'):
            self.containers += 1
            if self.containers > _MOST_CONTAINERS:
                raise pickle.UnpicklingError(f'more than {_MOST_CONTAINERS} empty containers')
            stack.append(int(name == 'EMPTY_TUPLE'))
        elif name.endswith('PUT'):
            self._put(self._number(length))
        elif name.endswith('GET'):
            stack.append(self.memo.get(self._number(length), 0))
        elif name == 'PROTO':
            self.place += length
        elif name == 'FRAME':
            frame = self._number(length)
            if frame > len(self.data) - self.place:
                raise pickle.UnpicklingError(f'a frame of {frame} bytes')
        elif length == pickletools.UP_TO_NEWLINE and name not in _REFUSED:
            for _ in range(1 + (name == 'GLOBAL')):
                self._line()
            stack.append(0)
        else:
            self._end_of_mark(name)

    def _end_of_mark(self, name: str) -> None:
        """Follow an opcode that takes all values above a mark."""
        if name not in ('APPENDS', 'LIST', 'SETITEMS', 'DICT', 'ADDITEMS', 'FROZENSET', 'TUPLE'):
            raise pickle.UnpicklingError(
                f'{name or "an unknown opcode"}, which no annotations need')
        values = self._pop_to_mark()
        if name == 'TUPLE':
            self._make_tuple(values)
        elif name in ('SETITEMS', 'DICT'):
            self._hash(values[::2])
        elif name in ('ADDITEMS', 'FROZENSET'):
            self._hash(values)
        if name in ('LIST', 'DICT', 'FROZENSET'):
            self.stack.append(0)

    def _put(self, number: int) -> None:
        if number > self.place:
            raise pickle.UnpicklingError(f'object {number} of a file of {len(self.data)} bytes')
        if self.memoized:  # MEMOIZE counts those of PUT, too
            raise pickle.UnpicklingError('objects that are numbered in two ways')
        self.memo.pop(number, None)
        if self.stack and self.stack[-1]:
            self.memo[number] = self.stack[-1]

    def _pop(self, count: int) -> list[int]:
        values = self.stack[-count:]
        if len(values) < count or _MARK in values:
            raise pickle.UnpicklingError('a value is missing')
        del self.stack[-count:]
        return values

    def _pop_to_mark(self) -> list[int]:
        for count, value in enumerate(reversed(self.stack)):
            if value is _MARK:
                start = len(self.stack) - count
                values = self.stack[start:]
                del self.stack[start - 1:]
                return values
        raise pickle.UnpicklingError('a mark is missing')

    def _make_tuple(self, parts: list[int]) -> None:
        # No more than so many, or numbers of thousands of digits would be added here.
        self.stack.append(min(1 + len(parts) + sum(parts), 2**62))

    def _hash(self, keys: Iterable[int]) -> None:
        for parts in keys:
            if parts > _MOST_PARTS:
                raise pickle.UnpicklingError(f'a key of more than {_MOST_PARTS} parts')
            self.hashed += parts
        if self.hashed > _PARTS_A_BYTE * len(self.data):
            raise pickle.UnpicklingError('keys of too many parts')
