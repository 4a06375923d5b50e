"""A run seen: pictures of what training and test wrote into a work directory."""
import json
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

import numpy as np
from matplotlib.figure import Figure

from ..errors import InputError
from .run_pictures import accuracy_by_class, confusion, embedding, worst_mistakes
from .training_curves import training_curves


class TestedClips(NamedTuple):
    """What ``DumpClipsHook`` wrote, one entry a clip; see there."""
    name: np.ndarray
    source: np.ndarray
    frame_inds: np.ndarray
    label: np.ndarray
    score: np.ndarray
    feature: np.ndarray
    classes: np.ndarray


def draw_run(folder: str, dump: Optional[str] = None, mistakes: int = 12) -> Dict[str, Figure]:
    """Draw a run.

    Args:
        folder (str): Work directory.
        dump (str, optional): File of ``DumpClipsHook``. Defaults to None, the newest below
            ``folder``; where there is none, the test is not drawn.
        mistakes (int): Wrongly recognised clips to show.

    Returns:
        dict[str, Figure]: ``confusion``, ``accuracy_by_class``, ``embedding`` and ``mistakes`` of
        the test, ``training`` of the training: those that there are files for.

    Raises:
        InputError: There is neither, or a file cannot be read.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(folder, 'WORK_DIR', 'no such folder', 'a work directory')
    pictures = {}
    if dump is None:
        dumps = sorted(root.rglob('*.npz'), key=lambda path: path.stat().st_mtime)
        dump = dumps[-1] if dumps else None
    if dump is not None:
        clips = read_clips(dump)
        pictures = dict(confusion=confusion(clips), accuracy_by_class=accuracy_by_class(clips),
                        embedding=embedding(clips))
        if (clips.score.argmax(axis=1) != clips.label).any():
            pictures['mistakes'] = worst_mistakes(clips, mistakes)
    scalars = read_scalars(root)
    if scalars:
        pictures['training'] = training_curves(scalars)
    if not pictures:
        raise InputError(folder, 'WORK_DIR', 'neither *.npz nor */vis_data/scalars.json',
                         'what test.py --dump or train.py writes')
    return pictures


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


def read_scalars(root: Path) -> List[dict]:
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
