"""The runs of the comparison: which are missing, in which order, each a process of its own."""
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..ablation import Run, plain_settings
from .folds import FOLDS, SIDE, model_config
from .records import Records

MODELS = dict(d3d='D3D', pose_mlp='MLP on poses', r2plus1d='R(2+1)D', posec3d='PoseC3D',
              rgbpose_conv3d='RGBPose-Conv3D', d3d_rgb='D3D, RGB only', d3d_pose='D3D, poses only')
"""Configs in the order of their runs, and what they are called."""


@dataclass
class FoldRun(Run):
    """A model trained and tested on a fold.

    Attributes:
        root: Folder of the project.
        config: Key of :data:`MODELS`.
        fold: Index of ``FOLDS``.
        seed: Seed.
        settings: Fingerprint of the training and the test.
        overrides: Config values to replace.
        data_root: Folder of the stored clips.
        work_dir: Folder of the run.
        threads: CPU threads.
    """
    worker = 'research.real_clips.worker'
    root: str
    config: str
    fold: int
    seed: int
    settings: str
    overrides: dict
    data_root: str
    work_dir: str
    threads: int

    def __str__(self) -> str:
        return f'{self.config} fold {self.fold} seed {self.seed}'


def settings_of(root: str | Path, models: list[str],
                overrides: dict | None = None) -> dict[str, str]:
    """Return a fingerprint of each model, its training and the folds.

    Args:
        root: Folder of the project.
        models: Keys of :data:`MODELS`.
        overrides: Config values to replace.
    """
    fingerprints = {}
    for model in models:
        cfg = model_config(root, model, overrides)
        fingerprints[model] = plain_settings(cfg, [cfg.updates, FOLDS, SIDE])
    return fingerprints


def missing_runs(records: Records, settings: dict[str, str],
                 seeds: Sequence[int]) -> list[tuple[str, int, int]]:
    """Return the model, fold and seed of runs to do, in their order.

    All of a seed comes before the next, and there a fold of all models: however soon it is
    stopped, there are models to compare.

    Args:
        records: What is done.
        settings: Of :func:`settings_of`.
        seeds: Seeds.
    """
    return [(model, fold, seed) for seed in seeds for fold in range(len(FOLDS))
            for model in settings if not records.finished(model, fold, seed, settings[model])]
