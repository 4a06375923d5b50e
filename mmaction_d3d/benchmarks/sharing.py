"""Windows over long videos that share features of frames, beside windows that do not."""
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..inference.load import load
from .recognition import made_up
from .report import Row
from .timing import Call, ratios, spread, time_in_turn

COLUMNS = dict(name='model', stride='stride, windows', windows='windows',
               seconds='seconds a window, shared', ratio='windows/s, ratio to independent ones',
               mean_change='mean change of a score', most_change='largest',
               changed_labels='windows with another label')
_SECONDS = 5.5  # 5 and 8 windows of 2 s


def measure(config: str | None, device: str, batch_size: int, repeats: int,
            checkpoint: str | None = None, videos: Sequence[str] = (), skeletons: str | None = None,
            window: float = 2.) -> list[Row]:
    """Recognize videos both ways in turn, and compare the scores of their windows.

    Args:
        config: Of this project; None: the checkpoint's own.
        device: ``'cuda'`` or ``'cpu'``, where the process's own time counts.
        batch_size: Windows at once, which share.
        repeats: Rounds.
        checkpoint: Defaults to None: random weights, whose scores say little.
        videos: Defaults to none: one that is drawn.
        skeletons: Annotation pickle of the videos.
        window: Seconds.

    Returns:
        Rows of :data:`COLUMNS`, of strides of half and a quarter of a window.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        arrays: dict[str, Any] | None = None
        if checkpoint is None:
            assert config is not None  # as the command line sees to
            video, checkpoint, arrays = made_up(config, folder, _SECONDS)
            videos = [video]
        d3d = load(checkpoint, config, device, skeletons)
        for part in (2, 4):
            # A stride of half a window or less is on the grid of both: see on_one_grid.
            scores: dict[bool, list[np.ndarray]] = {}

            def run(share: bool, part: int = part, scores: dict = scores) -> None:
                answers = [
                    d3d(video, arrays, window, window / part, batch_size=batch_size,
                        share_features=share) for video in videos
                ]
                scores[share] = [
                    each.scores for answer in answers if answer.timeline is not None
                    for each in answer.timeline.windows
                ]

            calls: dict[str, Call] = {str(share): partial(run, share) for share in (False, True)}
            times = time_in_turn(calls, device, repeats, time.process_time)
            alone, shared = (np.stack(scores[share]) for share in (False, True))
            change = np.abs(shared - alone)
            rows.append(
                dict(name=Path(config or checkpoint).stem, stride=f'1/{part}', windows=len(alone),
                     **spread('seconds', (taken / len(alone) for taken in times['True'])),
                     **spread('ratio', ratios(times['False'], times['True'])),
                     mean_change=float(change.mean()), most_change=float(change.max()),
                     changed_labels=float((alone.argmax(1) != shared.argmax(1)).mean())))
    return rows
