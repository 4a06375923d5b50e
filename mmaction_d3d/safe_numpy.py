"""Numpy arrays of numbers and text out of files that strangers wrote.

A pickle builds an array from `numpy.dtype` and `numpy.ndarray`. The state that it may give a real
`numpy.dtype` can declare numbers to be objects, and so turn the bytes of an array into pointers.
The stand-ins here, put in place of numpy's names, know plain numbers and text only.
"""
import pickle
import re
from typing import Any, Literal

import numpy as np

CORES = ('numpy.core', 'numpy._core')  # numpy 1 and numpy 2
_NUMBERS = {
    code: np.dtype(code)
    for code in ['b1', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f2', 'f4', 'f8']
}


class NumberType:
    """Stands in for `numpy.dtype`: a kind of number, or text of a fixed length."""

    def __init__(self, code: str, *copy_flags: Any) -> None:
        if code in _NUMBERS:
            self.dtype = _NUMBERS[code]
        elif re.fullmatch(r'[US]\d+', code):
            self.dtype = np.dtype(code)
        else:
            raise pickle.UnpicklingError(f'numpy values of type {code!r}, no numbers or text')

    def __setstate__(self, state: tuple) -> None:
        _, order, *parts = state
        if order not in ('<', '|') or any(part is not None for part in parts[:3]):
            raise pickle.UnpicklingError(
                f'numpy values of type {self.dtype} with {state}, no numbers or text')


class NumberArray(np.ndarray):
    """Stands in for `numpy.ndarray`: an array that is filled from a file."""

    def __setstate__(self, state: tuple) -> None:
        version, shape, number_type, is_fortran, data = state
        super().__setstate__((version, shape, number_type.dtype, is_fortran, data))

    def __reduce__(self) -> str | tuple:
        return np.asarray(self).__reduce__()  # saved again, it is an array like any other


def empty_array(*_: Any) -> NumberArray:
    """Stands in for numpy's function that makes the array whose contents come next."""
    return NumberArray(0)


def number(number_type: NumberType, data: bytes) -> np.generic:
    """Stands in for numpy's function that makes a number of its bytes."""
    return np.frombuffer(data, number_type.dtype)[0]


def array_of_buffer(buffer: bytes | bytearray | memoryview, number_type: NumberType, shape: tuple,
                    order: Literal['C', 'F']) -> np.ndarray:
    """Stands in for numpy's function that makes an array of a buffer (pickle protocol 5)."""
    return np.frombuffer(buffer, number_type.dtype).reshape(shape, order=order)
