"""The command that makes the synthetic data set."""
import importlib
import os
import runpy
import signal
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / 'tools' / 'data' / 'make_synthetic.py'


@pytest.fixture
def call(monkeypatch, tmp_path):

    def run(*arguments):
        small = ('--num-train=1', '--num-val=1', '--num-test=1', '--num-frames=2', '--size=64')
        monkeypatch.setattr(sys, 'argv',
                            [str(TOOL), f'--out={tmp_path / "data"}', *small, *arguments])
        runpy.run_path(str(TOOL), run_name='__main__')

    return run


def test_it_writes_the_files_and_says_where(call, tmp_path, capsys):
    call()
    assert len(list((tmp_path / 'data' / 'videos').glob('*.mp4'))) == 3
    assert capsys.readouterr().out.splitlines()[-2].endswith(
        str(tmp_path / 'data' / 'annotations.pkl'))


def test_other_arguments_end_in_one_line_and_exit_code_2(call, capsys):
    call()
    with pytest.raises(SystemExit) as end:
        call('--seed=1')
    assert end.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(
        'seed: found 0, want 1: choose another --out or delete this folder')


def test_a_process_that_is_killed_ends_it_in_one_line_that_names_the_clip(
        call, monkeypatch, capsys):
    # The package has a function of the module's name.
    generate = importlib.import_module('mmaction_d3d.datasets.synthetic.generate')
    make = generate._make_clip

    def make_or_die(job):
        if job[2] == 'val':
            os.kill(os.getpid(), signal.SIGKILL)
        return make(job)

    monkeypatch.setattr(generate, '_make_clip', make_or_die)
    with pytest.raises(SystemExit) as end:
        call('--workers=2')
    assert end.value.code == 2
    says = 'videos val 0: worker process: found its end by SIGKILL at this job'
    assert says in capsys.readouterr().err.splitlines()[-1]
    monkeypatch.setattr(generate, '_make_clip', make)
    call()  # it goes on
