"""A training that is killed and goes on ends as one that was left alone, to the bit."""
import signal

import pytest
import torch

from mmaction_d3d.engine.stop_signals import STOPPED
from tests import torture


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Holds the data."""
    folder = tmp_path_factory.mktemp('torture')
    torture.make_data(folder / 'data')
    return folder


@pytest.fixture(scope='module')
def alone(folder):
    """The training that was left alone."""
    alone = torture.Training(folder / 'data', folder / 'alone', 0).end()
    assert alone.code == 0, alone.lines
    return alone


def test_the_comparison_sees_one_bit(folder, alone):
    outcome = torture.outcome(folder / 'alone')
    assert len(outcome['lines']) == 12 and len(outcome['state_dict']) > 50
    assert {'epoch_2.pth', 'epoch_3.pth', 'best.pth'} <= set(outcome['files'])
    other = torture.outcome(folder / 'alone')
    name, (dtype, shape, data) = next(iter(other['state_dict'].items()))
    other['state_dict'][name] = dtype, shape, bytes([data[0] ^ 1]) + data[1:]
    assert torture.differences(other, outcome) == ['state_dict']


@pytest.mark.parametrize('trial', range(4))
def test_a_training_that_is_killed_ends_as_one_that_is_not(folder, alone, trial):
    """SIGKILL at a random moment; 0, 1 and 2 workers load the data."""
    moment, differ = torture.kill_once(folder / 'data', folder, trial, alone.length)
    assert not differ, f'killed after {moment} s'


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGUSR1])
def test_a_training_that_is_asked_to_end_saves_and_goes_on_exactly(folder, alone, tmp_path, number):
    stopped = torture.Training(folder / 'data', tmp_path, 1).end(number, 0.3 * alone.length)
    assert stopped.code == STOPPED, stopped.lines
    assert f'Stopped by {number.name}: ' in stopped.lines[-1]
    last = torch.load((tmp_path / 'last_checkpoint').read_text(), weights_only=True)
    resumed = torture.Training(folder / 'data', tmp_path, 0).end()
    assert f"iter: {last['meta']['iter']}" in ''.join(resumed.lines)
    assert not torture.differences(torture.outcome(tmp_path), torture.outcome(folder / 'alone'))
