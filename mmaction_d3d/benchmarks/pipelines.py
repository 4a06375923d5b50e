"""Clips a second of the training pipelines: ours beside MMAction2's, on the same videos."""
import copy
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.utils import get_installed_path

from ..datasets.converters.reencode import reencode
from ..datasets.transforms.cropping import check_before_crops
from ..datasets.transforms.decoding import resizing_as_read
from ..engine import read_config
from ..media import probe
from ..media.read import take_frames
from ..unwrapping import unwrap_dataset
from .models import PEERS
from .report import Row
from .timing import ratios, spread, time_in_turn
from .videos import write_video

COLUMNS = dict(name='pipeline', video='video', seconds='processor seconds a clip',
               clips_per_second='clips/s', ratio='clips/s, ratio to {reference}')
SIZES = ((360, 640), (1080, 1920))
SMALL = 256  # short side of what the prepare tools write
_RGBPOSE = 'RGBPose-Conv3D'


def sample(video: str, frames: int, people: int, joints: int) -> dict[str, Any]:
    """Return a clip as data sets hand it to their pipelines."""
    info = probe(video)
    random = np.random.default_rng(0)
    low, high = np.array([0.3, 0.2]), np.array([0.6, 0.8])
    place = random.uniform(low, high, (people, frames, joints, 2)) * (info.width, info.height)
    return dict(filename=video, frame_dir=Path(video).stem, label=0, total_frames=frames,
                start_index=0, modality='Pose', num_person=people,
                img_shape=(info.height, info.width), original_shape=(info.height, info.width),
                keypoint=place.astype(np.float32), keypoint_score=np.ones((people, frames, joints),
                                                                          np.float32))


def ours(config: str) -> tuple[Compose, int, int]:
    """Return the training pipeline of a config, people and joints."""
    cfg = read_config(config)
    dataset = unwrap_dataset(cfg.train_dataloader.dataset)
    pipeline = Compose(dataset.pipeline)
    pipeline.transforms = resizing_as_read(check_before_crops(pipeline.transforms))
    backbone = cfg.model.backbone
    return pipeline, backbone.num_person, backbone.num_joints


def _theirs() -> tuple[Compose, int, int]:
    path = Path(get_installed_path('mmaction'), '.mim', 'configs', PEERS[_RGBPOSE][0])
    return Compose(Config.fromfile(str(path)).train_pipeline), 2, 17


def measure(configs: Sequence[str], peers: bool, frames: int, repeats: int,
            sizes: Sequence[tuple[int, int]] = SIZES) -> list[Row]:
    """Run pipelines in turn on videos with long distances of key frames, and written anew.

    One process reads one clip at a time, and its own time on the processor counts: workers multiply
    the rate of both.

    Args:
        configs: Of this project.
        peers: Whether MMAction2's RGBPose-Conv3D takes part, to which ratios then refer.
        frames: Of each video.
        repeats: Rounds.
        sizes: Heights and widths of the videos.

    Returns:
        Rows of :data:`COLUMNS`.
    """
    pipelines = {_RGBPOSE: _theirs()} if peers else {}
    pipelines |= {Path(config).stem: ours(config) for config in configs}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for height, width in sizes:
            raw = str(Path(folder, f'{height}.mp4'))
            write_video(raw, frames, (height, width))
            small = str(Path(folder, f'{height}_small.mp4'))
            reencode((raw, small, SMALL))
            times: dict[tuple[str, str], list[float]] = {}
            for kind, video in dict(raw=raw, small=small).items():
                calls = {
                    name: _call(pipeline, sample(video, frames, people, joints))
                    for name, (pipeline, people, joints) in pipelines.items()
                }
                calls |= {
                    f'{name}, decoding alone':
                    _decoding(pipeline, sample(video, frames, people, joints))
                    for name, (pipeline, people, joints) in pipelines.items() if name != _RGBPOSE
                }
                for call in calls.values():
                    call()
                for name, taken in time_in_turn(calls, 'cpu', repeats, time.process_time).items():
                    times[kind, name] = taken
            first = times['raw', next(iter(pipelines))]
            said = dict(raw=f'{width}x{height}', small=f'{width}x{height}, written anew')
            rows += [_row(name, said[kind], taken, first) for (kind, name), taken in times.items()]
    return rows


def _call(pipeline: Callable, sample: dict[str, Any]) -> Callable[[], object]:
    return lambda: pipeline(copy.deepcopy(sample))


def _decoding(pipeline: Compose, sample: dict[str, Any]) -> Callable[[], object]:
    """Return a call that decodes what a pipeline samples, the least that an exact one can do."""

    def decode() -> None:
        numbers = pipeline.transforms[0](copy.deepcopy(sample))['frame_inds']
        # Not even converted.
        take_frames(sample['filename'], sorted(set(numbers.tolist())), lambda frame: None)

    return decode


def _row(name: str, video: str, taken: list[float], first: list[float]) -> Row:
    figures = spread('seconds', taken)
    return dict(name=name, video=video, **figures, clips_per_second=1 / figures['seconds'],
                **spread('ratio', ratios(first, taken)))
