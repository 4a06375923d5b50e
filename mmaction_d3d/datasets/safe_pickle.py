"""Reading annotation pickles without running code that a pickle may carry."""
import os
import pickle

import numpy as np

from ..errors import InputError

_CONTAINERS = {'set', 'frozenset', 'list', 'dict', 'tuple', 'bytearray', 'complex'}
# numpy 1 keeps these in numpy.core, numpy 2 in numpy._core; a pickle of either loads under both.
_NUMPY_CORES = ('numpy.core', 'numpy._core')
_INSTALLED_CORE = _NUMPY_CORES[int(np.__version__.split('.')[0]) >= 2]
_NUMPY_FUNCTIONS = {
    'multiarray': {'_reconstruct', 'scalar'},
    'numeric': {'_frombuffer'},
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
        if module == 'numpy' and name in ('ndarray', 'dtype'):
            return getattr(np, name)
        core, _, part = module.rpartition('.')
        if core in _NUMPY_CORES and name in _NUMPY_FUNCTIONS.get(part, ()):
            return super().find_class(f'{_INSTALLED_CORE}.{part}', name)
        raise _RefusedGlobal(f'{module}.{name}')


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
            return _Unpickler(file).load()
        except _RefusedGlobal as error:
            raise InputError(path, 'global', error.args[0],
                             'numpy arrays, numbers, text and plain containers only') from error
        except Exception as error:  # a damaged stream can make the unpickler raise anything
            reason = ' '.join(str(error).split())
            raise InputError(path, 'content', f'{type(error).__name__} ({reason})',
                             'a complete pickle') from error
