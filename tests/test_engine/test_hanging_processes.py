"""A process that hangs ends the run within a stated time, with a line that says so."""
import datetime
import multiprocessing
import os
import signal
import socket
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from torch.utils.data import DataLoader, Dataset

from mmaction_d3d import worker_notes
from mmaction_d3d.engine import build
from mmaction_d3d.engine.roll_call import roll_call
from mmaction_d3d.errors import InputError, find_system_mistake


class Hangs(Dataset):

    def __init__(self, ending=None):
        self.ending = ending

    def __len__(self):
        return 2

    def __getitem__(self, index):
        worker_notes.write(f'clip {index}.mp4')
        if index and self.ending is None:
            signal.pause()
        elif index:
            os.kill(os.getpid(), self.ending)
        return index


def test_a_loader_that_hangs():
    loader = DataLoader(Hangs(), num_workers=1, timeout=1)
    with pytest.raises(RuntimeError) as caught:
        list(loader)
    assert str(find_system_mistake(caught.value)).startswith(
        'data loader: worker process: found no batch for 1 s, as it is at clip 1.mp4 for ')


def test_a_loader_whose_worker_is_killed():
    loader = DataLoader(Hangs(signal.SIGKILL), num_workers=1)
    with pytest.raises(RuntimeError) as caught:
        list(loader)
    says = str(find_system_mistake(caught.value))
    assert 'worker process: found its end (' in says and ') at clip 1.mp4, want' in says


def test_loaders_with_workers_wait_no_longer_than_a_while():
    cfg = Config(
        dict(train_dataloader=dict(num_workers=2), val_dataloader=dict(num_workers=2, timeout=5),
             test_dataloader=dict(num_workers=0)))
    build._fit_loaders(cfg)
    assert cfg.train_dataloader.timeout == build.LOADER_TIMEOUT and cfg.val_dataloader.timeout == 5
    assert 'timeout' not in cfg.test_dataloader


def _of_rank(rank, port, ending, folder, answers):
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port), RANK=str(rank),
                      WORLD_SIZE='2')
    torch.distributed.init_process_group('gloo')
    group = torch.distributed.new_group(timeout=datetime.timedelta(seconds=2))
    hooks = []
    runner = SimpleNamespace(work_dir=folder, iter=6,
                             register_hook=lambda hook, _: hooks.append(hook))
    try:
        with roll_call(runner):
            hooks[0].before_train_iter(runner, 0)
            if rank and ending is None:
                signal.pause()
            elif rank:
                os.kill(os.getpid(), ending)
            torch.distributed.all_reduce(torch.ones(1), group=group)
    except (InputError, RuntimeError) as error:
        answers.send(str(error))


@pytest.mark.parametrize('ending', [None, signal.SIGKILL])
def test_another_process_that_hangs_or_dies_is_named(tmp_path, ending):
    fork = multiprocessing.get_context('fork')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    ours, theirs = fork.Pipe()
    team = [
        fork.Process(target=_of_rank, args=(rank, port, ending, tmp_path, theirs))
        for rank in range(2)
    ]
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
    assert '): process 1 was last at training iteration 7, which it reached at ' in says
    assert f', process number {team[1].pid} of ' in says and 'env_cfg.dist_cfg.timeout' in says
