"""A run seen: pictures of what training and test wrote into a work directory."""
import numpy as np
from matplotlib.figure import Figure

from ..evaluation.run_records import read_run
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
    clips, scalars = read_run(folder, dump)
    pictures: dict[str, Figure | np.ndarray] = {}
    if clips is not None:
        pictures = dict(confusion=confusion(clips), accuracy_by_class=accuracy_by_class(clips),
                        embedding=embedding(clips))
        if (clips.score.argmax(axis=1) != clips.label).any():
            pictures['mistakes'] = worst_mistakes(clips, mistakes)
    if scalars:
        pictures['training'] = training_curves(scalars)
    return pictures
