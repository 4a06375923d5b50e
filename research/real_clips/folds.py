"""The folds of UT-Interaction set 1, and its clips as the configs read them."""
import re
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope

from mmaction_d3d.datasets import RGBPoseDataset
from mmaction_d3d.datasets.annotations import read_annotations
from mmaction_d3d.datasets.safe_pickle import load
from mmaction_d3d.errors import InputError
from mmaction_d3d.files import is_file, write_bytes, write_pickle
from mmaction_d3d.progress import Progress

#: Sequences of each fold: those tested, and those that choose the checkpoint; the rest train.
#: Neighbors may show the same people, so that a fold tests neighbors.
FOLDS = (dict(test=(1, 2, 3), val=(6, 8)), dict(test=(4, 5, 6),
                                                val=(3, 8)), dict(test=(7, 8, 9, 10), val=(3, 6)))
SIDE = 128
"""Pixels of the stored squares; the configs crop and shrink them further."""
_ANNOTATIONS = 'set1_movenet.pkl'


def sequence_of(name: str) -> int:
    """Return the number of the recording that a clip was cut from."""
    match = re.search(r'seq(\d+)', name)
    if match is None:
        raise InputError(_ANNOTATIONS, 'frame_dir', name, 'a name with seq and a number')
    return int(match[1])


def fold_splits(names: list[str]) -> dict[str, list[str]]:
    """Divide clips by their sequences: a ``train``, ``val`` and ``test`` of each fold.

    Args:
        names: Of the clips.

    Returns:
        Names by split, ``fold0_train`` and so on.
    """
    splits: dict[str, list[str]] = {}
    for fold, chosen in enumerate(FOLDS):
        for part in ('train', 'val', 'test'):
            splits[f'fold{fold}_{part}'] = [
                name for name in names
                if part == next((other for other in chosen
                                 if sequence_of(name) in chosen[other]), 'train')
            ]
    return splits


def prepare(data_root: str | Path, folder: Path) -> None:
    """Read each clip once and store its frames as padded squares, unless that is done.

    Args:
        data_root: Folder of UT-Interaction: ``set1_movenet.pkl`` and ``videos``.
        folder: Where ``frames`` and ``annotations.pkl`` go.
    """
    target = folder / 'annotations.pkl'
    if is_file(target):
        return
    source = Path(data_root, _ANNOTATIONS)
    annotations, _ = read_annotations(load(source), str(source))
    init_default_scope('mmaction')
    dataset = RGBPoseDataset(str(source), [],
                             data_prefix=dict(video=str(Path(data_root, 'videos'))))
    steps = Compose([
        dict(type='AlignedDecode'),
        dict(type='SquarePad'),
        dict(type='Resize', scale=(SIDE, SIDE), keep_ratio=False)
    ])
    stored = []
    with Progress('clips read', len(dataset)) as progress:
        for index, annotation in enumerate(annotations):
            clip = dataset.get_data_info(index)
            clip['frame_inds'] = np.arange(clip['total_frames'])
            stored.append(_store(steps, clip, annotation, folder / 'frames'))
            progress.step()
    write_pickle(
        target, dict(split=fold_splits([clip['frame_dir'] for clip in stored]), annotations=stored))


def _store(steps: Compose, clip: dict, annotation: dict, frames: Path) -> dict:
    """Write a clip's frames; return its annotation on them."""
    squares = steps(clip)
    folder = frames / annotation['frame_dir']
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(squares['imgs']):
        _, png = cv2.imencode('.png', image[..., ::-1])
        write_bytes(folder / f'{number:04}.png', png.tobytes())
    return dict(frame_dir=folder.name, label=annotation['label'], total_frames=len(squares['imgs']),
                img_shape=(SIDE, SIDE), original_shape=annotation['img_shape'],
                keypoint=squares['keypoint'], keypoint_score=squares['keypoint_score'])


def model_config(root: str | Path, model: str, overrides: dict | None = None) -> Config:
    """Read the config of a model, which names no fold yet.

    Args:
        root: Folder of the project.
        model: Name of its config.
        overrides: Config values to replace, for every model alike.
    """
    cfg = Config.fromfile(Path(root, 'research', 'real_clips', 'configs', f'{model}.py'))
    # A model's config names pipelines; which loader takes which is the same for all.
    cfg.train_dataloader.dataset.dataset.pipeline = cfg.train_pipeline
    cfg.val_dataloader.dataset.pipeline = cfg.test_pipeline
    cfg.test_dataloader.dataset.pipeline = cfg.test_pipeline
    cfg.merge_from_dict(overrides or {})
    return cfg


def set_fold(cfg: Config, fold: int, splits: dict[str, list[str]]) -> None:
    """Let a model's config train, validate and test on a fold.

    Args:
        cfg: Of :func:`model_config`.
        fold: Number of the fold.
        splits: Of :func:`fold_splits`.

    Raises:
        InputError: The updates between two validations are no whole number of passes over the
            training clips.
    """
    train = cfg.train_dataloader.dataset
    train.dataset.split = f'fold{fold}_train'
    wanted = cfg.updates * cfg.train_dataloader.batch_size
    count = len(splits[train.dataset.split])
    passes, rest = divmod(wanted, cfg.train_cfg.max_epochs * count)
    if rest or not passes:
        raise InputError(
            cfg.filename, 'updates', cfg.updates, 'such that each validation comes '
            f'after whole passes over {count} clips')
    train.times = passes
    for part in ('val', 'test'):
        cfg[f'{part}_dataloader'].dataset.split = f'fold{fold}_{part}'
