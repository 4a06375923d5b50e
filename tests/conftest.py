"""Fixtures that every test may use: small real videos with skeletons."""
import copy
import functools
import io
import os
import pickle
from fractions import Fraction
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest
import torch
from hypothesis import settings
from running import run_tool

from mmaction_d3d.datasets import get_layout

torch.set_num_threads(1)
# As many tests run at a time as there are cores: so do the processes that they start.
os.environ.setdefault('OMP_NUM_THREADS', '1')
# The same examples in every run; how long one takes says nothing about the code.
settings.register_profile('project', deadline=None, derandomize=True, database=None)
settings.load_profile('project')


def pytest_collection_modifyitems(items):
    """Skip what is marked ``gpu`` where there is none."""
    if not torch.cuda.is_available():
        for item in items:
            if item.get_closest_marker('gpu'):
                item.add_marker(pytest.mark.skip(reason='needs a GPU'))


SQUARE = 12  # side of the bright square, pixels


@pytest.fixture(autouse=True)
def _mmaction_scope():
    """Resolve registered names in MMAction2's scope, as a config's ``default_scope`` does."""
    from mmengine.registry import init_default_scope
    init_default_scope('mmaction')
    yield
    init_default_scope('mmaction')  # for what the next file's fixtures build before its tests


def square_centre(index, num_frames, size, leftwards=False):
    """Where the square of frame ``index`` is centred: (x, y), whole pixels, continuous frame."""
    height, width = size
    progress = index / max(num_frames - 1, 1)
    if leftwards:
        progress = 1 - progress
    x = SQUARE + round(progress * (width - 2 * SQUARE))
    y = SQUARE + round(progress * (height - 2 * SQUARE))
    return x, y


def draw_frames(num_frames, size, leftwards=False):
    """Draw a dark scene with one bright square that crosses it: list of H x W x 3 uint8 RGB."""
    frames = []
    for index in range(num_frames):
        x, y = square_centre(index, num_frames, size, leftwards)
        frame = np.full((*size, 3), 20, np.uint8)
        half = SQUARE // 2
        frame[y - half:y + half, x - half:x + half] = 240
        frames.append(frame)
    return frames


def write_video(path, frames, codec='libx264', options=None, container_format=None):
    """Encode RGB frames, all with even sides, at high quality, to a path or an open file."""
    height, width = frames[0].shape[:2]
    path = str(path) if container_format is None else path
    with av.open(path, 'w', format=container_format) as container:
        stream = container.add_stream(codec, rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = width, height, 'yuv420p'
        stream.codec_context.thread_count = 1
        stream.options = options or {'crf': '12', 'preset': 'ultrafast'}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format='rgb24')))
        container.mux(stream.encode(None))


@functools.cache
def encode_square_video(num_frames, size, leftwards):
    """The bytes of the mp4 of :func:`draw_frames`."""
    file = io.BytesIO()
    write_video(file, draw_frames(num_frames, size, leftwards), container_format='mp4')
    return file.getvalue()


class RGBPoseData:
    """Videos with one bright square each, and a pickle in which all joints sit on the square.

    Change ``content`` (the pickle's dict) and call :meth:`save` to make other files of it.

    Attributes:
        root: Folder of everything; ``video_dir`` holds the mp4 files, ``ann_file`` the pickle.
        content: ``dict(split={'train': [...], 'test': [...]}, annotations=[...])``. Even videos
            are class 0, the square moves right and down; odd ones class 1, left and up. The first
            half (rounded up) is split ``train``, the rest ``test``.
    """

    def __init__(self, root, num_videos, num_frames, size, num_person, layout):
        self.root = root
        self.video_dir = root / 'videos'
        self.ann_file = root / 'annotations.pkl'
        self.video_dir.mkdir(parents=True)
        self.size = size
        names = [f'clip{i}' for i in range(num_videos)]
        half = (num_videos + 1) // 2
        self.content = dict(
            split=dict(train=names[:half], test=names[half:]), annotations=[
                self._make_clip(name, i % 2, num_frames, num_person, len(get_layout(layout).joints))
                for i, name in enumerate(names)
            ])
        self.save()

    def _make_clip(self, name, label, num_frames, num_person, num_joints):
        video = encode_square_video(num_frames, self.size, bool(label))
        (self.video_dir / f'{name}.mp4').write_bytes(video)
        track = [square_centre(t, num_frames, self.size, bool(label)) for t in range(num_frames)]
        keypoint = np.array(track, np.float32)[None, :, None]  # 1 x T x 1 x 2
        return dict(frame_dir=name, label=label, img_shape=self.size, original_shape=self.size,
                    total_frames=num_frames, keypoint=np.tile(keypoint,
                                                              (num_person, 1, num_joints, 1)),
                    keypoint_score=np.full((num_person, num_frames, num_joints), 0.9, np.float32))

    @property
    def annotations(self):
        """The annotations of ``content``."""
        return self.content['annotations']

    def save(self):
        """Write ``content`` to ``ann_file``."""
        with open(self.ann_file, 'wb') as file:
            pickle.dump(self.content, file)

    def write_frame_folders(self, frame_tmpl='img_{:05}.jpg', start_index=1):
        """Write the videos' frames as image folders; return the folder that holds them."""
        frames_dir = self.root / 'frames'
        for annotation in self.annotations:
            folder = frames_dir / annotation['frame_dir']
            folder.mkdir(parents=True)
            frames = draw_frames(annotation['total_frames'], self.size, bool(annotation['label']))
            for index, frame in enumerate(frames):
                cv2.imwrite(str(folder / frame_tmpl.format(index + start_index)), frame)
        return frames_dir

    def dataset_cfg(self, pipeline=(), **kwargs):
        """Config of an RGBPoseDataset over this data; ``kwargs`` replace or add arguments."""
        cfg = dict(type='RGBPoseDataset', ann_file=str(self.ann_file),
                   data_prefix=dict(video=str(self.video_dir)),
                   pipeline=copy.deepcopy(list(pipeline)))
        return {**cfg, **kwargs}

    def build(self, pipeline=(), **kwargs):
        """Build that data set."""
        from mmaction.registry import DATASETS
        return DATASETS.build(self.dataset_cfg(pipeline, **kwargs))


@pytest.fixture(scope='session')
def rgb_pose_data(tmp_path_factory):
    """Factory of :class:`RGBPoseData`; each call makes a folder of its own."""

    def make(num_videos=4, num_frames=16, size=(64, 80), num_person=1, layout='coco17'):
        root = tmp_path_factory.mktemp('rgb_pose')
        return RGBPoseData(root, num_videos, num_frames, size, num_person, layout)

    return make


@pytest.fixture(scope='session')
def square_video():
    """The functions that draw, place and encode the moving square: ``draw centre write``."""
    return SimpleNamespace(draw=draw_frames, centre=square_centre, write=write_video)


@pytest.fixture
def run_lines(capsys):
    """Runs a tool; give its exit code, its lines, and the last one of stderr."""

    def run(name, *argv):
        code = run_tool(name, *argv)
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err.strip().rpartition('\n')[2]

    return run


class Runs:
    """Unpickles by running a command."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command, )


@pytest.fixture
def plant(tmp_path):
    """Puts a pickle that would leave a mark in place of a good one."""

    def write(path):
        path.write_bytes(pickle.dumps(dict(annotations=[Runs(f'touch {tmp_path / "mark"}')])))
        return path

    return write
