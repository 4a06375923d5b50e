"""One run in a process of its own: ``python -m research.real_clips.worker``."""
import copy
import os
import re
import subprocess
import time
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader, Dataset

from mmaction_d3d import cli
from mmaction_d3d.datasets.safe_pickle import load
from mmaction_d3d.engine import DATA_VARIABLE, build_dataset, load_trained
from mmaction_d3d.engine.train_and_test import train
from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.modality_check import modality_check
from mmaction_d3d.evaluation.modality_conditions import AS_IS

from ..ablation.worker import TrainingProgress, work
from .folds import model_config, set_fold
from .parts import probabilities
from .queue import settings_of

REMOVALS = (AS_IS, 'skeletons of other clips', 'no skeleton', 'blank RGB', 'RGB of other clips')
"""Conditions of the check of modalities, for models of both."""


class TrainingSeconds(Hook):
    """Counts the seconds of training, also those before a stop, in the runner's messages.

    Attributes:
        total: Seconds so far.
    """

    def before_train(self, runner: Runner) -> None:
        self.total = self._before = runner.message_hub.get_info('training_seconds', 0.)
        self._start = time.monotonic()

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        self.total = self._before + time.monotonic() - self._start
        runner.message_hub.update_info('training_seconds', self.total)


@torch.no_grad()
def test_clips(model: nn.Module, dataset: Dataset, split: str) -> list[dict]:
    """Test each clip once.

    Args:
        model: A recogniser.
        dataset: The clips.
        split: Its name.

    Returns:
        A record a clip, as of :data:`~research.real_clips.records.CLIP_FIELDS`.
    """
    model.eval()
    records = []
    for batch in DataLoader(dataset, 8, collate_fn=pseudo_collate):
        for sample in model.test_step(batch):
            scores, label = probabilities(sample.pred_score), int(sample.gt_label)
            records.append(
                dict(split=split, condition=AS_IS, clip=sample.frame_dir, label=label,
                     right=int(int(scores.argmax()) == label),
                     scores=' '.join(f'{score:.4f}' for score in scores)))
    return records


def _share_right(clips: list[dict], split: str) -> float:
    right = [clip['right'] for clip in clips if clip['split'] == split]
    return round(sum(right) / len(right), 4)


def test_run(cfg: Config, model: nn.Module, dataset: Dataset) -> list[dict]:
    """Test a model on all splits, and without a modality where it has both.

    Args:
        cfg: Config of the run.
        model: A recogniser.
        dataset: The clips of the test.
    """
    clips = []
    for split in ('train', 'val', 'test'):
        part = copy.deepcopy(cfg)
        tested = part.test_dataloader.dataset
        tested.split = tested.split.replace('test', split)
        clips += test_clips(model, build_dataset(part, 'test'), split)
    inputs = dataset[0]['inputs']
    if isinstance(inputs, dict) and len(inputs) > 1:
        tested = [clip for clip in clips if clip['split'] == 'test']
        for score in modality_check(model, dataset, names=REMOVALS):
            if score.condition != AS_IS:
                clips += [
                    dict(clip, condition=score.condition, right=int(right), scores='')
                    for clip, right in zip(tested, score.right)
                ]
    return clips


def _commit(root: str) -> str:
    """Return the commit of the code, marked where the code is another; empty without git."""

    def git(*arguments: str) -> str:
        return subprocess.run(['git', *arguments], cwd=root, capture_output=True, text=True).stdout

    changed = git('status', '--porcelain', '--', 'configs', 'mmaction_d3d', 'research')
    return git('rev-parse', '--short', 'HEAD').strip() + ('-dirty' if changed else '')


def run(job: dict) -> list[dict]:
    """Train a model on a fold unless that is done, and test its chosen checkpoint once.

    Args:
        job: As :class:`~research.real_clips.queue.FoldRun` is written.

    Returns:
        One row, with ``clips``.
    """
    commit = _commit(job['root'])
    splits = load(Path(os.environ[DATA_VARIABLE], 'annotations.pkl'))['split']
    cfg = model_config(job['root'], job['config'], job['overrides'])
    fingerprint = settings_of(job['root'], [job['config']], job['overrides'])[job['config']]
    if fingerprint != job['settings']:
        raise InputError(f'{job["config"]}.py', 'settings', fingerprint,
                         f'{job["settings"]}, as when the queue was started: start it again')
    set_fold(cfg, job['fold'], splits)
    cfg.launcher = 'none'
    cfg.randomness = dict(seed=job['seed'])
    cfg.work_dir = job['work_dir']
    seconds = TrainingSeconds()
    checkpoint, _ = train(cfg, [TrainingProgress(Path(job['work_dir'], 'progress')), seconds])
    runner, dataset = load_trained(cfg, checkpoint)
    clips = test_run(cfg, runner.model, dataset)
    as_is = [clip for clip in clips if clip['condition'] == AS_IS]
    chosen = int(re.search(r'epoch_(\d+)\.pth$', checkpoint)[1])
    row = dict(config=job['config'], fold=job['fold'], seed=job['seed'], settings=job['settings'],
               updates=cfg.updates, correct=sum(c['right'] for c in as_is if c['split'] == 'test'),
               best_update=chosen * cfg.updates // cfg.train_cfg.max_epochs,
               seconds=round(seconds.total,
                             1), parameters=sum(p.numel() for p in runner.model.parameters()),
               commit=commit, clips=[clip for clip in clips if clip['split'] != 'train'])
    for split, prefix in (('train', 'train_'), ('val', 'val_'), ('test', '')):
        row[f'{prefix}top1'] = _share_right(as_is, split)
        row[f'num_{split}'] = len(splits[f'fold{job["fold"]}_{split}'])
    return [row]


if __name__ == '__main__':
    cli.run(lambda: work(run))
