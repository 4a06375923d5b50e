"""Flip, padding and crop size, each on its own."""
import numpy as np
import pytest

from mmaction_d3d.datasets import LAYOUTS
from mmaction_d3d.datasets.transforms import JointFlip, SquarePad
from mmaction_d3d.errors import InputError


def sample(height=6, width=10, joints=17, people=2, frames=3):
    rng = np.random.default_rng(0)
    return dict(
        imgs=[rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
              for _ in range(frames)], img_shape=(height, width), modality='RGB',
        keypoint=rng.uniform(0, 6, (people, frames, joints, 2)).astype(np.float32),
        keypoint_score=rng.uniform(0, 1, (people, frames, joints)).astype(np.float32))


@pytest.mark.parametrize('layout', LAYOUTS.values(), ids=LAYOUTS)
def test_flip_mirrors_x_and_exchanges_sides_within_each_person(layout):
    results = sample(joints=len(layout))
    before, score = results['keypoint'].copy(), results['keypoint_score'].copy()
    out = JointFlip(layout.name, flip_ratio=1.)(results)
    for joint, name in enumerate(layout.joints):
        other = name.replace('left', 'RIGHT').replace('right', 'left').lower()
        twin = layout.joints.index(other)
        np.testing.assert_allclose(out['keypoint'][:, :, joint, 0], 10 - before[:, :, twin, 0])
        np.testing.assert_array_equal(out['keypoint'][:, :, joint, 1], before[:, :, twin, 1])
        np.testing.assert_array_equal(out['keypoint_score'][:, :, joint], score[:, :, twin])


def test_flip_mirrors_the_images():
    results = sample()
    before = [img.copy() for img in results['imgs']]
    out = JointFlip('coco17', flip_ratio=1.)(results)
    for image, old in zip(out['imgs'], before):
        np.testing.assert_array_equal(image, old[:, ::-1])


def test_flip_moves_a_joint_on_the_left_edge():
    results = sample()
    results['keypoint'][:, :, 0] = 0
    out = JointFlip('coco17', flip_ratio=1.)(results)
    assert (out['keypoint'][:, :, 0, 0] == 10).all()


def test_flip_twice_gives_everything_back():
    results = sample()
    before = results['keypoint'].copy()
    flip = JointFlip('coco17', flip_ratio=1.)
    np.testing.assert_allclose(flip(flip(results))['keypoint'], before, atol=1e-6)


def test_flip_leaves_the_given_arrays_alone():
    results = sample()
    keypoint, score = results['keypoint'], results['keypoint_score']
    before = keypoint.copy(), score.copy()
    JointFlip('coco17', flip_ratio=1.)(results)
    np.testing.assert_array_equal(keypoint, before[0])
    np.testing.assert_array_equal(score, before[1])


def test_flip_ratio_0_changes_nothing():
    results = sample()
    before = results['keypoint'].copy()
    np.testing.assert_array_equal(JointFlip('coco17', flip_ratio=0.)(results)['keypoint'], before)


def test_flip_with_another_layout_is_an_input_error():
    with pytest.raises(InputError, match='JointFlip.layout: found ntu25 with 25 joints'):
        JointFlip('ntu25', flip_ratio=1.)(sample())


def test_flip_exchanges_labels_that_have_a_side():
    results = dict(sample(), label=3)
    assert JointFlip('coco17', flip_ratio=1., flip_label_map={3: 4})(results)['label'] == 4


@pytest.mark.parametrize('height, width', [(6, 11), (11, 6), (7, 7)])
def test_square_pad_centres_the_image(height, width):
    results = sample(height, width)
    images, keypoint = results['imgs'], results['keypoint']
    before = keypoint.copy()
    out = SquarePad()(results)
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    assert out['img_shape'] == (side, side)
    for image, old in zip(out['imgs'], images):
        assert image.shape == (side, side, 3)
        np.testing.assert_array_equal(image[top:top + height, left:left + width], old)
        assert image.sum() == old.sum()
    np.testing.assert_allclose(out['keypoint'], before + [left, top])
    np.testing.assert_array_equal(keypoint, before)


DECODE = [dict(type='AlignedSampleFrames', clip_len=2), dict(type='AlignedDecode')]
PACK = [dict(type='FormatShape', input_format='NCTHW'), dict(type='PackRGBPose')]


@pytest.mark.parametrize('crop', [
    dict(type='RandomCrop', size=70),
    dict(type='CenterCrop', crop_size=70),
    dict(type='CenterCrop', crop_size=(90, 60))
], ids=str)
def test_crop_larger_than_the_frames_is_an_input_error(rgb_pose_data, crop):
    data = rgb_pose_data(num_videos=1, num_frames=2, size=(64, 80))
    dataset = data.build([*DECODE, crop, *PACK])
    with pytest.raises(
            InputError, match=r'clip0\.mp4: frame size before the crop: found 64x80, '
            r'want at least (70x70|60x90)'):
        dataset[0]


@pytest.mark.parametrize(
    'crop', [dict(type='RandomCrop', size=64),
             dict(type='CenterCrop', crop_size=(80, 64))], ids=str)
def test_crop_as_large_as_the_frames_is_fine(rgb_pose_data, crop):
    data = rgb_pose_data(num_videos=1, num_frames=2, size=(64, 80))
    imgs = data.build([*DECODE, crop, *PACK])[0]['inputs']['imgs']
    assert imgs.shape[-2] == 64


def test_joints_outside_the_crop_keep_their_coordinates(rgb_pose_data):
    data = rgb_pose_data(num_videos=1, num_frames=2, size=(64, 80))
    data.annotations[0]['keypoint'][:] = (2, 62)
    data.save()
    inputs = data.build([*DECODE, dict(type='CenterCrop', crop_size=(60, 40)), *PACK])[0]['inputs']
    joint = inputs['keypoint'][0, 0, 0].tolist()
    assert joint == pytest.approx([2 - 10, 62 - 12, 0.9])
