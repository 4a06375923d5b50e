"""What a checkpoint of mmengine may name besides what PyTorch allows by itself.

mmengine stores its message hub: histories of logged values (numpy arrays inside `HistoryBuffer`),
the numbers made of them, and the data set's meta data. Names that are too powerful to be allowed as
they are, `getattr` and numpy's types, have stand-ins that do no more than these files need.
"""
import pickle
from collections.abc import Callable

from mmengine.logging import HistoryBuffer

from . import safe_numpy

_STATISTICS = ('min', 'max', 'current', 'mean')


def checkpoint_globals() -> list:
    """List the names, as `torch.serialization.add_safe_globals` wants them.

    Returns:
        What stands for a name, and the name as the file has it.
    """
    return [
        (HistoryBuffer, 'mmengine.logging.history_buffer.HistoryBuffer'),
        (_history_method, 'builtins.getattr'),
        (dict, 'mmengine.config.config.ConfigDict'),
        (safe_numpy.NumberType, 'numpy.dtype'),
        (safe_numpy.NumberArray, 'numpy.ndarray'),
        *((safe_numpy.empty_array, f'{core}.multiarray._reconstruct') for core in safe_numpy.CORES),
        *((safe_numpy.number, f'{core}.multiarray.scalar') for core in safe_numpy.CORES),
    ]


def _history_method(owner: type, name: str) -> Callable:
    """Stands in for `getattr`: finds a statistics method of `HistoryBuffer` and nothing else."""
    if owner is HistoryBuffer and name in _STATISTICS:
        return getattr(owner, name)
    raise pickle.UnpicklingError(f'a checkpoint may not ask for {name!r} of {owner!r}')
