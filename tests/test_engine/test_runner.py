"""Distributed training without GPUs; one process is enough to see each choice."""
import os
import socket

import pytest
import torch
from mmengine.model import BaseModel
from torch import distributed

from mmaction_d3d.engine import AutoDeviceRunner

cpus = pytest.mark.skipif(torch.cuda.is_available(), reason='is about machines without a GPU')


class Toy(BaseModel):

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.SyncBatchNorm(3)

    def forward(self, inputs, mode):
        return dict(loss=self.norm(inputs).square().sum())


def toy_runner(work_dir, launcher='pytorch', accumulated=1, **kwargs):
    return AutoDeviceRunner(
        model=Toy(), work_dir=str(work_dir), launcher=launcher, train_dataloader=dict(
            batch_size=2, dataset=torch.utils.data.TensorDataset(torch.rand(4, 3)),
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=lambda batch: dict(inputs=torch.stack([x for x, in batch]))),
        train_cfg=dict(by_epoch=True,
                       max_epochs=1), optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1),
                                                         accumulative_counts=accumulated),
        env_cfg=dict(dist_cfg=dict(backend='nccl')), cfg=dict(sync_bn='torch'),
        experiment_name=str(work_dir), **kwargs)


@pytest.fixture
def one_process(monkeypatch):
    """The environment that torchrun and Slurm make, for a single process."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    env = dict(RANK=0, LOCAL_RANK=0, WORLD_SIZE=1, MASTER_ADDR='127.0.0.1', MASTER_PORT=port,
               SLURM_PROCID=0, SLURM_LOCALID=0, SLURM_NTASKS=1, SLURM_NODELIST='localhost')
    for name, value in env.items():
        monkeypatch.setenv(name, str(value))
    yield
    distributed.destroy_process_group()


@cpus
@pytest.mark.parametrize('launcher', ['pytorch', 'slurm'])
def test_gloo_stands_in_for_nccl(one_process, tmp_path, launcher):
    toy_runner(tmp_path, launcher)
    assert distributed.get_backend() == 'gloo'


@cpus
def test_sync_bn_is_left_to_gpus(one_process, tmp_path):
    runner = toy_runner(tmp_path)
    assert not any(isinstance(m, torch.nn.SyncBatchNorm) for m in runner.model.modules())


@cpus
def test_wrapped_model_trains_on_cpu(one_process, tmp_path):
    runner = toy_runner(tmp_path)
    runner.train()
    weight = runner.model.module.norm.weight
    assert not torch.equal(weight, torch.ones(3))


@cpus
def test_other_wrapper_of_the_config_is_used(one_process, tmp_path):
    runner = toy_runner(tmp_path)
    wrapped = runner.wrap_model(dict(type='MMDistributedDataParallel', find_unused_parameters=True),
                                Toy())
    assert wrapped.find_unused_parameters


def test_gpu_selection_is_as_it_was_afterwards(one_process, tmp_path):
    select = torch.cuda.set_device
    toy_runner(tmp_path)
    assert torch.cuda.set_device is select


def test_one_process_needs_no_communication(tmp_path):
    toy_runner(tmp_path, launcher='none')
    assert not distributed.is_initialized()


@pytest.fixture
def any_algorithm(monkeypatch):
    """Leaves torch's switches, and the environment, as they were."""
    monkeypatch.delenv('CUBLAS_WORKSPACE_CONFIG', raising=False)
    yield
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.deterministic = False


def test_deterministic_run_asks_torch_and_cublas_for_it(any_algorithm, tmp_path):
    toy_runner(tmp_path, launcher='none', randomness=dict(seed=0, deterministic=True))
    assert torch.are_deterministic_algorithms_enabled() and torch.backends.cudnn.deterministic
    assert os.environ['CUBLAS_WORKSPACE_CONFIG'] == ':4096:8'


def test_workspace_of_cublas_that_the_user_chose_stays(any_algorithm, tmp_path, monkeypatch):
    monkeypatch.setenv('CUBLAS_WORKSPACE_CONFIG', ':16:8')
    toy_runner(tmp_path, launcher='none', randomness=dict(seed=0, deterministic=True))
    assert os.environ['CUBLAS_WORKSPACE_CONFIG'] == ':16:8'


@pytest.mark.parametrize('accumulated, rate', [(1, 0.1 * 2 / 8), (4, 0.1 * 2 * 4 / 8)])
def test_learning_rate_is_scaled_by_the_batch_of_an_update(tmp_path, accumulated, rate):
    runner = toy_runner(tmp_path, 'none', accumulated,
                        auto_scale_lr=dict(enable=True, base_batch_size=8))
    runner.train()
    assert runner.optim_wrapper.get_lr()['lr'] == [pytest.approx(rate)]
