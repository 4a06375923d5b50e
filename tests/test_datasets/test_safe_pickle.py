import collections
import os
import pickle

import numpy as np
import pytest

from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.errors import InputError


def write(path, data):
    path.write_bytes(data)
    return str(path)


class Runs:
    """Unpickles by running a command."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command, )


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_loads_what_annotations_hold(tmp_path, protocol):
    content = collections.OrderedDict(
        array=np.arange(6, dtype=np.float16).reshape(2, 3), fortran=np.asfortranarray(np.eye(3)),
        text=np.array(['a', 'b']), scalar=np.float32(0.5), flag=np.bool_(True), raw=b'\xff\x00',
        ids={'a', 'b'}, fixed=frozenset([1]), shape=(3, 4), number=1 + 2j, nothing=None)
    path = write(tmp_path / 'a.pkl', pickle.dumps(content, protocol))
    loaded = safe_pickle.load(path)
    assert loaded.keys() == content.keys()
    for key, value in content.items():
        np.testing.assert_array_equal(loaded[key], value)
        assert type(loaded[key]) is type(value)
        assert getattr(loaded[key], 'dtype', None) == getattr(value, 'dtype', None)


@pytest.mark.parametrize('module', ['numpy.core.multiarray', 'numpy._core.multiarray'])
def test_loads_arrays_of_numpy_1_and_2(tmp_path, module):
    data = pickle.dumps(np.arange(3), 0)
    here = np.core.multiarray._reconstruct.__module__.encode()
    assert here in data
    path = write(tmp_path / 'a.pkl', data.replace(here, module.encode()))
    np.testing.assert_array_equal(safe_pickle.load(path), [0, 1, 2])


def test_runs_nothing_and_names_the_refused_global(tmp_path):
    flag = tmp_path / 'flag'
    path = write(tmp_path / 'a.pkl', pickle.dumps([Runs(f'touch {flag}')]))
    with pytest.raises(InputError, match=r'a\.pkl: global: found posix\.system, want'):
        safe_pickle.load(path)
    assert not flag.exists()


@pytest.mark.parametrize('data', [
    b'cbuiltins\neval\n(S"1"\ntR.', b'cnumpy\nload\n.', b'cnumpy.core.multiarray\nfromfile\n.',
    b'ccollections\nCounter\n.', b'cnumpy.core.numeric\nos.system\n.',
    b'\x80\x04\x8c\x0bcollections\x8c\x06_sys.x\x93.'
])
def test_refuses_other_names_of_allowed_modules(tmp_path, data):
    with pytest.raises(InputError, match='global: found'):
        safe_pickle.load(write(tmp_path / 'a.pkl', data))


def test_refuses_a_nested_object_in_an_object_array(tmp_path):
    array = np.array([Runs('true')], dtype=object)
    with pytest.raises(InputError, match="numpy values of type 'O8'"):
        safe_pickle.load(write(tmp_path / 'a.pkl', pickle.dumps(array)))


class ObjectsInDisguise:
    """Pickles as a float type whose state declares a field of objects, which would be pointers."""

    def __reduce__(self):
        fields = {'a': (np.dtype('i8'), 0)}
        return np.dtype, ('f8', False, True), (3, '<', None, ('a', ), fields, 8, 1, 63)


def test_refuses_a_number_type_that_turns_bytes_into_pointers(tmp_path):
    with pytest.raises(InputError, match='float64 with'):
        safe_pickle.load(write(tmp_path / 'a.pkl', pickle.dumps(ObjectsInDisguise())))


@pytest.mark.parametrize('data', [
    b'', b'hello, no pickle', b'\x89PNG\r\n\x1a\n', pickle.dumps(np.arange(1000))[:-200],
    b'\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.'
], ids=['empty', 'text', 'png', 'truncated', 'absurd length'])
def test_damaged_file_is_an_input_error(tmp_path, data):
    with pytest.raises(InputError, match=r'a\.pkl: content: found .* want a complete pickle'):
        safe_pickle.load(write(tmp_path / 'a.pkl', data))


def test_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match='no such file'):
        safe_pickle.load(str(tmp_path / 'none.pkl'))
