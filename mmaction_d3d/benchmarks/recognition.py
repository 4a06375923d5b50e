"""From a video file to its label: one clip, and windows over a long video."""
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmaction.registry import MODELS

from ..engine import read_config
from ..inference.load import load
from ..media import video_frames
from .report import Row
from .timing import spread, time_in_turn
from .videos import write_video

COLUMNS = dict(name='what is run', seconds='seconds', windows_per_second='windows/s',
               times_real='times real time')
_FPS, _WINDOW = 30, 2  # frames a second of the video, seconds of a window


def _decode(video: str) -> None:
    for frame in video_frames(video):
        frame.rgb()


def made_up(config: str, folder: str, seconds: float) -> tuple[str, str, dict[str, Any]]:
    """Write a video of 256 x 454 pixels and random weights into a folder.

    Returns:
        Their paths, and skeletons of the video.
    """
    backbone = read_config(config).model.backbone
    frames, size = round(seconds * _FPS), (256, 454)
    keypoint = np.random.default_rng(0).uniform(
        20, 236, (backbone.num_person, frames, backbone.num_joints, 2)).astype(np.float32)
    video, weights = str(Path(folder, 'a.mp4')), str(Path(folder, 'random.pth'))
    write_video(video, frames, size)
    model = MODELS.build(read_config(config).model)
    torch.save(dict(state_dict=model.state_dict(), meta={}), weights)
    return video, weights, dict(keypoint=keypoint,
                                keypoint_score=np.ones(keypoint.shape[:3],
                                                       np.float32), img_shape=size)


def measure(config: str, device: str, video_seconds: int, repeats: int) -> list[Row]:
    """Recognize a generated video of 256 x 454 pixels with known skeletons and random weights.

    Args:
        config: Of this project.
        device: ``'cuda'`` or ``'cpu'``.
        video_seconds: Length of the video.
        repeats: Rounds.

    Returns:
        Rows of :data:`COLUMNS`.
    """
    with tempfile.TemporaryDirectory() as folder:
        video, weights, skeletons = made_up(config, folder, video_seconds)
        d3d = load(weights, config, device)
        calls: dict[str, Callable] = {
            'decoding alone': partial(_decode, video), 'one clip': partial(d3d, video, skeletons)
        }
        counts = {'decoding alone': 0, 'one clip': 1}
        for part in (2, 4):
            name = f'windows of {_WINDOW} s, stride 1/{part}'
            calls[name] = partial(d3d, video, skeletons, _WINDOW, _WINDOW / part)
            counts[name] = (video_seconds - _WINDOW) * part // _WINDOW + 1
        for call in calls.values():
            call()
        times = time_in_turn(calls, device, repeats)
    rows = []
    for name, taken in times.items():
        figures = spread('seconds', taken)
        rows.append(
            dict(name=name, **figures, windows_per_second=counts[name] / figures['seconds'],
                 times_real=video_seconds / figures['seconds']))
    return rows
