"""Training that goes on where it stopped, and one test of what it chose."""
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from mmaction.structures import ActionDataSample
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..evaluation.samples import label_of
from ..evaluation.training_health import OffsetStatistics, OffsetWatch
from .build import build_runner, config_mistakes, size_mistakes
from .checks import check_checkpoint, resume_point
from .data_checks import check_test_data, check_trained_on, check_training_data
from .gpu_memory import memory_mistakes
from .roll_call import roll_call


class Tested(NamedTuple):
    """What a test gave.

    Attributes:
        runner: The runner, whose model is loaded.
        labels: True classes.
        predictions: Predicted classes.
        offsets: Of each block's token search over all clips; empty without deformable attention.
    """
    runner: Runner
    labels: np.ndarray
    predictions: np.ndarray
    offsets: list[OffsetStatistics]


class _Collector(Hook):
    """Keeps what a test shows."""

    def __init__(self) -> None:
        self.labels: list[int] = []
        self.predictions: list[int] = []

    def before_test(self, runner: Runner) -> None:
        self._watch = OffsetWatch(runner.model)

    def after_test_iter(self, runner: Runner, batch_idx: int, data_batch: dict[str, Any],
                        outputs: Sequence[ActionDataSample]) -> None:
        for sample in outputs:
            self.labels.append(label_of(sample))
            self.predictions.append(int(sample.pred_label))

    def after_test(self, runner: Runner) -> None:
        self.offsets = self._watch.statistics()
        self._watch.remove()


def train(cfg: Config, hooks: Sequence[Hook] = ()) -> tuple[str, float]:
    """Train, or go on where a stopped run left off.

    Args:
        cfg: Config as :func:`~mmaction_d3d.engine.load_config` returns it.
        hooks: Hooks to add to those of the config.

    Returns:
        Path of the checkpoint that is best on the validation split, and its score there.
    """
    if resume_point(cfg.work_dir).path is not None:
        cfg = Config(dict(cfg._cfg_dict, resume=True, load_from=None))
    runner = build_runner(cfg)
    for hook in hooks:
        runner.register_hook(hook)
    check_training_data(cfg, runner)
    with memory_mistakes(runner), size_mistakes(runner), roll_call(runner):
        runner.train()
    return runner.message_hub.get_info('best_ckpt'), runner.message_hub.get_info('best_score')


def load_trained(cfg: Config, checkpoint: str) -> tuple[Runner, BaseDataset]:
    """Build the runner of a config with a checkpoint in its model.

    Args:
        cfg: Config as :func:`~mmaction_d3d.engine.load_config` returns it.
        checkpoint: The checkpoint.

    Returns:
        The runner, and the data set of the test split.

    Raises:
        InputError: They do not fit together.
    """
    cfg.load_from = checkpoint
    runner = build_runner(cfg)
    check_checkpoint(checkpoint, runner.model)
    runner.load_checkpoint(checkpoint)
    with config_mistakes(cfg):
        dataset = runner.build_dataloader(runner.cfg.test_dataloader).dataset
    check_trained_on(checkpoint, dataset)
    return runner, dataset


def test(cfg: Config, checkpoint: str) -> Tested:
    """Tests a checkpoint once.

    Args:
        cfg: Config as :func:`~mmaction_d3d.engine.load_config` returns it.
        checkpoint: The checkpoint.

    Returns:
        What it gave.
    """
    cfg = Config(dict(cfg._cfg_dict, resume=False, load_from=checkpoint))
    runner = build_runner(cfg)
    collected = _Collector()
    runner.register_hook(collected)
    check_test_data(cfg, runner)
    with memory_mistakes(runner), size_mistakes(runner), roll_call(runner):
        runner.test()
    return Tested(runner, np.array(collected.labels), np.array(collected.predictions),
                  collected.offsets)
