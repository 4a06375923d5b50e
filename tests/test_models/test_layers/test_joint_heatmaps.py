"""A joint is seen, and where, alike as keypoint and as heatmap, wherever it lies."""
import pytest
import torch

from mmaction_d3d.models.layers.joint_heatmaps import (
    MIN_REACH,
    joint_profiles,
    joints_from_heatmaps,
)


def both(joints, grid, sigma, use_score):
    """Joints, N x 3, as keypoints and as the heatmaps of these."""
    profiles = joint_profiles(joints[None, None], grid, sigma, use_score)
    x, y = ((joints[:, axis] / 2 - 0.25)[:, None] for axis in (0, 1))
    score = joints[:, 2].clamp(max=1) if use_score else torch.ones(len(joints))
    rows, columns = (torch.exp(-(torch.arange(cells) - position)**2 / (2 * sigma**2))
                     for position, cells in ((y, grid[0]), (x, grid[1])))
    heatmaps = score[:, None, None] * rows[:, :, None] * columns[:, None]
    return profiles, joints_from_heatmaps(heatmaps[None, None], sigma, use_score)


@pytest.mark.parametrize('use_score', [True, False])
@pytest.mark.parametrize('score', [1., 0.3, 0.001])
@pytest.mark.parametrize('sigma', [0.3, 0.5, 1., 2.])
def test_joints_around_the_frame(sigma, score, use_score):
    """Every quarter of a pixel, from far outside on one side to far outside on the other."""
    grid = 16, 24  # of 32 x 48 pixels
    far = torch.arange(-80, 130, 0.25)
    places = [torch.stack((far, torch.full_like(far, y))) for y in (-11., -3., 0.6, 15.3, 33.)]
    places += [torch.stack((torch.full_like(far, x), far)) for x in (-5., 20.2, 49.5)]
    places.append(torch.stack((far, far)))
    xy = torch.cat(places, dim=1).T
    joints = torch.cat((xy, torch.full((len(xy), 1), score)), dim=1)
    direct, recovered = both(joints, grid, sigma, use_score)
    cells = xy / 2 - 0.25
    nearest = torch.stack(
        (cells[:, 0].round().clamp(0, grid[1] - 1), cells[:, 1].round().clamp(0, grid[0] - 1)),
        dim=1)
    reach = torch.exp(-((nearest - cells).double()**2).sum(dim=1) / (2 * sigma**2))
    clear = (reach / MIN_REACH).log().abs() > 0.01  # at the limit itself rounding decides
    assert (direct.visible[0, 0] == recovered.visible[0, 0])[clear].all()
    assert direct.visible.any() and not direct.visible.all()
    seen = (direct.visible & recovered.visible)[0, 0]
    if sigma >= 0.5:  # below, a neighbour's value may be too small to tell where in the cell it is
        torch.testing.assert_close(recovered.joints[0, 0, seen, :2], direct.joints[0, 0, seen, :2],
                                   atol=0.02, rtol=0)
