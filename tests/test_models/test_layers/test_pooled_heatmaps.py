"""Heatmaps of MMAction2's own RGB+pose pipeline."""
import pytest
import torch

from mmaction_d3d.models.layers.pooled_heatmaps import is_merged_heatmap, unmerge_heatmaps


@pytest.mark.parametrize('shape, merged', [
    ((2, 17, 32, 56, 56), True), ((2, 8, 34, 112, 112), False), ((2, 17, 8, 56, 56), True),
    ((2, 8, 17, 56, 56), False)])
def test_layout_is_told_by_the_shape(shape, merged):
    heatmaps = torch.zeros(shape)
    assert is_merged_heatmap(heatmaps, 8, 34, (112, 112), 17) is merged


@pytest.mark.parametrize('pose_frames, frames, nearest', [
    (32, 8, [2, 6, 10, 14, 18, 22, 26, 30]), (4, 4, [0, 1, 2, 3]), (2, 4, [0, 0, 1, 1]),
    (5, 1, [2])])
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
