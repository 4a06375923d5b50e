"""A pose network of MMPose with random weights, and a backend that sees squares by their colour."""
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from mmaction_d3d.extraction.upstream import scope

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'pose' / 'hrnet_w8_synthetic_128x128.py'


@pytest.fixture(scope='session')
def flip_config(tmp_path_factory):
    """The narrow HRNet with flip test, as MMPose's own configs have it."""
    from mmengine.config import Config
    cfg = Config.fromfile(CONFIG)
    cfg.model.test_cfg = dict(flip_test=True, flip_mode='heatmap', shift_heatmap=True)
    path = tmp_path_factory.mktemp('flip') / 'network.py'
    cfg.dump(path)
    return path


@pytest.fixture(scope='session')
def pose_checkpoint(tmp_path_factory):
    """Random weights of the narrow HRNet, with batch norms that do something."""
    from mmengine.config import Config
    with warnings.catch_warnings(), scope('mmpose'):
        warnings.simplefilter('ignore')
        from mmpose.apis import init_model
        torch.manual_seed(0)
        network = init_model(Config.fromfile(CONFIG), None, 'cpu')
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(std=0.3)
                module.running_var.uniform_(0.5, 2)
        torch.nn.init.normal_(network.head.final_layer.weight)
    path = tmp_path_factory.mktemp('pose') / 'random.pth'
    torch.save(dict(state_dict=network.state_dict(), meta=dict(dataset_meta=network.dataset_meta)),
               path)
    return path


COLOURS = ((250, 60, 60), (60, 250, 60), (60, 60, 250))


class ColourBackend:
    """Stands in for a network: a person is a square of one of :data:`COLOURS`.

    Joint v lies v pixels right of the square's centre. It names nobody: the order of people is
    drawn anew in each frame. ``calls`` lists the sizes of the batches that it got.
    """

    layout, top_down = 'coco17', False

    def __init__(self, seed=0):
        self.calls, self._rng = [], np.random.default_rng(seed)

    def prepare(self, frame, boxes):
        return [frame]

    def predict(self, crops):
        self.calls.append(len(crops))
        return [self._look(frame) for frame in crops]

    def _look(self, frame):
        people = []
        for colour in COLOURS:
            rows, columns = np.nonzero((np.abs(frame.astype(int) - colour) < 60).all(-1))
            if len(rows) > 8:
                x, y = columns.mean() + 0.5, rows.mean() + 0.5
                people.append([(x + v, y + 4 * (v % 2), 0.9) for v in range(17)])
        people = np.array(people, np.float32).reshape(-1, 17, 3)
        return people[self._rng.permutation(len(people))]


def square_frames(paths, size=(64, 160), side=10):
    """Frames with one square a path; ``paths`` are lists of (x, y) or None, a frame each.

    Later squares hide earlier ones.
    """
    frames = []
    for places in zip(*paths):
        frame = np.full((*size, 3), 20, np.uint8)
        for colour, place in zip(COLOURS, places):
            if place is not None:
                x, y = map(int, place)
                frame[y - side // 2:y + side // 2, x - side // 2:x + side // 2] = colour
        frames.append(frame)
    return frames


@pytest.fixture
def people_video(tmp_path, square_video):
    """Writes a video of :func:`square_frames`."""

    def write(name, paths, **options):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        square_video.write(path, square_frames(paths, **options))
        return path

    return write
