import copy

import numpy as np
import pytest
import torch

from mmaction_d3d.datasets.transforms import PackRGBPose
from mmaction_d3d.errors import InputError


def sample(people=2, num_clips=2, clip_len=3, joints=4):
    rng = np.random.default_rng(0)
    frames = num_clips * clip_len
    return dict(imgs=np.zeros((num_clips, 3, clip_len, 8, 10),
                              np.uint8), img_shape=(8, 10), label=1, num_clips=num_clips,
                clip_len=clip_len, num_person=2, frame_dir='clip', total_frames=30,
                frame_inds=np.arange(frames), keypoint=rng.uniform(0, 8,
                                                                   (people, frames, joints, 2)),
                keypoint_score=rng.uniform(0.1, 1, (people, frames, joints)).astype(np.float16))


def keypoint(results, **kwargs):
    return PackRGBPose(**kwargs)(results)['inputs']['keypoint']


def test_joints_stand_person_by_person():
    results = sample()
    xy, score = results['keypoint'], results['keypoint_score']
    packed = keypoint(results)
    assert packed.shape == (2, 3, 8, 3) and packed.dtype == torch.float32
    for n, t, m, v in np.ndindex(2, 3, 2, 4):
        expected = [*xy[m, 3 * n + t, v], score[m, 3 * n + t, v]]
        assert packed[n, t, 4 * m + v].tolist() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize('people', [0, 1])
def test_absent_people_are_zeros(people):
    packed = keypoint(sample(people))
    assert (packed[:, :, 4 * people:] == 0).all()
    assert (packed[:, :, :4 * people] != 0).all()


@pytest.mark.parametrize('x, y, score', [(np.nan, 1, 0.5), (1, np.inf, 0.5), (1, 2, 0),
                                         (1, 2, -0.5), (1, 2, np.nan)])
def test_missing_joint_is_zeros(x, y, score):
    results = sample()
    results['keypoint'][1, 4, 2] = x, y
    results['keypoint_score'][1, 4, 2] = score
    packed = keypoint(results)
    assert (packed[1, 1, 4 + 2] == 0).all()
    assert (packed != 0).sum() == packed.numel() - 3


def test_scores_are_clamped_to_1():
    results = sample()
    results['keypoint_score'][:] = 2.5
    assert (keypoint(results)[..., 2] == 1).all()


def test_no_number_of_people_is_refused():
    with pytest.raises(InputError, match='num_person: found nothing'):
        keypoint(dict(sample(), num_person=None))


def test_num_person_widens():
    assert keypoint(sample(), num_person=5).shape == (2, 3, 20, 3)


def test_more_people_than_the_model_takes_is_an_input_error():
    with pytest.raises(InputError, match='keypoint: found 2 people, want at most num_person = 1'):
        keypoint(sample(), num_person=1)


def test_label_and_metainfo():
    sample_out = PackRGBPose()(sample())['data_samples']
    assert sample_out.gt_label.tolist() == [1]
    assert sample_out.metainfo['frame_dir'] == 'clip'
    assert sample_out.metainfo['img_shape'] == (8, 10)
    assert sample_out.metainfo['frame_inds'].tolist() == list(range(6))


def test_packs_without_a_label():
    results = sample()
    del results['label']
    assert 'gt_label' not in PackRGBPose()(results)['data_samples']


def test_images_of_another_size_than_img_shape_are_an_input_error():
    with pytest.raises(InputError, match='imgs: found 8x10 pixels, want 8x12'):
        keypoint(dict(sample(), img_shape=(8, 12)))


def test_more_crops_than_keypoints_are_an_input_error():
    results = sample()
    results['imgs'] = np.repeat(results['imgs'], 3, 0)
    with pytest.raises(InputError, match='found 6 clips of 3 frames, want 2 clips'):
        keypoint(results)


def test_unformatted_images_are_an_input_error():
    with pytest.raises(InputError, match='imgs: found 4 axes, want 5: FormatShape'):
        keypoint(dict(sample(), imgs=[np.zeros((8, 10, 3))] * 6))


@pytest.mark.parametrize('wrong', [np.nan, np.inf])
def test_pixels_that_are_not_finite_are_an_input_error(wrong):
    results = sample()
    results.update(filename='clip7.mp4', imgs=results['imgs'].astype(np.float32))
    PackRGBPose().transform(copy.deepcopy(results))
    results['imgs'][0, 0, 0, 0, 0] = wrong
    with pytest.raises(InputError, match='clip7.mp4: imgs: found nan or inf, want finite numbers'):
        PackRGBPose().transform(results)
