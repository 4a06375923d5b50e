import math

import numpy as np
import pytest

from mmaction_d3d.datasets.transforms import GenerateJointHeatmap
from mmaction_d3d.errors import InputError


def sample(height=9, width=12, people=2):
    rng = np.random.default_rng(0)
    keypoint = rng.uniform(-3, 14, (people, 4, 3, 2)).astype(np.float32)
    score = rng.uniform(0.1, 1, (people, 4, 3)).astype(np.float32)
    return dict(keypoint=keypoint, keypoint_score=score, img_shape=(height, width), num_clips=2,
                clip_len=2, num_person=2)


def heatmaps(results, **kwargs):
    return GenerateJointHeatmap(**kwargs)(results)['heatmap_imgs']


@pytest.mark.parametrize('sigma, use_score', [(1., True), (1., False), (0.6, True)])
def test_equals_equation_2_term_by_term(sigma, use_score):
    results = sample()
    keypoint, score = results['keypoint'].copy(), results['keypoint_score'].copy()
    score[0, 1, 1] = 0
    results['keypoint_score'] = score
    out = heatmaps(results, sigma=sigma, use_score=use_score)
    assert out.shape == (2, 2, 6, 5, 6) and out.dtype == np.float32
    for n, t, m, v, j, i in np.ndindex(2, 2, 2, 3, 5, 6):
        x, y = keypoint[m, 2 * n + t, v] / 2 - 0.25
        s = score[m, 2 * n + t, v]
        weight = s if use_score else float(s > 0)
        expected = weight * math.exp(-((i - x)**2 + (j - y)**2) / (2 * sigma**2))
        assert out[n, t, 3 * m + v, j, i] == pytest.approx(expected, abs=1e-6)


def test_peak_of_a_joint_in_the_middle_of_pixel_2i_is_cell_i():
    results = sample()
    results['keypoint'][:] = (2 * 4 + 0.5, 2 * 3 + 0.5)
    results['keypoint_score'][:] = 1
    out = heatmaps(results)
    assert (out[..., 3, 4] == 1).all() and (out <= 1).all()


@pytest.mark.parametrize(
    'spoil', [dict(x=np.nan),
              dict(y=np.inf),
              dict(score=0),
              dict(score=-1),
              dict(score=np.nan)], ids=str)
def test_missing_joint_is_zero(spoil):
    results = sample()
    for name, value in spoil.items():
        if name == 'score':
            results['keypoint_score'][0, 0, 1] = value
        else:
            results['keypoint'][0, 0, 1, 'xy'.index(name)] = value
    out = heatmaps(results, use_score=False)
    assert (out[0, 0, 1] == 0).all() and np.isfinite(out).all()
    assert (out[0, 0, [0, 2, 3, 4, 5]].max((1, 2)) > 0).all()


def test_absent_person_is_zero():
    out = heatmaps(sample(people=1))
    assert out.shape[2] == 6
    assert (out[:, :, 3:] == 0).all() and (out[:, :, :3] > 0).any()


def test_scores_are_clamped_to_1():
    results = sample()
    results['keypoint'][:] = 4.5
    results['keypoint_score'][:] = 7
    assert heatmaps(results).max() == 1


def test_agrees_with_packed_keypoints_on_who_is_there(rgb_pose_data):
    data = rgb_pose_data(num_videos=1, num_frames=4)
    data.annotations[0]['keypoint_score'][0, :, 3] = 0
    data.save()
    dataset = data.build([
        dict(type='AlignedSampleFrames', clip_len=3),
        dict(type='AlignedDecode'),
        dict(type='FormatShape', input_format='NCTHW'),
        dict(type='GenerateJointHeatmap'),
        dict(type='PackRGBPose', collect_keys=('imgs', 'keypoint', 'heatmap_imgs'))
    ])
    inputs = dataset[0]['inputs']
    visible = inputs['heatmap_imgs'].flatten(3).amax(-1) > 0
    assert visible.shape == inputs['keypoint'].shape[:3]
    assert (visible == (inputs['keypoint'][..., 2] > 0)).all()


def test_place_before_format_shape_is_an_input_error():
    with pytest.raises(InputError, match='GenerateJointHeatmap: found its place before'):
        GenerateJointHeatmap()(dict(sample(), imgs=[np.zeros((9, 12, 3))]))
