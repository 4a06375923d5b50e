"""The keypoint stays on the pixels it was put on, through the whole pipeline, frame by frame."""
import random

import numpy as np
import pytest
from mmengine.config import Config
from running import ROOT

SAMPLE = dict(type='AlignedSampleFrames', clip_len=6)
DECODE = dict(type='AlignedDecode')
PACK = [dict(type='FormatShape', input_format='NCTHW'), dict(type='PackRGBPose')]
MARGIN = 14  # farther than this from the border the square is whole, even when enlarged

# What the configs for few clips do to frames and joints, but for the noise of joints.
AUGMENT = [
    step
    for step in Config.fromfile(ROOT /
                                'configs/_base_/datasets/augmented_squares.py').train_pipeline[2:-2]
    if step.type not in ('JointNoise', 'ModalityDrop')
]

PIPELINES = {
    'as decoded': [],
    'shrunk': [dict(type='Resize', scale=(-1, 48))],
    'enlarged': [dict(type='Resize', scale=(-1, 112))],
    'distorted': [dict(type='Resize', scale=(96, 72), keep_ratio=False)],
    'random crop': [dict(type='RandomCrop', size=64)],
    'centre crop': [dict(type='CenterCrop', crop_size=(80, 60))],
    'resized crop': [
        dict(type='RandomResizedCrop', area_range=(0.5, 1.0)),
        dict(type='Resize', scale=(64, 64), keep_ratio=False)
    ],
    'multi-scale crop': [dict(type='MultiScaleCrop', input_size=64, scales=(1, 0.8))],
    'flip': [dict(type='JointFlip', layout='coco17', flip_ratio=1.)],
    'square': [dict(type='SquarePad')],
    'turned': [dict(type='RandomAffine', degrees=40)],
    'shrunk and shifted': [dict(type='RandomAffine', scale=(0.7, 0.9))],
    'augmented':
    AUGMENT,
    'all of it': [
        dict(type='SquarePad'),
        dict(type='Resize', scale=(-1, 80)),
        dict(type='RandomCrop', size=72),
        dict(type='JointFlip', layout='coco17', flip_ratio=1.)
    ],
}


def squares(imgs):
    """Centres of the bright square: N x 3 x T x H x W -> N*T x 2 (x, y), NaN where it is cut."""
    centres = []
    for image in imgs.float().mean(1).flatten(0, 1).numpy():  # H x W
        y, x = np.nonzero(image > (image.min() + image.max()) / 2)
        inside = np.ptp(image) > 60 and MARGIN < x.mean() < image.shape[1] - MARGIN and \
            MARGIN < y.mean() < image.shape[0] - MARGIN
        centres.append((x.mean() + 0.5, y.mean() + 0.5) if inside else (np.nan, np.nan))
    return np.array(centres)


@pytest.fixture(scope='module')
def shared(rgb_pose_data):
    return rgb_pose_data(num_videos=4, num_frames=24, size=(84, 120))


@pytest.mark.parametrize('test_mode', [False, True], ids=['train', 'test'])
@pytest.mark.parametrize('steps', PIPELINES.values(), ids=PIPELINES)
def test_keypoint_sits_on_the_square(shared, steps, test_mode):
    np.random.seed(1)
    random.seed(1)
    sampler = dict(SAMPLE, test_mode=test_mode, num_clips=2)
    dataset = shared.build([sampler, DECODE, *steps, *PACK])
    compared = 0
    for i in range(len(dataset)):
        inputs = dataset[i]['inputs']
        seen = squares(inputs['imgs'])
        joints = inputs['keypoint'].flatten(0, 1).numpy()  # those of a clip are all at one place
        told = np.nanmean(np.where(joints[..., 2:] > 0, joints[..., :2], np.nan), axis=1)
        whole = np.isfinite(seen[:, 0])
        compared += whole.sum()
        np.testing.assert_allclose(told[whole], seen[whole], atol=0.8)
    assert compared >= 12


def test_the_check_sees_a_shift_of_one_frame(shared):

    def late(results):
        results['keypoint'] = np.roll(results['keypoint'], 1, 1)
        return results

    dataset = shared.build([late, dict(SAMPLE, test_mode=True), DECODE, *PACK])
    inputs = dataset[0]['inputs']
    seen = squares(inputs['imgs'])
    told = inputs['keypoint'][0, :, 0, :2].numpy()
    assert np.nanmin(np.abs(told - seen).max(1)) > 2


def test_frame_folder_and_video_give_the_same_keypoints(shared):
    pipeline = [dict(SAMPLE, test_mode=True), DECODE, *PACK]
    from_video = shared.build(pipeline)[1]['inputs']
    frames = shared.write_frame_folders()
    from_frames = shared.build(pipeline, data_prefix=dict(img=str(frames)))[1]['inputs']
    np.testing.assert_array_equal(from_frames['keypoint'], from_video['keypoint'])
    np.testing.assert_allclose(squares(from_frames['imgs']), squares(from_video['imgs']), atol=0.5)
