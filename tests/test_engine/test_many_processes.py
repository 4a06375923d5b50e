"""A batch split over processes, or over iterations, trains as the whole batch does."""
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name('train_small.py')


def train(folder, processes, batch_size, accumulated=1):
    """Trains, returns the parameters and all that was printed."""
    command = [
        str(SCRIPT),
        str(folder), 'pytorch' if processes > 1 else 'none',
        str(batch_size),
        str(accumulated)
    ]
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    launch = [
        '-m', 'torch.distributed.run', f'--nproc_per_node={processes}', f'--master_port={port}'
    ] if processes > 1 else []
    # Without GPUs, so that the processes talk by gloo on any machine.
    env = dict(os.environ, OMP_NUM_THREADS='1', CUDA_VISIBLE_DEVICES='', PYTHONWARNINGS='default')
    done = subprocess.run([sys.executable, *launch, *command], env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return torch.load(folder / 'last.pth'), done.stdout


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    return train(tmp_path_factory.mktemp('whole'), 1, 4)


@pytest.fixture(scope='module')
def split(tmp_path_factory):
    return train(tmp_path_factory.mktemp('split'), 2, 2)


def assert_same(result, wanted):
    assert result.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(result[name], value, rtol=0, atol=2e-5, msg=name)


def test_two_processes_give_one_process_s_result(whole, split):
    assert_same(split[0], whole[0])


def test_two_accumulated_batches_give_one_batch_s_result(whole, tmp_path):
    assert_same(train(tmp_path, 1, 2, accumulated=2)[0], whole[0])


def test_distributed_training_warns_of_nothing(split):
    log = split[1]
    for word in ('bucket', 'broadcast_buffers', 'find_unused', 'unused parameters'):
        assert word not in log, [line for line in log.splitlines() if word in line]
