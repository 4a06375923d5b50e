"""Early stopping counts on where a run was stopped, and says where few clips would decide."""
import contextlib

import pytest
import torch
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.hooks import Hook
from running import forget_runs
from toys import Counter

from mmaction_d3d.engine import AutoDeviceRunner


class Scores(BaseMetric):
    """The score of each epoch."""
    scores = [0.3, 0.5, 0.5, 0.4, 0.5, 0.4, 0.9, 0.9]

    def __init__(self):
        super().__init__()
        self.epochs = []

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        self.epochs.append(self.runner.epoch)
        return dict(top1=self.scores[self.runner.epoch - 1])


class Interrupt(Hook):
    """Ends the process after an epoch, before its validation or after it."""
    priority = 'LOWEST'

    def __init__(self, epoch, validated):
        self.epoch, self.validated = epoch, validated

    def after_train_epoch(self, runner):
        if not self.validated and runner.epoch + 1 == self.epoch:
            raise KeyboardInterrupt

    def after_val_epoch(self, runner, metrics=None):
        if self.validated and runner.epoch == self.epoch:
            raise KeyboardInterrupt


def train(work_dir, hook, resume=False, interrupt=(), clips=3, validate=True):
    forget_runs()
    loader = dict(dataset=[dict(inputs=torch.zeros(1))] * clips, batch_size=clips, num_workers=0,
                  sampler=dict(type='DefaultSampler', shuffle=False))
    metric = Scores()
    runner = AutoDeviceRunner(
        Counter(), str(work_dir), loader, train_cfg=dict(type='D3DTrainLoop', max_epochs=8),
        **(dict(val_dataloader=loader, val_cfg=dict(), val_evaluator=Evaluator(metric))
           if validate else {}), resume=resume, default_scope='mmaction',
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=1.)), default_hooks=dict(checkpoint=dict(
            type='CheckpointHook', interval=1, save_best='top1' if validate else None)),
        custom_hooks=[
            dict(type='EarlyStoppingHook', monitor='top1', rule='greater', min_delta=0.001,
                 patience=4, **hook), *interrupt
        ], experiment_name=str(work_dir))
    metric.runner = runner
    with contextlib.suppress(KeyboardInterrupt):
        runner.train()
    return metric.epochs


def test_it_stops_where_nothing_got_better(tmp_path):
    assert train(tmp_path, {}) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize('validated', [False, True])
def test_a_run_that_goes_on_stops_where_it_would_have(tmp_path, validated):
    before = train(tmp_path, {}, interrupt=[Interrupt(4, validated)])
    assert before == [1, 2, 3] + [4] * validated
    # A validation whose checkpoint was written before is made up for.
    assert train(tmp_path, {}, resume=True) == [4, 5, 6]


def warnings(work_dir):
    log, = work_dir.glob('*/*.log')
    return [line for line in log.read_text().splitlines() if 'clips to validate' in line]


def test_few_clips_stop_nothing_and_a_line_says_so(tmp_path):
    assert train(tmp_path, dict(min_clips=4)) == list(range(1, 9))
    line, = warnings(tmp_path)
    assert line.endswith('WARNING - 3 clips to validate on are fewer than 4: one is 33 points of '
                         'accuracy. Training runs to its end, and best.pth says little more than '
                         'last.pth')


def test_enough_clips_are_no_reason_for_a_line(tmp_path):
    assert train(tmp_path, dict(min_clips=3)) == [1, 2, 3, 4, 5, 6]
    assert warnings(tmp_path) == []


def test_a_training_without_validation_has_no_such_line(tmp_path):
    assert train(tmp_path, dict(min_clips=4), validate=False) == []
    assert warnings(tmp_path) == []
