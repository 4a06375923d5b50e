"""What a checkpoint of mmengine may name besides what PyTorch allows by itself.

mmengine stores its message hub: histories of logged values (numpy arrays inside `HistoryBuffer`),
the numbers made of them, and the data set's meta data. Three of the names that such a file holds
are too powerful to be allowed as they are: `getattr` reaches anything, and the state of a
`numpy.dtype` can turn the bytes of an array into pointers. Stand-ins that do no more than these
files need take their places.
"""
import pickle

import numpy as np
from mmengine.logging import HistoryBuffer

_STATISTICS = ('min', 'max', 'current', 'mean')
_NUMBERS = {np.dtype(code).str[1:]: np.dtype(code) for code in '?bBhHiIqQefd'}


def checkpoint_globals() -> list:
    """Lists the names, as `torch.serialization.add_safe_globals` wants them.

    Returns:
        list[tuple]: What stands for a name, and the name as the file has it.
    """
    cores = ('numpy.core.multiarray', 'numpy._core.multiarray')  # numpy 1 and numpy 2
    return [
        (HistoryBuffer, 'mmengine.logging.history_buffer.HistoryBuffer'),
        (_history_method, 'builtins.getattr'),
        (dict, 'mmengine.config.config.ConfigDict'),
        (_NumberType, 'numpy.dtype'),
        (_NumberArray, 'numpy.ndarray'),
        *((_empty_array, f'{core}._reconstruct') for core in cores),
        *((_number, f'{core}.scalar') for core in cores),
    ]


def _history_method(owner: type, name: str):
    """Stands in for `getattr`: finds a statistics method of `HistoryBuffer` and nothing else."""
    if owner is HistoryBuffer and name in _STATISTICS:
        return getattr(owner, name)
    raise pickle.UnpicklingError(f'a checkpoint may not ask for {name!r} of {owner!r}')


class _NumberType:
    """Stands in for `numpy.dtype`: a kind of number that logged values have."""

    def __init__(self, code: str, *copy_flags):
        if code not in _NUMBERS:
            raise pickle.UnpicklingError(f'a checkpoint may not hold numpy values of type {code!r}')
        self.dtype = _NUMBERS[code]

    def __setstate__(self, state: tuple):
        _, order, *parts = state
        if order not in ('<', '|') or any(part is not None for part in parts[:3]):
            raise pickle.UnpicklingError(
                f'a checkpoint may not hold numpy values of type {self.dtype} with {state}')


class _NumberArray(np.ndarray):
    """Stands in for `numpy.ndarray`: an array that is filled from a file, numbers only."""

    def __setstate__(self, state: tuple):
        version, shape, number_type, is_fortran, data = state
        super().__setstate__((version, shape, number_type.dtype, is_fortran, data))

    def __reduce__(self):
        return np.asarray(self).__reduce__()  # saved again, it is an array like any other


def _empty_array(*_) -> _NumberArray:
    """Stands in for numpy's function that makes the array whose contents come next."""
    return _NumberArray(0)


def _number(number_type: _NumberType, data: bytes) -> np.generic:
    """Stands in for numpy's function that makes a number of its bytes."""
    return np.frombuffer(data, number_type.dtype)[0]
