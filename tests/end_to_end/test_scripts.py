"""The shell scripts start processes as they should, without GPUs and without Slurm."""
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from mmaction_d3d.engine.stop_signals import STOPPED

TOOLS = Path(__file__).parents[2] / 'tools'


@pytest.fixture
def run_shell(tmp_path):
    """Runs a script of ``tools/`` with an own port and a stand-in for Slurm's ``srun``."""
    srun = tmp_path / 'bin' / 'srun'
    srun.parent.mkdir()
    srun.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    srun.chmod(0o755)

    def run(name, *args, **variables):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        env = dict(os.environ, PATH=f'{srun.parent}:{os.environ["PATH"]}', PORT=str(port),
                   PYTHON=sys.executable, OMP_NUM_THREADS='1', **variables)
        command = [TOOLS / name, *map(str, args)]
        with subprocess.Popen(command, env=env, text=True, cwd=tmp_path, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, start_new_session=True) as process:
            try:
                output = process.communicate()
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # it, or what it left behind
        return subprocess.CompletedProcess(command, process.returncode, *output)

    return run


def test_two_processes_train_on_cpus(run_shell, ut_args, work_dir):
    ended = run_shell('dist_train.sh', ut_args[0], 2, *ut_args[1:], 'train_dataloader.batch_size=1')
    assert ended.returncode == 0, ended.stderr
    # Two clips, one for each process: a single step.
    assert 'Epoch(train) [1][1/1]' in ended.stdout and (work_dir / 'epoch_1.pth').exists()


def test_two_processes_test_all_clips_on_cpus(run_shell, ut_args, ut_data, trained, tmp_path):
    dump = tmp_path / 'predictions.pkl'
    ended = run_shell('dist_test.sh', ut_args[0], trained, 2, *ut_args[1:], '--dump', dump)
    assert ended.returncode == 0, ended.stderr
    assert len(pickle.loads(dump.read_bytes())) == len(ut_data.content['split']['test'])


def test_wrong_input_ends_distributed_training_as_any_other(run_shell):
    ended = run_shell('dist_train.sh', 'none.py', 1)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith('error: none.py: config: found ')


SOURCED = {'slurm.sh', 'usage.sh'}  # by the others
SCRIPTS = sorted(path.name for path in TOOLS.glob('*.sh') if path.name not in SOURCED)
USAGES = {name: (TOOLS / name).read_text().splitlines()[1].removeprefix('# ') for name in SCRIPTS}


@pytest.mark.parametrize('flag', ['--help', '-h'])
@pytest.mark.parametrize('name', SCRIPTS)
def test_help_prints_the_usage_and_nothing_else(run_shell, name, flag, tmp_path):
    before = sorted(tmp_path.rglob('*'))
    ended = run_shell(name, flag)
    assert (ended.returncode, ended.stderr) == (0, '')
    lines = ended.stdout.splitlines()
    assert lines[0] == USAGES[name] and lines[0].startswith(f'usage: tools/{name}')
    assert 2 < len(lines) < 8 and not any(line.startswith(('#', 'set ')) for line in lines)
    assert sorted(tmp_path.rglob('*')) == before


@pytest.mark.parametrize('name', [name for name in SCRIPTS if name != 'setup_venv.sh'])
def test_missing_arguments_give_the_usage_in_one_line(run_shell, name):
    needed = len(re.findall(r' [A-Z]+\b', USAGES[name].partition(' [')[0]))
    for number in range(needed):
        ended = run_shell(name, *['x'] * number)
        assert (ended.returncode, ended.stdout) == (2, ''), number
        assert ended.stderr == f'{USAGES[name]}\n'


def test_setup_takes_no_arguments(run_shell):
    ended = run_shell('setup_venv.sh', 'here')
    assert (ended.returncode, ended.stdout) == (2, '')
    assert ended.stderr == 'error: command line: arguments: found here, want none\n'


