"""Heatmaps of MMAction2's own RGB+pose pipeline."""
import numpy as np
import pytest
import torch
from mmaction.datasets.transforms import GeneratePoseTarget

from mmaction_d3d.models.layers.joint_heatmaps import joints_from_heatmaps
from mmaction_d3d.models.layers.pooled_heatmaps import is_merged_heatmap, unmerge_heatmaps


@pytest.mark.parametrize('shape, merged',
                         [((2, 17, 32, 56, 56), True), ((2, 8, 34, 112, 112), False),
                          ((2, 17, 8, 56, 56), True), ((2, 8, 17, 56, 56), False),
                          ((2, 17, 32, 56), False)])
def test_layout_is_told_by_the_second_axis(shape, merged):
    assert is_merged_heatmap(torch.zeros(shape), frames=8, num_joints=17) is merged


def test_nothing_is_taken_for_merged_where_the_second_axis_tells_nothing():
    assert not is_merged_heatmap(torch.zeros(2, 17, 32, 56, 56), frames=17, num_joints=17)


@pytest.mark.parametrize('pose_frames, frames, nearest', [(32, 8, [2, 6, 10, 14, 18, 22, 26, 30]),
                                                          (4, 4, [0, 1, 2, 3]),
                                                          (2, 4, [0, 0, 1, 1]), (5, 1, [2])])
def test_the_nearest_pose_frame_is_taken(pose_frames, frames, nearest):
    heatmaps = torch.arange(pose_frames).float().view(1, 1, -1, 1, 1).expand(1, 3, -1, 4, 5)
    taken = unmerge_heatmaps(heatmaps, frames, (4, 5))
    assert taken.shape == (1, frames, 3, 4, 5)
    assert taken[0, :, 0, 0, 0].tolist() == nearest


def test_the_peak_stays_in_place_when_resized():
    heatmaps = torch.zeros(1, 2, 1, 6, 8)
    heatmaps[0, 1, 0, 2, 5] = 1
    resized = unmerge_heatmaps(heatmaps, 1, (12, 16))
    assert resized[0, 0, 0].max() == 0
    row, column = divmod(int(resized[0, 0, 1].argmax()), 16)
    assert row // 2 == 2 and column // 2 == 5


@pytest.mark.parametrize('pose, crop', [(56, 56), (56, 112), (56, 224), (112, 112)])
def test_joints_of_mmactions_heatmaps_are_found_to_a_cell(pose, crop):
    """A cell of either grid: resizing blurs the heatmaps and their sigma is another one."""
    joints = np.random.default_rng(0).random((1, 1, 400, 2), np.float32) * pose
    results = dict(keypoint=joints.copy(), keypoint_score=np.ones(joints.shape[:3], np.float32),
                   img_shape=(pose, pose), imgs=None)
    heatmaps = torch.from_numpy(GeneratePoseTarget()(results)['heatmap_imgs'])
    aligned = unmerge_heatmaps(heatmaps.transpose(0, 1)[None], 1, (crop // 2, crop // 2))
    recovered = joints_from_heatmaps(aligned, sigma=1., use_score=True)
    error = (recovered.joints[0, 0, :, :2] - torch.from_numpy(joints[0, 0]) * crop / pose).abs()
    assert recovered.visible.all()
    inner = ((joints[0, 0] > 3) & (joints[0, 0] < pose - 4)).all(-1)
    assert error[inner].max() <= 2 + crop / pose / 2
    assert error.max() <= 2 * (2 + crop / pose / 2)
