"""How a tool ends on a wrong input, on any other error, and on none."""
import json
import multiprocessing
import pickle
import sys
from pathlib import Path

import pytest
from torch.utils.data import DataLoader, Dataset

from mmaction_d3d import cli
from mmaction_d3d.errors import InputError

MISTAKE = InputError('clips.pkl', 'annotations[3].label', 7, 'a label below 6')
LINE = 'error: clips.pkl: annotations[3].label: found 7, want a label below 6'


class _BrokenDataset(Dataset):

    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise MISTAKE


def _raise(error, cause=None):
    raise error from cause


def _chained():
    try:
        raise MISTAKE
    except InputError:
        raise RuntimeError('building the data set failed')


@pytest.fixture
def run(monkeypatch, capfd):
    """Runs a main as a tool with arguments; gives exit code and lines of stderr."""

    def run(main, *argv):
        monkeypatch.setattr(sys, 'argv', ['tool.py', *argv])
        with pytest.raises(SystemExit) as stop:
            cli.run(main)
        return stop.value.code, capfd.readouterr().err.splitlines()

    return run


def test_message_names_file_field_found_and_want():
    assert f'error: {MISTAKE}' == LINE


def test_error_keeps_its_parts_as_data():
    assert vars(MISTAKE) == dict(file='clips.pkl', field='annotations[3].label', found=7,
                                 want='a label below 6')
    assert vars(InputError(Path('a'))) == dict(file='a', field=None, found=None, want=None)


@pytest.mark.parametrize('error', [
    MISTAKE, InputError('the whole message'),
    InputError(Path('a'), 'b', lambda: None, OSError('what no process could be sent: found')),
], ids=['parts', 'message', 'objects'])
def test_error_survives_pickling_and_pools(error):
    with multiprocessing.get_context('fork').Pool(1) as pool:
        with pytest.raises(InputError) as caught:
            pool.apply(_raise, [error])
    for other in (caught.value, pickle.loads(pickle.dumps(error))):
        assert (str(other), vars(other)) == (str(error), vars(error))


@pytest.mark.parametrize('main', [
    lambda: _raise(MISTAKE),
    lambda: _raise(RuntimeError('while building'), MISTAKE),
    _chained,
    lambda: next(iter(DataLoader(_BrokenDataset(), num_workers=1))),
], ids=['raised', 'cause', 'context', 'worker'])
def test_wrong_input_is_one_line_and_exit_code_2(run, main):
    assert run(main) == (2, [LINE])


def test_message_of_several_lines_is_printed_as_one(run):
    assert run(lambda: _raise(InputError('a.py', 'line 1', 'x\n  y', 'z')))[1] == [
        'error: a.py: line 1: found x y, want z']


def test_debug_shows_the_traceback_before_the_line(run):
    code, lines = run(lambda: _raise(MISTAKE), '--debug')
    assert (code, lines[0], lines[-1]) == (2, 'Traceback (most recent call last):', LINE)


def test_torchrun_finds_the_message(run, tmp_path, monkeypatch):
    file = tmp_path / 'error.json'
    monkeypatch.setenv('TORCHELASTIC_ERROR_FILE', str(file))
    run(lambda: _raise(MISTAKE))
    message = json.loads(file.read_text())['message']
    assert (message['message'], message['line']) == (f'InputError: {MISTAKE}', str(MISTAKE))


def test_other_errors_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        cli.run(lambda: 1 / 0)


def test_hidden_context_is_not_searched():
    def main():
        try:
            raise MISTAKE
        except InputError:
            raise RuntimeError('a bug of ours') from None

    with pytest.raises(RuntimeError):
        cli.run(main)


def test_success_returns():
    assert cli.run(lambda: None) is None
