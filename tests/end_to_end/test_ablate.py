"""A study on a handful of clips: runs, is killed, goes on, and adds seeds."""
import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TINY = [
    '--cfg-options', 'synthetic.num_train=8', 'synthetic.num_val=8', 'synthetic.num_test=8',
    'synthetic.num_frames=6', 'train_cfg.max_epochs=1', 'param_scheduler.1.end=1',
    'model.backbone.backbone.base_channels=2', 'model.cls_head.in_channels=8',
    'model.backbone.num_blocks=1'
]


@pytest.fixture
def command(tmp_path):

    def make(*arguments):
        return [
            sys.executable,
            str(ROOT / 'tools' / 'ablate.py'), *arguments, f'--work-dir={tmp_path / "work"}',
            f'--results={tmp_path / "results.csv"}', f'--data-root={tmp_path / "data"}', *TINY
        ]

    return make


def rows(folder):
    try:
        with open(folder / 'results.csv', newline='') as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return []


def alive(pid):
    """Whether a process still does something; one that ended may wait to be noticed."""
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != 'Z'


def children(pid):
    return [int(child) for child in Path(f'/proc/{pid}/task/{pid}/children').read_text().split()]


def wait_for(condition, seconds=240):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'it never came'
        time.sleep(0.2)


def test_a_killed_study_goes_on_and_repeats_nothing(command, tmp_path):
    process = subprocess.Popen(command('wrap', '--jobs=1'), stdout=subprocess.DEVNULL)
    second = tmp_path / 'work' / 'wrap_off_seed0'
    wait_for(lambda: (second / 'job.json').exists())
    (worker, ) = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_for(lambda: not alive(worker))
    assert [row['config'] for row in rows(tmp_path)] == ['ours']
    first_result = tmp_path / 'work' / 'ours_seed0' / 'result.json'
    before = first_result.stat().st_mtime_ns

    out = subprocess.run(command('wrap', '--jobs=1'), capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert '1 runs to do' in out.stdout and first_result.stat().st_mtime_ns == before
    both = {row['config']: row for row in rows(tmp_path)}
    assert set(both) == {'ours', 'wrap_off'}
    for row in both.values():
        assert float(row['top1']) == int(row['correct']) / int(row['num_test'])
        assert row['num_test'] == '8' and float(row['offset_std_x']) >= 0
    assert '| clamped at the end |' in out.stdout
    assert {'wrap.md', 'wrap.png'} <= {path.name for path in (tmp_path / 'work').iterdir()}

    # Test frames of a checkpoint that is there: one more test, no more training.
    out = subprocess.run(command('figA1'), capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert len(rows(tmp_path)) == 6
    log = (tmp_path / 'work' / 'ours_seed0' / 'run.log').read_text()
    assert log.count('Saving checkpoint at 1 epochs') == 1


def test_a_run_that_fails_is_named_and_ends_with_an_error(command, tmp_path):
    arguments = [*command('wrap'), 'model.cls_head.in_channels=9']
    out = subprocess.run(arguments, capture_output=True, text=True)
    assert out.returncode == 2
    assert out.stderr.strip().splitlines()[-1].startswith('error: ')
    assert '2 that failed (ours seed 0, wrap_off seed 0)' in out.stderr
    assert 'wrap_off seed 0 failed: ' in out.stdout and rows(tmp_path) == []


@pytest.mark.parametrize('arguments, text', [
    (['table9'], 'STUDY: found table9, want one of table4'),
    ([], 'STUDY: found nothing'),
    (['wrap', '--jobs', '0'], '--jobs: found 0'),
    (['--redraw', '--base', 'a.py'], '--redraw: found with --base'),
    (['wrap', '--base', 'no.py'], 'no.py: --base'),
])
def test_a_wrong_command_line_is_answered(arguments, text, run_tool):
    ended = run_tool('ablate.py', *arguments)
    assert ended.code == 2 and text in ended.last_line
