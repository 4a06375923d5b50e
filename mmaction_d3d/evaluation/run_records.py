"""What a training and a test wrote into a work directory."""
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import InputError


class TestedClips(NamedTuple):
    """What ``DumpClipsHook`` wrote, one entry a clip; see there."""
    name: np.ndarray
    source: np.ndarray
    frame_inds: np.ndarray
    label: np.ndarray
    score: np.ndarray
    feature: np.ndarray
    classes: np.ndarray


def read_clips(path: str) -> TestedClips:
    """Read a file of ``DumpClipsHook``; code that it may hold is not run.

    Raises:
        InputError: It is none.
    """
    want = 'the .npz that test.py --dump writes beside its pickle'
    try:
        with np.load(path, allow_pickle=False) as file:
            clips = TestedClips(**{key: file[key] for key in TestedClips._fields})
    except FileNotFoundError as error:
        raise InputError(path, 'dump', 'no such file', want) from error
    except Exception as error:  # of any kind: zip files, headers and pickles go wrong in many ways
        raise InputError(path, 'dump', f'{type(error).__name__}: {error}', want) from error
    count = len(clips.label)
    if not count or any(len(values) != count for values in clips[:-1]):
        raise InputError(path, 'dump', f'{[len(values) for values in clips[:-1]]} values',
                         'as many of each, 1 or more')
    if clips.score.ndim != 2 or not 0 <= clips.label.min() <= clips.label.max() < len(
            clips.score[0]):
        raise InputError(path, 'label', f'{clips.label.min()} to {clips.label.max()}',
                         f'classes of the {clips.score.shape[-1]} scores')
    return clips


def read_scalars(root: Path) -> list[dict]:
    """Lines of all ``scalars.json`` of a work directory, in the order of the runs.

    Raises:
        InputError: A line is no JSON.
    """
    lines = []
    for path in sorted(root.glob('*/vis_data/scalars.json')):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            try:
                lines.append(json.loads(line))
            except ValueError as error:
                raise InputError(path, f'line {number}', error, 'JSON') from error
    return lines
