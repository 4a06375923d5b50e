"""Reading annotation pickles without running code that a pickle may carry."""
import os
import pickle

import numpy as np

from .. import safe_numpy
from ..errors import InputError

_CONTAINERS = {'set', 'frozenset', 'list', 'dict', 'tuple', 'bytearray', 'complex'}
_NUMPY_TYPES = {'dtype': safe_numpy.NumberType, 'ndarray': safe_numpy.NumberArray}
_NUMPY_FUNCTIONS = {
    'multiarray._reconstruct': safe_numpy.empty_array,
    'multiarray.scalar': safe_numpy.number,
    'numeric._frombuffer': safe_numpy.array_of_buffer,
}


def _encode_latin1(text, encoding):
    """Stand-in for ``_codecs.encode``, which old protocols use to write bytes as latin-1 text."""
    if encoding != 'latin1':
        raise pickle.UnpicklingError(f'bytes written with encoding {encoding!r}')
    return text.encode('latin1')


class _RefusedGlobal(Exception):
    """A name that an annotation file has no use for; ``args[0]`` is that name."""


class _Unpickler(pickle.Unpickler):
    """C unpickler that builds numpy arrays, numpy scalars and plain containers only."""

    def find_class(self, module, name):
        if module in ('builtins', '__builtin__') and name in _CONTAINERS:
            return super().find_class(module, name)
        if module == 'collections' and name == 'OrderedDict':
            return super().find_class(module, name)
        if module == '_codecs' and name == 'encode':
            return _encode_latin1
        if module == 'numpy' and name in _NUMPY_TYPES:
            return _NUMPY_TYPES[name]
        core, _, part = module.rpartition('.')
        if core in safe_numpy.CORES and f'{part}.{name}' in _NUMPY_FUNCTIONS:
            return _NUMPY_FUNCTIONS[f'{part}.{name}']
        raise _RefusedGlobal(f'{module}.{name}')


def _plain(value):
    """The value with plain arrays in place of the stand-ins; dicts and lists are changed in place."""
    if isinstance(value, safe_numpy.NumberArray):
        return value.view(np.ndarray)
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(item, (dict, list, tuple, safe_numpy.NumberArray)):
                value[key] = _plain(item)
    elif type(value) is tuple:
        return tuple(map(_plain, value))
    return value


def load(path):
    """Load a pickle that holds numpy arrays, numbers, text and plain containers.

    Arrays pickled by numpy 1 and by numpy 2 both load. Anything else that the file asks to import
    is refused before it is imported.

    Args:
        path (str): The pickle.

    Returns:
        object: What the pickle holds.

    Raises:
        InputError: There is no such file, it is no complete pickle, or it asks for a global that
            is not on the list of allowed ones (the message names it).
    """
    if not os.path.isfile(path):
        raise InputError(path, 'annotation file', 'no such file', 'a pickle')
    with open(path, 'rb') as file:
        try:
            return _plain(_Unpickler(file).load())
        except _RefusedGlobal as error:
            raise InputError(path, 'global', error.args[0],
                             'numpy arrays, numbers, text and plain containers only') from error
        except Exception as error:  # a damaged stream can make the unpickler raise anything
            reason = ' '.join(str(error).split())
            raise InputError(path, 'content', f'{type(error).__name__} ({reason})',
                             'a complete pickle') from error
