"""best.pth and last.pth are what the checkpoint hook wrote last."""
import os

import pytest
import torch
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from running import forget_runs
from toys import Counter

from mmaction_d3d import checkpoint_files
from mmaction_d3d.engine import CheckpointNamesHook
from mmaction_d3d.errors import InputError


class Scores(BaseMetric):
    """Gives a list of scores, one a validation."""

    def __init__(self, scores):
        super().__init__()
        self.scores = iter(scores)

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        return dict(top1=next(self.scores), mean1=0.)


def train(work_dir, scores, resume=False, by_epoch=True, **checkpoint):
    forget_runs()
    loader = dict(dataset=[dict(inputs=torch.zeros(1))], num_workers=0,
                  sampler=dict(type='DefaultSampler', shuffle=False))
    cfg = dict(max_epochs=len(scores)) if by_epoch else dict(max_iters=len(scores))
    Runner(
        Counter(), str(work_dir), loader, loader, train_cfg=dict(by_epoch=by_epoch, val_interval=1,
                                                                 **cfg), val_cfg=dict(),
        val_evaluator=Evaluator(Scores(scores)), resume=resume,
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=1.)), default_hooks=dict(checkpoint=dict(
            type='CheckpointHook', interval=1, max_keep_ckpts=1, by_epoch=by_epoch, **checkpoint)),
        custom_hooks=[CheckpointNamesHook()], experiment_name=str(work_dir)).train()


def weight(path):
    return torch.load(path, weights_only=False)['state_dict']['weight'].item()


@pytest.mark.parametrize('by_epoch', [True, False])
def test_names_of_the_best_and_the_last(tmp_path, by_epoch):
    train(tmp_path, [0.1, 0.9, 0.5], by_epoch=by_epoch, save_best='top1')
    assert weight(tmp_path / 'best.pth') == 2 and weight(tmp_path / 'last.pth') == 3
    assert not list(tmp_path.glob('*.part'))
    unit = 'epoch' if by_epoch else 'iter'
    assert (tmp_path / 'last.pth').samefile(tmp_path / f'{unit}_3.pth')
    assert (tmp_path / 'best.pth').samefile(tmp_path / f'best_top1_{unit}_2.pth')


def test_their_checksums_are_theirs(tmp_path):
    init_default_scope('mmaction')
    train(tmp_path, [0.1, 0.9, 0.5], save_best='top1', _scope_='mmaction')
    for name, number in (('best.pth', 2), ('last.pth', 3)):
        checkpoint_files.check_whole(tmp_path / name)
        sums, = (tmp_path / f'{name}.sha256').read_text().splitlines()
        assert sums.endswith(f'  {name}') and weight(tmp_path / name) == number
        with open(tmp_path / name, 'ab') as file:
            file.write(b'x')
        with pytest.raises(InputError, match='damaged'):
            checkpoint_files.check_whole(tmp_path / name)


def test_a_resumed_run_goes_on_with_them(tmp_path):
    train(tmp_path, [0.9], save_best='top1')
    train(tmp_path, [0.5, 0.6], resume=True, save_best='top1')  # the first is not asked for again
    assert weight(tmp_path / 'best.pth') == 1 and weight(tmp_path / 'last.pth') == 2


def test_the_first_of_several_metrics_is_meant(tmp_path):
    train(tmp_path, [0.1, 0.9, 0.5], save_best=['top1', 'mean1'], rule='greater')
    assert weight(tmp_path / 'best.pth') == 2


def test_without_a_best_there_is_no_name_for_it(tmp_path):
    train(tmp_path, [0.1])
    assert not (tmp_path / 'best.pth').exists() and weight(tmp_path / 'last.pth') == 1


def test_copies_where_there_are_no_links(tmp_path, monkeypatch):
    copied = []

    def no_links(source, path):
        copied.append(source)
        raise OSError(1, 'Operation not permitted')

    monkeypatch.setattr(os, 'link', no_links)
    train(tmp_path, [0.1, 0.9, 0.5], save_best='top1')
    assert weight(tmp_path / 'best.pth') == 2 and weight(tmp_path / 'last.pth') == 3
    assert not (tmp_path / 'last.pth').samefile(tmp_path / 'epoch_3.pth')
    assert len(copied) <= 7  # of each that was written, once