@pytest.mark.parametrize('name', [name for name in SCRIPTS if name != 'setup_venv.sh'])
def test_pages_show_the_arguments_of_the_usage(name):
    page = (TOOLS.parent / 'docs/interface.md').read_text()
    shown = re.search(rf'`(tools/{name}[^`]*)`', page)[1]
    assert USAGES[name].replace('[WORK_DIR]', 'WORK_DIR').startswith(f'usage: {shown}')


@pytest.mark.parametrize('name, args, tail', [
    ('slurm_train.sh', ['part', 'job', 'c.py', 'work dir', '--seed', '1'],
     ['train.py', 'c.py', '--launcher=slurm', '--work-dir', 'work dir', '--seed', '1']),
    ('slurm_train.sh', ['part', 'job', 'c.py'], ['train.py', 'c.py', '--launcher=slurm']),
    ('slurm_train.sh', ['part', 'job', 'c.py', '--seed', '1'
                        ], ['train.py', 'c.py', '--launcher=slurm', '--seed', '1']),
    ('slurm_test.sh', ['part', 'job', 'c.py', 'w.pth', '--dump', 'd.pkl'
                       ], ['test.py', 'c.py', 'w.pth', '--launcher=slurm', '--dump', 'd.pkl']),
])
def test_slurm_gets_resources_and_command(run_shell, name, args, tail):
    ended = run_shell(name, *args, GPUS='4', GPUS_PER_NODE='2', SRUN_ARGS='--quiet --exclusive')
    lines = ended.stdout.splitlines()
    if name == 'slurm_train.sh':
        lines.remove('--signal=USR1@120')
    assert lines[:9] == [
        '-p', 'part', '--job-name=job', '--gres=gpu:2', '--ntasks=4', '--ntasks-per-node=2',
        '--cpus-per-task=5', '--kill-on-bad-exit=1', '--quiet'
    ]
    assert lines[9:12] == ['--exclusive', sys.executable, '-u']
    assert [os.path.basename(lines[12]), *lines[13:]] == tail


@pytest.fixture
def preempted(tmp_path, run_shell):
    """Lets ``srun`` end as a training that saved and ended so often, then as one that is done."""

    def arrange(times, code=0):
        (tmp_path / 'bin' / 'srun').write_text(
            f'#!/bin/sh\nshift 9\necho "$@"\necho x >> runs\n[ $(wc -l < runs) -le {times} ] && '
            f'exit {STOPPED}\nexit {code}\n')
        scontrol = tmp_path / 'bin' / 'scontrol'
        scontrol.write_text('#!/bin/sh\necho scontrol "$@"\n')
        scontrol.chmod(0o755)

    return arrange


def test_slurm_goes_on_with_a_training_that_was_stopped(run_shell, preempted):
    preempted(2)
    ended = run_shell('slurm_train.sh', 'part', 'job', 'c.py', '--seed', '1', SLURM_JOB_ID='')
    assert ended.returncode == 0
    assert [line.partition('--launcher=slurm ')[2] for line in ended.stdout.splitlines()
            ] == ['--seed 1', '--seed 1 --resume', '--seed 1 --resume']


def test_slurm_ends_as_a_training_that_failed(run_shell, preempted):
    preempted(0, code=2)
    ended = run_shell('slurm_train.sh', 'part', 'job', 'c.py', SLURM_JOB_ID='')
    assert ended.returncode == 2 and len(ended.stdout.splitlines()) == 1


def test_a_batch_job_is_queued_again_and_then_goes_on(run_shell, preempted):
    preempted(1)
    ended = run_shell('slurm_train.sh', 'part', 'job', 'c.py', SLURM_JOB_ID='17')
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[1:] == ['scontrol requeue 17']
    ended = run_shell('slurm_train.sh', 'part', 'job', 'c.py', SLURM_JOB_ID='17',
                      SLURM_RESTART_COUNT='1')
    assert ended.stdout.rstrip().endswith('c.py --launcher=slurm --resume')
