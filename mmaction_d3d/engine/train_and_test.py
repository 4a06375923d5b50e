"""Training that goes on where it stopped, and one test of what it chose."""
import numpy as np
from mmengine.config import Config
from mmengine.hooks import Hook

from .build import build_runner


class _Predictions(Hook):
    """Keeps the labels and predictions of a test."""

    def __init__(self):
        self.labels, self.predictions = [], []

    def after_test_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        for sample in outputs:
            self.labels.append(int(sample.gt_label))
            self.predictions.append(int(sample.pred_label))


def train(cfg, hooks=()):
    """Trains, or goes on where a stopped run left off.

    Args:
        cfg (Config): Config as :func:`~mmaction_d3d.engine.load_config` returns it.
        hooks (sequence[Hook]): Hooks to add to those of the config.

    Returns:
        tuple[str, float]: Path of the checkpoint that is best on the validation split, and its
        score there.
    """
    cfg = Config(dict(cfg._cfg_dict, resume=True))
    runner = build_runner(cfg)
    for hook in hooks:
        runner.register_hook(hook)
    runner.train()
    return runner.message_hub.get_info('best_ckpt'), runner.message_hub.get_info('best_score')


def test(cfg, checkpoint, hooks=()):
    """Tests a checkpoint once.

    Args:
        cfg (Config): Config as :func:`~mmaction_d3d.engine.load_config` returns it.
        checkpoint (str): The checkpoint.
        hooks (sequence[Hook]): Hooks to add to those of the config.

    Returns:
        tuple[Runner, ndarray, ndarray]: The runner, whose model is loaded, labels and predictions.
    """
    cfg = Config(dict(cfg._cfg_dict, resume=False, load_from=checkpoint))
    runner = build_runner(cfg)
    collected = _Predictions()
    for hook in (collected, *hooks):
        runner.register_hook(hook)
    runner.test()
    return runner, np.array(collected.labels), np.array(collected.predictions)
