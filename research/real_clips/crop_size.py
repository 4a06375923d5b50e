"""What the size and length of a clip alone tell: its annotators cropped each clip by its action."""
from pathlib import Path

import numpy as np

from mmaction_d3d.datasets.safe_pickle import load
from mmaction_d3d.evaluation.modality_conditions import AS_IS

from ..ablation.settings import plain_settings
from .folds import FOLDS
from .records import Records

NAME = 'crop_size'
_TREES = 500


def settings() -> str:
    """Return a fingerprint of the forest and the folds."""
    return plain_settings({}, [NAME, _TREES, FOLDS])


def store_forests(records: Records, annotations: Path, seeds: list[int]) -> None:
    """Fit a random forest on height, width and length of each fold, unless that is done.

    Args:
        records: Where results go.
        annotations: ``annotations.pkl`` of the stored clips.
        seeds: Of the forests.
    """
    for seed in seeds:
        for fold in range(len(FOLDS)):
            if not records.finished(NAME, fold, seed, settings()):
                records.add(_forest(load(annotations), fold, seed))


def _forest(content: dict, fold: int, seed: int) -> dict:
    from sklearn.ensemble import RandomForestClassifier
    clips = {clip['frame_dir']: clip for clip in content['annotations']}

    def table(part: str) -> tuple[list[str], np.ndarray, np.ndarray]:
        names = content['split'][f'fold{fold}_{part}']
        sizes = [(*clips[name]['original_shape'], clips[name]['total_frames']) for name in names]
        return names, np.array(sizes), np.array([clips[name]['label'] for name in names])

    _, sizes, labels = table('train')
    forest = RandomForestClassifier(_TREES, random_state=seed).fit(sizes, labels)
    row = dict(config=NAME, fold=fold, seed=seed, settings=settings(), clips=[])
    for part, prefix in (('train', 'train_'), ('val', 'val_'), ('test', '')):
        names, sizes, labels = table(part)
        right = forest.predict(sizes) == labels
        row |= {f'num_{part}': len(names), f'{prefix}top1': round(float(right.mean()), 4)}
        if part != 'train':
            row['clips'] += [
                dict(split=part, condition=AS_IS, clip=name, label=int(label), right=int(hit))
                for name, label, hit in zip(names, labels, right)
            ]
    return row | dict(correct=int(right.sum()))
