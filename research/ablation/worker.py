"""One run of an ablation study in a process of its own: ``python -m research.ablation.worker``."""
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.hooks import Hook

from mmaction_d3d import cli
from mmaction_d3d.engine import DATA_VARIABLE
from mmaction_d3d.engine.train_and_test import test, train
from mmaction_d3d.errors import InputError
from mmaction_d3d.files import held_alone, write_text

from .settings import read_config, run_settings


class TrainingProgress(Hook):
    """Leaves the share of the training that is done where the scheduler looks for it."""

    def __init__(self, path):
        self.path = path

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if self.every_n_train_iters(runner, 10):
            write_text(self.path, str((runner.iter + 1) / runner.max_iters))


def offset_columns(blocks):
    """Statistics of the token search as columns of the results.

    Args:
        blocks (list[OffsetStatistics]): Of each block.

    Returns:
        dict: The least deviation of a block for each axis and the greatest shares; empty without
        deformable attention.
    """
    if not blocks:
        return {}
    least = [min(axis) for axis in zip(*(block.deviation for block in blocks))]
    return dict(zip(('offset_std_x', 'offset_std_y', 'offset_std_z'), (round(s, 4) for s in least)),
                offset_saturated=round(max(block.saturated for block in blocks), 4),
                offset_outside=round(max(block.outside for block in blocks), 4))


def run(job):
    """Train a config unless that is done, and test its best checkpoint as each test asks.

    Args:
        job (dict): As :class:`~research.ablation.scheduler.Job` writes it.

    Returns:
        list[dict]: A row of results a test.
    """
    cfg = read_config(job['root'], job['config'], job['base'], job['overrides'])
    cfg.launcher = 'none'
    cfg.randomness = dict(seed=job['seed'])
    cfg.work_dir = job['work_dir']
    tests = {
        name: read_config(job['root'], name, job['base'], job['overrides']) for name in job['tests']
    }
    # A training writes what it is left to choose into its config.
    settings = {name: run_settings(cfg, tested) for name, tested in tests.items()}
    start = time.time()
    checkpoint, score = train(cfg, [TrainingProgress(Path(job['work_dir'], 'progress'))])
    minutes = (time.time() - start) / 60
    rows = []
    for name, tested in tests.items():
        both = Config(
            dict(cfg._cfg_dict, test_dataloader=tested.test_dataloader,
                 test_evaluator=tested.test_evaluator))
        result = test(both, checkpoint)
        num_test, correct = len(result.labels), int((result.labels == result.predictions).sum())
        rows.append(
            dict(settings=settings[name], config=name, seed=job['seed'], num_test=num_test,
                 correct=correct, top1=round(correct / num_test,
                                             4), val_top1=round(float(score),
                                                                4), minutes=round(minutes, 2),
                 parameters=sum(p.numel() for p in result.runner.model.parameters()),
                 **offset_columns(result.offsets)))
    return rows


def _die_with(parent):
    """End this process when the one that started it is gone, killed or not."""

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def work(run: Callable[[dict], list[dict]]) -> None:
    """Run the job of a file and write ``result.json`` beside its checkpoints.

    Command line: the file, and the id of the process whose end is to end this one.

    Args:
        run: From a job, as :meth:`~research.ablation.scheduler.Run.prepare` writes it, to rows of
            results.
    """
    _die_with(int(sys.argv[2]))
    job = json.loads(Path(sys.argv[1]).read_text())
    Path(job['work_dir']).mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(job['threads'])
    if job['data_root'] is not None:
        os.environ[DATA_VARIABLE] = job['data_root']
    with held_alone(
            Path(job['work_dir'], 'run.lock'),
            InputError(job['work_dir'], 'run.lock', 'held by another process',
                       'one process a run: wait for it or end it')):
        rows = run(job)
        write_text(Path(job['work_dir'], 'result.json'), json.dumps(rows, indent=1))


if __name__ == '__main__':
    cli.run(lambda: work(run))
