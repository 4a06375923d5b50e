import collections
import gc
import os
import pickle
from contextlib import suppress

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
    content = collections.OrderedDict(array=np.arange(6, dtype=np.float16).reshape(2, 3),
                                      fortran=np.asfortranarray(np.eye(3)),
                                      text=np.array(['a', 'b']), scalar=np.float32(0.5),
                                      flag=np.bool_(True), raw=b'\xff\x00', ids={'a', 'b'},
                                      fixed=frozenset([1]), shape=(3,
                                                                   4), number=1 + 2j, nothing=None)
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
    b'', b'hello, no pickle', b'\x89PNG\r\n\x1a\n',
    pickle.dumps(np.arange(1000))[:-200], b'\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.'
], ids=['empty', 'text', 'png', 'truncated', 'absurd length'])
def test_damaged_file_is_an_input_error(tmp_path, data):
    with pytest.raises(InputError, match=r'a\.pkl: content: found .* want a complete pickle'):
        safe_pickle.load(write(tmp_path / 'a.pkl', data))


def test_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match='no such file'):
        safe_pickle.load(str(tmp_path / 'none.pkl'))


CORES = ['numpy.core', 'numpy._core']


@pytest.mark.parametrize('core', CORES)
@pytest.mark.parametrize('value, function, protocol', [(np.arange(3), 'multiarray._reconstruct', 2),
                                                       (np.int64(7), 'multiarray.scalar', 2),
                                                       (np.arange(3), 'numeric._frombuffer', 5)],
                         ids=['array', 'number', 'buffer'])
def test_loads_what_numpy_1_and_2_name_differently(tmp_path, core, value, function, protocol):
    data = pickle.dumps(value, protocol)
    part, _, name = function.partition('.')
    writer = next(f'{old}.{part}'.encode() for old in CORES if f'{old}.{part}'.encode() in data)
    assert name.encode() in data
    new = f'{core}.{part}'.encode()
    # Protocol 5 writes the length before the text, in the text's opcode and in the frame's.
    data = data.replace(bytes([len(writer)]) + writer, bytes([len(new)]) + new).replace(writer, new)
    if protocol == 5:
        frame = int.from_bytes(data[3:11], 'little') + len(new) - len(writer)
        data = data[:3] + frame.to_bytes(8, 'little') + data[11:]
    loaded = safe_pickle.load(write(tmp_path / 'a.pkl', data))
    np.testing.assert_array_equal(loaded, value)
    assert type(loaded) is type(value)


def test_arrays_may_be_written_to(tmp_path):
    loaded = safe_pickle.load(write(tmp_path / 'a.pkl', pickle.dumps([np.zeros(3)], 4)))
    loaded[0] += 1
    assert loaded[0].tolist() == [1, 1, 1]


def test_arrays_are_found_wherever_they_stand(tmp_path):
    array = np.arange(3)
    content = dict(first=array, a=[(1, (array, [array]))], b=collections.OrderedDict(c=array),
                   d=(2, 3), e=array)
    loaded = safe_pickle.load(write(tmp_path / 'a.pkl', pickle.dumps(content)))
    places = [
        loaded['first'], loaded['a'][0][1][0], loaded['a'][0][1][1][0], loaded['b']['c'],
        loaded['e']
    ]
    assert all(place is places[0] for place in places) and type(places[0]) is np.ndarray
    assert loaded['d'] == (2, 3)


@pytest.mark.parametrize('wrap', [lambda x: [x, x], lambda x: (x, x), lambda x: dict(a=x, b=x)],
                         ids=['list', 'tuple', 'dict'])
def test_containers_that_share_parts_are_walked_through_once(tmp_path, wrap):
    value = [np.zeros(1)]
    for _ in range(100):  # 2^100 ways to the array
        value = wrap(value)
    loaded = safe_pickle.load(write(tmp_path / 'a.pkl', pickle.dumps(value)))
    for _ in range(100):
        loaded = loaded['a'] if isinstance(loaded, dict) else loaded[0]
    assert type(loaded[0]) is np.ndarray


def test_a_container_in_itself_loads(tmp_path):
    value = [np.zeros(1)]
    value.append(value)
    loaded = safe_pickle.load(write(tmp_path / 'a.pkl', pickle.dumps(value)))
    assert loaded[1] is loaded and type(loaded[0]) is np.ndarray


def test_refuses_numbers_of_another_byte_order(tmp_path):
    path = write(tmp_path / 'a.pkl', pickle.dumps([np.arange(3, dtype='>f4')]))
    with pytest.raises(InputError, match='content: found UnpicklingError'):
        safe_pickle.load(path)


class Array:
    """Pickles as an array whose state is another."""

    def __init__(self, *state):
        self.state = state

    def __reduce__(self):
        return np.core.multiarray._reconstruct, (np.ndarray, (0, ), b'b'), self.state


@pytest.mark.parametrize('state', [(1, (1000, ), np.dtype('f8'), False, b'short'),
                                   (1, (-1, ), np.dtype('f8'), False, b''),
                                   (1, (2**40, 2**40), np.dtype('f8'), False, b''),
                                   (1, (1, ), 'f8', False, bytes(8)), (1, (1, )),
                                   (1, (1, ), np.dtype('f8'), False, [1.])],
                         ids=['too short', 'negative', 'overflow', 'no type', 'no data', 'list'])
def test_a_damaged_array_is_an_input_error(tmp_path, state):
    with pytest.raises(InputError, match=r'a\.pkl: content: found'):
        safe_pickle.load(write(tmp_path / 'a.pkl', pickle.dumps([Array(*state)])))


def test_the_garbage_collector_goes_on(tmp_path):
    for data in (pickle.dumps(1), b'damaged'):
        path = write(tmp_path / 'a.pkl', data)
        with suppress(InputError):
            safe_pickle.load(path)
        assert gc.isenabled()


@pytest.mark.parametrize('data, says', [
    (b'Np999999999\n.', 'object 999999999 of a file of 13 bytes'),
    (b'\x80\x02Nr\xff\xff\xff\x0f.', 'object 268435455 of a file of 9 bytes'),
    (b'cbuiltins\nbytearray\n(I5300000000\ntR.', 'a bytearray of 5300000000 zeros'),
    (pickle.dumps(dict(annotations=[])) + b'x', 'more bytes after its end'),
    (pickle.dumps([1]) + pickle.dumps([2]), 'more bytes after its end'),
])
def test_what_would_fill_the_memory_or_is_left_over_is_refused(tmp_path, data, says):
    path = tmp_path / 'a.pkl'
    path.write_bytes(data)
    with pytest.raises(InputError, match=f'a.pkl: content: found UnpicklingError .{says}.'):
        safe_pickle.load(path)


def test_byte_arrays_of_bytes_are_read(tmp_path):
    path = tmp_path / 'a.pkl'
    for protocol in range(6):
        path.write_bytes(pickle.dumps([bytearray(b'ab'), bytearray()], protocol))
        assert safe_pickle.load(path) == [bytearray(b'ab'), bytearray()]
