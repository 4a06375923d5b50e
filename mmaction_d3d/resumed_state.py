"""What a checkpoint may tell a training that goes on from it: numbers, no code and no paths."""
import math
from collections.abc import Collection
from numbers import Real
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import HistoryBuffer

from .errors import InputError, shown
from .files import is_file

_COUNTS = ('epoch', 'iter', 'max_epochs', 'max_iters', 'validated_epoch')


def check_resumable(checkpoint: Any, path: str | Path) -> None:
    """Check the types of what a training goes on from, which MMEngine takes for granted.

    Raises:
        InputError: A part is of another type.
    """
    hub = _part(checkpoint, 'message_hub', dict, path)
    places = {
        'meta': _part(checkpoint, 'meta', dict, path), 'message_hub.runtime_info':
        _part(hub, 'runtime_info', dict, path, 'message_hub.')
    }
    logs = _part(hub, 'log_scalars', dict, path, 'message_hub.')
    _part(hub, 'resumed_keys', dict, path, 'message_hub.')
    for key, value in logs.items():
        if not isinstance(key, str) or not isinstance(value, HistoryBuffer):
            raise InputError(path, f'message_hub.log_scalars.{str(key)[:100]}', shown(value),
                             'a history of numbers')
    for place, values in places.items():
        for key in _COUNTS:
            value = values.get(key, 0)
            if type(value) is not int or not 0 <= value < 2**62:
                raise InputError(path, f'{place}.{key}', shown(value), 'a whole number from 0')
    seed = places['meta'].get('seed')
    if seed is not None and (type(seed) is not int or not 0 <= seed < 2**32):
        raise InputError(path, 'meta.seed', shown(seed), 'a whole number from 0, below 2^32')
    score = places['message_hub.runtime_info'].get('best_score')
    if score is not None and not _is_finite(score):
        raise InputError(path, 'message_hub.runtime_info.best_score', shown(score),
                         'a finite number')
    if 'optimizer' in checkpoint:
        _part(checkpoint, 'optimizer', dict, path)
    if 'param_schedulers' in checkpoint:
        _part(checkpoint, 'param_schedulers', (dict, list), path)


def _is_finite(score: object) -> bool:
    """Whether it is a number, also one in a tensor, that others can be better than."""
    if isinstance(score, torch.Tensor) and score.numel() == 1:
        score = score.item()
    return isinstance(score, Real) and math.isfinite(score)


def _part(whole: Any, key: str, kind: type | tuple[type, ...], path: str | Path,
          place: str = '') -> Any:
    part = whole.get(key) if isinstance(whole, dict) else whole
    if not isinstance(part, kind):
        raise InputError(path, f'{place}{key}', shown(part), 'the state that a training saved')
    return part


def make_harmless(checkpoint: dict, folders: Collection[str]) -> None:
    """Take from a checkpoint what MMEngine would run, delete or write by, in place.

    MMEngine runs ``meta.config`` as Python when it resumes, and deletes the file that
    ``best_ckpt`` names as soon as there is a better one.

    Args:
        checkpoint: As MMEngine saved it; it may come from anywhere.
        folders: Where the run keeps its checkpoints. A path becomes that of the file of this name
            there, so that a folder may be moved; without one it is left out.
    """
    meta = checkpoint.get('meta')
    if isinstance(meta, dict):
        meta.pop('config', None)
    hub = checkpoint.get('message_hub')
    known = hub.get('runtime_info') if isinstance(hub, dict) else None
    if not isinstance(known, dict):
        return
    for key, value in list(known.items()):
        if str(key).startswith(('best_ckpt', 'last_ckpt')):
            known[key] = _in_folders(value, folders)
            if known[key] is None:
                del known[key]
        elif key in ('keep_ckpt_ids', 'keep_iter_ids'):  # parts of names of files to delete
            numbers = value if isinstance(value, (list, tuple)) else []
            known[key] = [number for number in numbers if type(number) is int]


def _in_folders(path: object, folders: Collection[str]) -> str | None:
    """Return the file of this path's name in one of the folders."""
    name = Path(path).name if isinstance(path, str) else ''
    paths = [str(Path(folder, name)) for folder in folders if name]
    return next(filter(is_file, paths), None)
