"""Scores of other checkpoints or streams, found by the names of the clips."""
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from .run_records import TestedClips


def check_same_clips(path: str, dump: TestedClips, names: Sequence[str]) -> None:
    """Check that a dump holds the clips of a test, each once.

    Args:
        path: The dump's file, for the message.
        dump: What it holds.
        names: The clips of the test.

    Raises:
        InputError: It names the first clip that only one of them has, or that one has twice.
    """
    dumped = dump.name.tolist()
    for place, listed in ((path, dumped), ('test', names)):
        for name, times in Counter(listed).items():
            if times > 1:
                raise InputError(place, 'name', f'the clip {name} {times} times',
                                 'each name once, as scores are added by name')
    known = set(dumped)
    for missing in (name for name in names if name not in known):
        raise InputError(path, 'name', f'no clip {missing}', 'the clips of this test')
    tested = set(names)
    for other in (name for name in dumped if name not in tested):
        raise InputError(path, 'name', f'the clip {other}, which this test does not have',
                         'the clips of this test')


def check_classes(path: str, dump: TestedClips, num_classes: int) -> None:
    """Check that a dump has scores of as many classes.

    Raises:
        InputError: It has not.
    """
    if dump.score.shape[1] != num_classes:
        raise InputError(path, 'score', f'{dump.score.shape[1]} classes',
                         f'{num_classes}, as many as this model has')


def scores_by_name(path: str, dump: TestedClips, names: Sequence[str],
                   labels: Sequence[int]) -> np.ndarray:
    """Return a dump's scores in the order of the clips of a test.

    Args:
        path: The dump's file, for the message.
        dump: What it holds.
        names: The clips of the test.
        labels: Their labels.

    Raises:
        InputError: As :func:`check_same_clips`, or a clip has another label there.
    """
    check_same_clips(path, dump, names)
    rows = {name: row for row, name in enumerate(dump.name.tolist())}
    order = [rows[name] for name in names]
    for name, label, dumped in zip(names, labels, dump.label[order].tolist()):
        if label != dumped:
            raise InputError(path, 'label', f'{dumped} of the clip {name}',
                             f'{label}, as in this test')
    return dump.score[order]
