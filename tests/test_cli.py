"""How a tool ends on a wrong input, on any other error, and on none."""
import argparse
import json
import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from torch.utils.data import DataLoader, Dataset

from mmaction_d3d import __version__, cli
from mmaction_d3d.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
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
        raise RuntimeError('building the data set failed')  # noqa: B904 - the chain is tested


@pytest.fixture
def run(monkeypatch, capfd):
    """Runs a main as a tool with arguments; give exit code and lines of stderr."""

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
    MISTAKE,
    InputError('the whole message'),
    InputError(Path('a'), 'b', lambda: None, OSError('what no process could be sent: found')),
], ids=['parts', 'message', 'objects'])
def test_error_survives_pickling_and_pools(error):
    with multiprocessing.get_context('fork').Pool(1) as pool, pytest.raises(InputError) as caught:
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


class _Killed(Dataset):
    """Kills the process that reads it."""

    def __len__(self):
        return 1

    def __getitem__(self, index):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_of_a_data_loader_is_one_line(run):
    code, lines = run(lambda: next(iter(DataLoader(_Killed(), num_workers=1))))
    assert code == 2 and len(lines) == 1
    # What torch says depends on where it learns of it.
    assert re.match(
        r'error: data loader: worker process: found its end \((killed by signal: Killed|exited '
        r'unexpectedly)\), want one that lives', lines[0])


def test_message_of_several_lines_is_printed_as_one(run):
    assert run(lambda: _raise(InputError('a.py', 'line 1', 'x\n  y', 'z')))[1] == [
        'error: a.py: line 1: found x y, want z'
    ]


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


@pytest.mark.parametrize('kwargs, text, says', [
    (dict(least=1), '0', 'found 0, want at least 1'),
    (dict(least=1), 'x', 'found x, want a whole number, at least 1'),
    (dict(least=0, most=9), '10', 'found 10, want at least 0, at most 9'),
    (dict(most=9), '1' + 400 * '0', 'found 1' + 400 * '0' + ', want at most 9'),
    (dict(kind=float, above=0), '0', 'found 0.0, want more than 0'),
    (dict(kind=float, above=0), 'nan', 'found nan, want a finite number, more than 0'),
    (dict(kind=float, above=0), 'inf', 'found inf, want a finite number, more than 0'),
    (dict(kind=float, least=0, below=1), '1', 'found 1.0, want at least 0, below 1'),
])
def test_a_number_out_of_range_is_one_line(run, kwargs, text, says):

    def main():
        parser = cli.Parser()
        parser.add_argument('--share', type=cli.number(**kwargs))
        parser.parse_args([f'--share={text}'])

    assert run(main) == (2, [f'error: command line: --share: {says}'])


def test_numbers_in_range_are_parsed_and_other_mistakes_show_the_usage(run):
    parser = cli.Parser()
    parser.add_argument('number', type=cli.number(least=1))
    assert parser.parse_args(['1', '--debug']) == argparse.Namespace(number=1, debug=True)
    code, lines = run(lambda: parser.parse_args(['1', '--debug=x']))
    assert (code, lines[0][:6]) == (2, 'usage:')


@pytest.mark.parametrize('flags, out', [(['--version'], f'mmaction_d3d {__version__}'),
                                        (['--help'], 'show the traceback')])
def test_the_tool_that_needs_nothing_installed_has_the_same_flags(flags, out):
    done = subprocess.run([sys.executable, '-S', ROOT / 'tools' / 'check_env.py', *flags],
                          capture_output=True, text=True)
    assert done.returncode == 0 and out in done.stdout, done.stderr


def test_the_next_step_is_named_as_the_tool_was_started(capsys, monkeypatch):
    step = 'test.py', 'configs/d3d_custom.py', 'my run/best.pth'
    cli.next_step(*step)
    monkeypatch.setattr(sys, 'argv', ['d3d train', 'c.py'])
    cli.next_step(*step)
    assert capsys.readouterr().out.splitlines() == [
        "next: python tools/test.py configs/d3d_custom.py 'my run/best.pth'",
        "next: d3d test mmaction_d3d::d3d_custom.py 'my run/best.pth'"
    ]
