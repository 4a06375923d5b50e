"""Skeleton extraction beside MMAction2's: the same video, boxes, network and flip test.

MMAction2's way is ``frame_extract``, which writes the frames to disk, and ``pose_inference``; both
are timed, so that the ratio can be read with and without the first.
"""
import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from torch import nn

from ..datasets.synthetic.clips import Clip
from ..datasets.synthetic.generate import encode
from ..extraction import MMPoseBackend, SkeletonExtractor
from ..extraction.upstream import find_config, scope
from .report import Row
from .timing import ratios, seconds, spread

COLUMNS = dict(name='what is run', seconds='seconds', frames_per_second='frames/s',
               ratio='time, ratio to ours')
_SIZE = 256
_VIDEOS = 5  # short ones


class Boxes:
    """The same boxes in each frame.

    Args:
        persons: Boxes a frame.
    """
    linked = True

    def __init__(self, persons: int) -> None:
        left = np.linspace(20, 60, persons)
        self.boxes = np.stack([left, left * 0 + 10, left + 150, left * 0 + 250],
                              1).astype(np.float32)

    def open(self, media: object) -> Callable[[int, object], np.ndarray]:
        """As ``WholeFrame.open``."""
        return lambda index, frame: self.boxes


def _extract_frames(video: str, folder: str) -> list[str]:
    from mmaction.utils import frame_extract
    return frame_extract(video, short_side=_SIZE, out_dir=folder)[0]


def _infer_poses(paths: list[str], boxes: np.ndarray, network: str | nn.Module,
                 weights: str | None) -> None:
    """MMAction2's own, without the bar that it prints."""
    from mmaction.apis.inference import pose_inference
    with contextlib.redirect_stdout(io.StringIO()), scope('mmpose'), mock.patch(
            'mmaction.apis.inference.track_iter_progress', iter):
        pose_inference(network, weights, paths, [boxes] * len(paths), 'cpu')


def measure(network: str, frames: int, persons: int, repeats: int) -> list[Row]:
    """Extract the skeletons of one generated video, and of short ones with the loading counted.

    Args:
        network: Config of MMPose's, whose weights will be random.
        frames: Of the video.
        persons: Boxes a frame.
        repeats: Rounds, all in each.

    Returns:
        Rows of :data:`COLUMNS`.
    """
    people = Boxes(persons)
    with tempfile.TemporaryDirectory() as folder:
        videos = [str(Path(folder, f'{number}.mp4')) for number in range(_VIDEOS + 1)]
        for path, count in zip(videos, [frames] + [8] * _VIDEOS):
            clip = Clip(0, 'easy', 'test', 0, 1, _SIZE, count)
            Path(path).write_bytes(encode(clip.frames()))
        cfg, _ = find_config('mmpose', network, 'random')
        cfg.model.test_cfg = dict(flip_test=True, flip_mode='heatmap', shift_heatmap=True)
        config, weights = f'{folder}/network.py', f'{folder}/random.pth'
        cfg.dump(config)
        with scope('mmpose'):
            from mmpose.apis import init_model
            model = init_model(config, None, 'cpu')
        torch.save(dict(state_dict=model.state_dict(), meta=dict(dataset_meta=model.dataset_meta)),
                   weights)

        def load() -> SkeletonExtractor:
            return SkeletonExtractor(MMPoseBackend(config, weights, 'cpu'), people=people,
                                     max_persons=persons)

        def short_ours() -> None:
            extractor = load()
            for path in videos[1:]:
                extractor(path)

        def short_theirs() -> None:
            for path in videos[1:]:
                _infer_poses(_extract_frames(path, folder), people.boxes, config, weights)

        ours = load()
        paths = _extract_frames(videos[0], folder)
        calls = {
            'ours': lambda: ours(videos[0]), 'pose_inference':
            lambda: _infer_poses(paths, people.boxes, model, None), 'frame_extract':
            lambda: _extract_frames(videos[0], folder), 'ours, short videos and loading':
            short_ours, 'MMAction2, short videos and loading': short_theirs
        }
        times: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(repeats):
            for name, call in calls.items():
                times[name].append(seconds(call))
    times['frame_extract and pose_inference'] = [
        sum(pair) for pair in zip(times.pop('frame_extract'), times['pose_inference'])
    ]
    return _rows(times, frames)


def _rows(times: dict[str, list[float]], frames: int) -> list[Row]:
    rows = []
    for name, taken in times.items():
        reference = [name for name in times if name.startswith('ours') and 'short' not in name]
        if 'short' in name:
            reference = ['ours, short videos and loading']
        count = 8 * _VIDEOS if 'short' in name else frames
        figures = spread('seconds', taken)
        rows.append(
            dict(name=name, **figures, frames_per_second=count / figures['seconds'],
                 **spread('ratio', ratios(taken, times[reference[0]]))))
    return rows
