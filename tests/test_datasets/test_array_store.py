"""Arrays in a file that is mapped into memory."""
import copy
import pickle
import tempfile

import numpy as np
import pytest

from mmaction_d3d.datasets.array_store import ArrayStore
from mmaction_d3d.errors import InputError

ARRAYS = [
    np.arange(24, dtype=np.float16).reshape(1, 3, 4, 2),
    np.zeros((0, 3, 4), np.float32),
    np.arange(12, dtype=np.float64).reshape(3, 4).T,  # not contiguous
    np.float32(7).reshape(()),
]


def stored():
    store = ArrayStore()
    for values in ARRAYS:
        store.append(values)
    return store


def assert_equal(store):
    assert len(store) == len(ARRAYS)
    for index, values in enumerate(ARRAYS):
        assert store[index].dtype == values.dtype
        np.testing.assert_array_equal(store[index], values)


def test_arrays_come_back_as_they_were():
    store = stored()
    assert_equal(store)
    store.append(ARRAYS[0] + 1)  # after it was mapped
    np.testing.assert_array_equal(store[4], ARRAYS[0] + 1)
    with pytest.raises(ValueError, match='read-only'):
        store[0][:] = 0


def test_a_process_that_is_not_forked_gets_them_too():
    store = pickle.loads(pickle.dumps(stored()))
    assert_equal(store)
    store.append(ARRAYS[0])
    np.testing.assert_array_equal(store[4], ARRAYS[0])
    assert copy.deepcopy(store) is store


def test_a_full_folder_is_named(monkeypatch):

    class Full:

        def tell(self):
            return 0

        def write(self, data):
            raise OSError(28, 'No space left on device')

    monkeypatch.setattr(tempfile, 'TemporaryFile', Full)
    with pytest.raises(InputError, match='found No space left on device, want room .* TMPDIR'):
        stored()
