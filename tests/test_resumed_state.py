"""What a checkpoint tells a training is of the types that a training saved."""
import copy

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from mmaction_d3d.errors import InputError
from mmaction_d3d.resumed_state import check_resumable

GOOD = dict(
    meta=dict(epoch=1, iter=2), optimizer=dict(state={}), param_schedulers=[{}],
    message_hub=dict(runtime_info=dict(max_epochs=3, max_iters=6, best_score=np.float32(0.5)),
                     log_scalars=dict(loss=HistoryBuffer([1.], [1])), resumed_keys={}))


def changed(path, value):
    content = copy.deepcopy(GOOD)
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return content


def test_what_a_training_saved_passes():
    check_resumable(GOOD, 'x.pth')
    check_resumable(changed(('message_hub', 'runtime_info', 'best_score'), torch.ones(())), 'x.pth')


@pytest.mark.parametrize('path', [('meta', ), ('meta', 'epoch'), ('meta', 'iter'), ('optimizer', ),
                                  ('meta', 'seed'), ('param_schedulers', ), ('message_hub', ),
                                  ('message_hub', 'runtime_info'), ('message_hub', 'log_scalars'),
                                  ('message_hub', 'log_scalars', 'loss'),
                                  ('message_hub', 'resumed_keys'),
                                  ('message_hub', 'runtime_info', 'max_epochs'),
                                  ('message_hub', 'runtime_info', 'max_iters'),
                                  ('message_hub', 'runtime_info', 'best_score')])
@pytest.mark.parametrize('value', ['abc', [[1]] * 3, {1, 2}], ids=['text', 'lists', 'set'])
def test_a_part_of_another_type_is_named(path, value):
    if path == ('param_schedulers', ) and isinstance(value, list):
        value = 7
    with pytest.raises(InputError, match=rf'x\.pth: {".".join(path)}: found'):
        check_resumable(changed(path, value), 'x.pth')


@pytest.mark.parametrize('value', [-1, 2**32, 1.5, True, torch.zeros(2)])
def test_a_seed_is_one_that_numpy_takes(value):
    with pytest.raises(InputError, match=r'meta\.seed: found'):
        check_resumable(changed(('meta', 'seed'), value), 'x.pth')


@pytest.mark.parametrize('value', [-1, None, 10**30, 1.5, True])
def test_counts_are_whole_numbers(value):
    with pytest.raises(InputError, match=r'meta\.iter: found'):
        check_resumable(changed(('meta', 'iter'), value), 'x.pth')
