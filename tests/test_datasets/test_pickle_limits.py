"""A few bytes may not make the reader fill the memory, hash for ever or overflow its stack."""
import collections
import pickle
import random

import numpy as np
import pytest

from mmaction_d3d.datasets import pickle_limits, safe_pickle
from mmaction_d3d.errors import InputError
from tests.hostile import pickles

BOMBS = dict(pickles.bombs())
HARMLESS = {
    'deep lists', 'deep pairs', 'list in itself', 'array of no sides', 'array of many axes',
    'number of a megabyte'
}


@pytest.mark.parametrize('name', sorted(BOMBS.keys() - HARMLESS - {'twelve million lists'}))
def test_bombs_are_refused_before_they_are_read(tmp_path, name):
    (tmp_path / 'a.pkl').write_bytes(BOMBS[name])
    with pytest.raises(InputError, match=r'a\.pkl: content: found .*Error \(.+\), want a complete'):
        safe_pickle.load(tmp_path / 'a.pkl')


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_annotations_hold_passes(protocol):
    shape = (48, 64)
    content = dict(
        annotations=[
            dict(frame_dir=f'clip{i}', img_shape=shape, original_shape=shape, label=i,
                 keypoint=np.zeros((1, i, 17, 2), np.float16)) for i in range(300)
        ], split=collections.OrderedDict(train=tuple(f'clip{i}' for i in range(300))),
        by_size={(48, 64): {1, 2}, (1, (2, 3)): frozenset([4])}, raw=b'ab', text='é' * 300)
    pickle_limits.check(pickle.dumps(content, protocol))


@pytest.mark.parametrize('make', [
    lambda key: {key: 0}, lambda key: {key}, lambda key: frozenset([key]),
    lambda key: {key: 0, 1: 2}
], ids=['dict', 'set', 'frozenset', 'dict of two'])
@pytest.mark.parametrize('protocol', [0, 2, 4])
def test_keys_of_many_parts_are_refused_however_they_are_written(tmp_path, protocol, make):
    key = (1, )
    for _ in range(12):  # 2^12 ways to the number
        key = (key, key)
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps(make(key), protocol))
    with pytest.raises(InputError, match='a key of '):
        safe_pickle.load(tmp_path / 'a.pkl')


def test_the_cost_of_a_key_is_that_of_its_parts():
    """By a count over values that are drawn at random."""
    draw = random.Random(0)

    def value(depth):
        return tuple(value(depth - 1) for _ in range(draw.randrange(3))) if depth else 7

    def parts(key):
        return 1 + sum(1 + (parts(x) if isinstance(x, tuple) else 0) for x in key)

    for _ in range(100):
        key = (value(5), )
        walk = pickle_limits._Walk(pickle.dumps({key: 0}, 4) + b'')
        walk.run()
        assert walk.hashed == parts(key)
