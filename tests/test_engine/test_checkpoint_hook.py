"""A run has a whole checkpoint at any moment once it has one, also its best."""
from contextlib import suppress
from functools import partial
from unittest import mock

import pytest
import torch
from mmaction.registry import HOOKS
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.runner import Runner
from toys import Line

from mmaction_d3d import checkpoint_files
from mmaction_d3d.engine import CheckpointHook

EPOCHS = 3


class Killed(BaseException):
    pass


class Better(BaseMetric):
    """Better at each validation."""

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        from mmengine.logging import MessageHub
        return dict(acc=float(MessageHub.get_current_instance().get_info('epoch')))


def make_runner(folder, every_iters=None, accumulated=1, every_minutes=None, **kwargs):
    loader = dict(dataset=[dict(x=torch.ones(3))] * 4, batch_size=2,
                  collate_fn=dict(type='default_collate'), sampler=dict(type='DefaultSampler'))
    return Runner(
        Line(), work_dir=str(folder), default_scope='mmaction', train_dataloader=loader,
        val_dataloader=loader, train_cfg=dict(type='D3DTrainLoop',
                                              max_epochs=EPOCHS), val_cfg=dict(),
        val_evaluator=Evaluator(Better()), optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1),
                                                              accumulative_counts=accumulated),
        default_hooks=dict(
            checkpoint=dict(type='CheckpointHook', interval=1, max_keep_ckpts=1, save_best='acc',
                            every_iters=every_iters, every_minutes=every_minutes)),
        log_level='ERROR', experiment_name=f'{folder}', **kwargs)


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file() and path.suffix != '.py')


def test_mmaction_s_configs_get_this_hook():
    assert HOOKS.get('CheckpointHook') is CheckpointHook


def test_a_finished_run_has_its_last_and_best_checkpoint(tmp_path):
    make_runner(tmp_path).train()
    assert names(tmp_path) == [
        'best_acc_epoch_3.pth', 'best_acc_epoch_3.pth.sha256', 'epoch_3.pth', 'epoch_3.pth.sha256',
        'last_checkpoint'
    ]


# Each epoch: last, best and last again, of three files each; and last_checkpoint twice.
@pytest.mark.parametrize('moment', range(12, 2 * 11 + 1))
def test_there_is_a_whole_checkpoint_wherever_a_run_is_stopped(tmp_path, monkeypatch, moment):
    """At each write and each removal of the second epoch."""
    steps = []

    def step(*args, then):
        steps.append(args)
        if len(steps) == moment:
            raise Killed
        return then(*args)

    for module, name in ((checkpoint_files, 'write_bytes'), (checkpoint_files, 'write_text')):
        monkeypatch.setattr(module, name, partial(step, then=getattr(module, name)))
    hook_module = __import__(CheckpointHook.__module__, fromlist=['_remove'])
    for name in ('_remove', 'write_text'):
        monkeypatch.setattr(hook_module, name, partial(step, then=getattr(hook_module, name)))
    runner = make_runner(tmp_path)
    with suppress(Killed):
        runner.train()
    monkeypatch.undo()
    for pattern in ('epoch_*.pth', 'best_*.pth'):
        assert [path for path in tmp_path.glob(pattern) if checkpoint_files.is_whole(path)]
    last = (tmp_path / 'last_checkpoint').read_text()
    assert checkpoint_files.is_whole(last)
    # What was superseded when it was stopped is gone when it has gone on.
    make_runner(tmp_path, resume=True, load_from=last).train()
    assert [path.name for path in tmp_path.glob('epoch_*.pth')] == ['epoch_3.pth']
    assert [path.name for path in tmp_path.glob('best_*.pth')] == ['best_acc_epoch_3.pth']


def test_checkpoints_of_iterations_go_with_the_next_one(tmp_path):
    """Two iterations an epoch, and two batches an update: what is due waits for the update."""
    seen = []
    runner = make_runner(tmp_path, every_iters=1, accumulated=2)
    write = CheckpointHook._write

    def look(self, *args):
        write(self, *args)
        seen.append([path.name for path in sorted(tmp_path.glob('[ei]*_*.pth'))])

    with mock.patch.object(CheckpointHook, '_write', look):
        runner.train()
    assert seen[:3] == [['iter_2.pth'], ['epoch_1.pth'], ['epoch_1.pth']]  # the last: of the best
    assert seen[3] == ['epoch_1.pth', 'iter_4.pth']
    assert [path.name for path in tmp_path.glob('[ei]*_*.pth')] == ['epoch_3.pth']


def test_checkpoints_after_minutes(tmp_path, monkeypatch):
    """Two iterations an epoch, of 40 s each, by a clock that the data turn."""
    clock = [0.]
    monkeypatch.setattr('mmaction_d3d.engine.checkpoint_hook.time.monotonic', lambda: clock[0])
    runner = make_runner(tmp_path, every_minutes=0.5)
    saved = []
    run_iter = type(runner.train_loop).run_iter

    def slow_iteration(self, *args):
        clock[0] += 40
        run_iter(self, *args)
        saved.append([path.name for path in tmp_path.glob('iter_*.pth')])

    monkeypatch.setattr(type(runner.train_loop), 'run_iter', slow_iteration)
    runner.train()
    assert saved == [[f'iter_{number}.pth'] for number in range(1, 7)]
    saved.clear()
    make_runner(tmp_path, every_minutes=1).train()  # an epoch's checkpoint counts as one, too
    assert saved == [[], ['iter_2.pth']] + [[], ['iter_4.pth']] + [[], ['iter_6.pth']]


def test_a_checkpoint_after_minutes_is_one_to_go_on_from(tmp_path, monkeypatch):
    clock = [0.]
    monkeypatch.setattr('mmaction_d3d.engine.checkpoint_hook.time.monotonic', lambda: clock[0])
    torch.manual_seed(0)
    alone = make_runner(tmp_path / 'alone')
    alone.train()
    torch.manual_seed(0)
    runner = make_runner(tmp_path, every_minutes=1)
    run_iter = type(runner.train_loop).run_iter

    def stopped_iteration(self, *args):
        clock[0] += 61 * (self._iter == 2)
        run_iter(self, *args)
        if self._iter == 4:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(runner.train_loop), 'run_iter', stopped_iteration)
        with suppress(Killed):
            runner.train()
    last = (tmp_path / 'last_checkpoint').read_text()
    assert last.endswith('iter_3.pth')
    resumed = make_runner(tmp_path, resume=True, load_from=last)
    resumed.train()
    for name, value in alone.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], value)
