"""What each process of a training has for itself goes on where it was."""
import multiprocessing
import os
import socket

import pytest
import torch
from torch import nn

from mmaction_d3d.engine.rank_buffers import KEY, differing_buffers, use_own_buffers
from mmaction_d3d.errors import InputError


def _of_rank(rank, port, answers):
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    torch.distributed.init_process_group('gloo', rank=rank, world_size=2)
    norm = nn.BatchNorm1d(2)
    equal = differing_buffers(norm)
    norm.running_mean += rank
    checkpoint = {'state_dict': nn.BatchNorm1d(2).state_dict(), KEY: differing_buffers(norm)}
    use_own_buffers(checkpoint, 'x.pth')
    answers.send((rank, equal, checkpoint['state_dict']['running_mean'].tolist()))
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


def test_each_process_gets_its_own_back():
    fork = multiprocessing.get_context('fork')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    ours, theirs = fork.Pipe()
    team = [fork.Process(target=_of_rank, args=(rank, port, theirs)) for rank in range(2)]
    try:
        for process in team:
            process.start()
        assert ours.poll(300)
        answers = sorted(ours.recv() for _ in team)
        for process in team:
            process.join()
        assert [process.exitcode for process in team] == [0, 0]
    finally:
        for process in team:
            process.kill()
    assert answers == [(0, [], [0., 0.]), (1, [], [1., 1.])]


@pytest.fixture
def two_processes(monkeypatch):
    monkeypatch.setattr('mmaction_d3d.engine.rank_buffers.get_world_size', lambda: 2)
    monkeypatch.setattr('mmaction_d3d.engine.rank_buffers.get_rank', lambda: 1)


def _checkpoint(**buffers):
    return {'state_dict': nn.BatchNorm1d(2).state_dict(), KEY: [{}, buffers]}


def test_another_number_of_processes_has_those_of_the_first():
    checkpoint = _checkpoint(running_mean=torch.ones(2))
    use_own_buffers(checkpoint, 'x.pth')
    assert checkpoint['state_dict']['running_mean'].tolist() == [0, 0]


@pytest.mark.parametrize('buffers', [
    dict(none=torch.ones(2)),
    dict(running_mean=torch.ones(3)),
    dict(running_mean=7),
    dict(running_mean=torch.ones(2, dtype=torch.int64)),
    dict(running_mean=torch.tensor([0., torch.nan]))
])
def test_buffers_of_another_model_are_refused(two_processes, buffers):
    with pytest.raises(InputError, match=f'x.pth: {KEY}.'):
        use_own_buffers(_checkpoint(**buffers), 'x.pth')


def test_what_is_no_list_of_dicts_is_refused_or_left_out(two_processes):
    with pytest.raises(InputError, match='a dict of buffers'):
        use_own_buffers({'state_dict': {}, KEY: [1, 2]}, 'x.pth')
    use_own_buffers({'state_dict': {}, KEY: 7}, 'x.pth')
