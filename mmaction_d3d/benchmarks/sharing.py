"""Windows over long videos that share features of frames, beside windows that do not."""
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from torch import Tensor, nn

from ..inference.load import D3D, with_skeletons
from ..inference.loading import load_model
from ..inference.shared_features import extractor_of
from .recognition import made_up
from .report import Row
from .timing import Call, ratios, spread, time_in_turn

COLUMNS = dict(name='model', stride='stride, windows', windows='windows',
               seconds='seconds a window, shared', ratio='windows/s, ratio to independent ones',
               bound='bound by what is not shared', mean_change='mean change of a score',
               most_change='largest', changed_labels='windows with another label')
_Spent = tuple[float, int]  # seconds, frames
_SECONDS = 5.5  # 5 and 8 windows of 2 s


class _Watch:
    """The processor time that a feature extractor takes, and the frames that it is given."""

    def __init__(self, extractor: nn.Module) -> None:
        self.seconds = 0.
        self.frames = 0
        extractor.register_forward_pre_hook(self._begin)
        extractor.register_forward_hook(self._end)

    def _begin(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self.frames += inputs[0].shape[0] * inputs[0].shape[2]
        self.seconds -= time.process_time()

    def _end(self, module: nn.Module, inputs: tuple[Tensor, ...], maps: object) -> None:
        self.seconds += time.process_time()


def _bound(alone: Sequence[float], spent: dict[bool, list[_Spent]]) -> Row:
    """Return the ratio that would be if the maps of each frame were made once and all else stayed.

    Args:
        alone: Seconds of independent windows, by round.
        spent: What the extractor took, by round, without and with sharing.
    """
    return spread(
        'bound',
        (total / (total - seconds * (1 - shared / frames))
         for total, (seconds,
                     frames), (_, shared) in zip(alone, spent[False], spent[True], strict=True)))


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
        model = load_model(checkpoint, config, device)
        backbone = _Watch(cast(nn.Module, extractor_of(model.network)))
        d3d = D3D(*with_skeletons(model, skeletons), device)
        for part in (2, 4):
            # A stride of half a window or less is on the grid of both: see on_one_grid.
            scores: dict[bool, list[np.ndarray]] = {}
            spent: dict[bool, list[_Spent]] = {False: [], True: []}

            def run(share: bool, part: int = part, scores: dict = scores,
                    spent: dict = spent) -> None:
                backbone.seconds = backbone.frames = 0
                answers = [
                    d3d(video, arrays, window, window / part, batch_size=batch_size,
                        share_features=share) for video in videos
                ]
                scores[share] = [
                    each.scores for answer in answers if answer.timeline is not None
                    for each in answer.timeline.windows
                ]
                spent[share].append((backbone.seconds, backbone.frames))

            calls: dict[str, Call] = {str(share): partial(run, share) for share in (False, True)}
            times = time_in_turn(calls, device, repeats, time.process_time)
            alone, shared = (np.stack(scores[share]) for share in (False, True))
            change = np.abs(shared - alone)
            rows.append(
                dict(name=Path(config or checkpoint).stem, stride=f'1/{part}', windows=len(alone),
                     **spread('seconds', (taken / len(alone) for taken in times['True'])),
                     **spread('ratio', ratios(times['False'], times['True'])),
                     **_bound(times['False'], spent) if device == 'cpu' else {},
                     mean_change=float(change.mean()), most_change=float(change.max()),
                     changed_labels=float((alone.argmax(1) != shared.argmax(1)).mean())))
    return rows
