"""A run seen: pictures of what training and test wrote into a work directory."""
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ..errors import InputError
from ..evaluation.run_records import read_clips, read_scalars
from .run_pictures import accuracy_by_class, confusion, embedding, worst_mistakes
from .training_curves import training_curves


def draw_run(folder: str, dump: str | None = None,
             mistakes: int = 12) -> dict[str, Figure | np.ndarray]:
    """Draw a run.

    Args:
        folder: Work directory.
        dump: File of ``DumpClipsHook``. Defaults to None, the newest below
            ``folder``; where there is none, the test is not drawn.
        mistakes: Wrongly recognised clips to show.

    Returns:
        ``confusion``, ``accuracy_by_class``, ``embedding`` and ``mistakes`` of
        the test, ``training`` of the training: those that there are files for.

    Raises:
        InputError: There is neither, or a file cannot be read.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(folder, 'WORK_DIR', 'no such folder', 'a work directory')
    pictures: dict[str, Figure | np.ndarray] = {}
    if dump is None:
        dumps = sorted(root.rglob('*.npz'), key=lambda path: path.stat().st_mtime)
        dump = str(dumps[-1]) if dumps else None
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
