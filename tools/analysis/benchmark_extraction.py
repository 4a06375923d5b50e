"""Times skeleton extraction against MMAction2's: python tools/analysis/benchmark_extraction.py.

Both get the same generated video, boxes and network with flip test. MMAction2's way is
``frame_extract``, which writes the frames to disk, and ``pose_inference``; both are timed, so that
the ratio can be read with and without the first.
"""
import contextlib
import io
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from mmaction_d3d import cli
from mmaction_d3d.datasets.synthetic.clips import Clip
from mmaction_d3d.datasets.synthetic.generate import encode
from mmaction_d3d.extraction import MMPoseBackend, SkeletonExtractor
from mmaction_d3d.extraction.mmpose_backend import DEFAULT_CONFIG
from mmaction_d3d.extraction.upstream import find_config, scope
from mmaction_d3d.progress import track

NETWORKS = dict(
    w32=DEFAULT_CONFIG, narrow=str(
        Path(__file__).resolve().parents[2] / 'configs' / 'pose' / 'hrnet_w8_synthetic_128x128.py'))
_SIZE = 256
_VIDEOS = 5


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description="Frames a second of skeleton extraction beside MMAction2's own, on one "
        'generated video with the same boxes, network (random weights) and flip test; and five '
        'short videos with the loading of the network counted.')
    parser.add_argument('--network', choices=NETWORKS, default='w32', help='(default: %(default)s)')
    parser.add_argument('--frames', type=cli.number(least=1), default=32, metavar='N',
                        help='frames of the video (default: %(default)s)')
    parser.add_argument('--persons', type=cli.number(least=1), default=1, metavar='M',
                        help='boxes a frame (default: %(default)s)')
    parser.add_argument('--repeats', type=cli.number(least=1), default=5, metavar='N',
                        help='rounds, both in each (default: %(default)s)')
    return parser.parse_args(argv)


class Boxes:
    """The same boxes in each frame."""

    linked = True

    def __init__(self, persons):
        left = np.linspace(20, 60, persons)
        self.boxes = np.stack([left, left * 0 + 10, left + 150, left * 0 + 250],
                              1).astype(np.float32)

    def open(self, media):
        """As ``WholeFrame.open``."""
        return lambda index, frame: self.boxes


def write_video(path, frames):
    """Write a video of one drawn person."""
    Path(path).write_bytes(encode(Clip(0, 'easy', 'test', 0, 1, _SIZE, frames).frames()))


def write_weights(cfg, path):
    """Random weights."""
    with scope('mmpose'):
        from mmpose.apis import init_model
        network = init_model(cfg, None, 'cpu')
    torch.save(dict(state_dict=network.state_dict(), meta=dict(dataset_meta=network.dataset_meta)),
               path)


def time_mmaction(video, boxes, network, weights, folder):
    """Seconds of ``frame_extract`` and of ``pose_inference``, without the bar that it prints."""
    from mmaction.apis.inference import pose_inference
    from mmaction.utils import frame_extract
    start = time.perf_counter()
    paths, _ = frame_extract(video, short_side=_SIZE, out_dir=folder)
    middle = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), scope('mmpose'), mock.patch(
            'mmaction.apis.inference.track_iter_progress', iter):
        found, _ = pose_inference(network, weights, paths, [boxes] * len(paths), 'cpu')
    return middle - start, time.perf_counter() - middle, np.stack(
        [each['keypoints'] for each in found], 1)


def summary(values):
    """Median, least and greatest."""
    return f'{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})'


def main():
    """Run both in turns and print the ratios."""
    args = parse_args()
    warnings.simplefilter('ignore')
    boxes = Boxes(args.persons)
    with tempfile.TemporaryDirectory() as folder:
        video, weights = f'{folder}/a.mp4', f'{folder}/random.pth'
        write_video(video, args.frames)
        cfg, _ = find_config('mmpose', NETWORKS[args.network], 'random')
        cfg.model.test_cfg = dict(flip_test=True, flip_mode='heatmap', shift_heatmap=True)
        write_weights(cfg, weights)
        config = f'{folder}/network.py'
        cfg.dump(config)
        with scope('mmpose'):
            from mmpose.apis import init_model
            network = init_model(config, weights, 'cpu')
        ours = SkeletonExtractor(MMPoseBackend(config, weights, 'cpu'), people=boxes,
                                 max_persons=args.persons)
        rates, alone, whole = [], [], []
        for _ in track(range(args.repeats), 'rounds'):
            start = time.perf_counter()
            found = ours(video)
            own = time.perf_counter() - start
            frames, poses, theirs = time_mmaction(video, boxes.boxes, network, None, folder)
            rates.append((found['total_frames'] / own, len(theirs[0]) / poses))
            alone.append(poses / own)
            whole.append((frames + poses) / own)
        print(f'{args.network}, {args.frames} frames with {args.persons} box(es) each, '
              f'{torch.get_num_threads()} thread(s), {args.repeats} rounds')
        print(f'frames/s: ours {summary([rate for rate, _ in rates])}, pose_inference '
              f'{summary([rate for _, rate in rates])}')
        print(f'ratio to pose_inference, its frames on disk already: {summary(alone)}')
        print(f'ratio to frame_extract and pose_inference: {summary(whole)}')
        short = [f'{folder}/{number}.mp4' for number in range(_VIDEOS)]
        for path in short:
            write_video(path, 8)
        ratios = []
        for _ in track(range(args.repeats), 'rounds with loading'):
            start = time.perf_counter()
            ours = SkeletonExtractor(MMPoseBackend(config, weights, 'cpu'), people=boxes,
                                     max_persons=args.persons)
            for path in short:
                ours(path)
            own = time.perf_counter() - start
            start = time.perf_counter()
            for path in short:
                time_mmaction(path, boxes.boxes, config, weights, folder)
            ratios.append((time.perf_counter() - start) / own)
        print(f'{_VIDEOS} videos of 8 frames, loading counted: ratio {summary(ratios)}')


if __name__ == '__main__':
    cli.run(main)
