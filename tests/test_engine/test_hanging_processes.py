"""A process that hangs ends the run within a stated time, with a line that says so."""
import datetime
import multiprocessing
import os
import signal
import socket
import time

import pytest
import torch
from mmengine.config import Config
from torch.utils.data import DataLoader, Dataset

from mmaction_d3d.engine import build
from mmaction_d3d.errors import find_system_mistake


class Hangs(Dataset):

    def __len__(self):
        return 2

    def __getitem__(self, index):
        time.sleep(600 * index)
        return index


def test_a_loader_that_hangs():
    loader = DataLoader(Hangs(), num_workers=1, timeout=1)
    with pytest.raises(RuntimeError) as caught:
        list(loader)
    assert str(find_system_mistake(caught.value)).startswith(
        'data loader: worker process: found no batch for 1 s, want one that answers')


def test_loaders_with_workers_wait_no_longer_than_a_while():
    cfg = Config(
        dict(train_dataloader=dict(num_workers=2), val_dataloader=dict(num_workers=2, timeout=5),
             test_dataloader=dict(num_workers=0)))
    build._fit_loaders(cfg)
    assert cfg.train_dataloader.timeout == build.LOADER_TIMEOUT and cfg.val_dataloader.timeout == 5
    assert 'timeout' not in cfg.test_dataloader


def _of_rank(rank, port, ending, answers):
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port), RANK=str(rank),
                      WORLD_SIZE='2')
    torch.distributed.init_process_group('gloo')
    group = torch.distributed.new_group(timeout=datetime.timedelta(seconds=2))
    if rank:
        if ending is not None:
            os.kill(os.getpid(), ending)
        signal.pause()
    try:
        torch.distributed.all_reduce(torch.ones(1), group=group)
    except RuntimeError as error:
        answers.send(str(find_system_mistake(error) or error))


@pytest.mark.parametrize('ending', [None, signal.SIGKILL])
def test_another_process_that_hangs_or_dies(ending):
    fork = multiprocessing.get_context('fork')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    ours, theirs = fork.Pipe()
    team = [fork.Process(target=_of_rank, args=(rank, port, ending, theirs)) for rank in range(2)]
    try:
        for process in team:
            process.start()
        assert ours.poll(60)
        says = ours.recv()
    finally:
        for process in team:
            process.kill()
            process.join()
    assert says.startswith('distributed run: process 0 of 2: found no answer of another one (')
    assert 'env_cfg.dist_cfg.timeout' in says
