"""Real clips, where they are at hand: AVI files that announce more frames than they hold."""
import os
from pathlib import Path

import numpy as np
import pytest

from mmaction_d3d.datasets import RGBPoseDataset
from mmaction_d3d.media import read_video

ROOT = Path(
    os.environ.get('UT_INTERACTION_ROOT',
                   Path(__file__).parents[3] / 'shared' / 'data' / 'ut_interaction'))
pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason='UT-Interaction is not here')

PIPELINE = [
    dict(type='AlignedSampleFrames', clip_len=12),
    dict(type='AlignedDecode'),
    dict(type='SquarePad'),
    dict(type='Resize', scale=(64, 64), keep_ratio=False),
    dict(type='JointFlip', layout='coco17'),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackRGBPose')
]


def build(split, pipeline=()):
    return RGBPoseDataset(str(ROOT / 'set1_movenet.pkl'), list(pipeline), split=split,
                          data_prefix=dict(video=str(ROOT / 'videos')), num_classes=6)


@pytest.mark.parametrize('split, num_clips', [('train', 41), ('test', 19)])
def test_splits(split, num_clips):
    assert len(build(split)) == num_clips


def test_clips_go_through_the_pipeline():
    for item in (build('test', PIPELINE)[i] for i in range(0, 19, 6)):
        assert item['inputs']['imgs'].shape == (1, 3, 12, 64, 64)
        assert item['inputs']['keypoint'].shape == (1, 12, 34, 3)


@pytest.mark.parametrize('backend', ['av', 'decord'])
def test_scattered_frames_are_those_of_a_full_read(backend):
    pytest.importorskip(backend)
    info = build('test').get_data_info(3)
    total = info['total_frames']
    everything, count = read_video(info['filename'], np.arange(total), 'av')
    assert count is None
    scattered, _ = read_video(info['filename'], np.array([2, 7, 30, total - 1]), backend)
    for index, image in scattered.items():
        np.testing.assert_array_equal(image, everything[index])
