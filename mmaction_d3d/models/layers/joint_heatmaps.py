"""Joint heatmaps and their separable form (eq. 2)."""
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

# A joint whose heatmap is below this everywhere on the grid reaches no cell and counts as missing.
MIN_REACH = 1e-6


class JointProfiles(NamedTuple):
    """Separable Gaussians of the joints on the grid of F_a.

    Attributes:
        rows: Profile along y with the joint's weight, B x T x R x H/2.
        columns: Profile along x, B x T x R x W/2.
        visible: Whether the joint is seen, bool, B x T x R.
        joints: (x, y) in input pixels and score, zeros where missing, B x T x R x 3.
    """
    rows: Tensor
    columns: Tensor
    visible: Tensor
    joints: Tensor


def grid_position(pixels: Tensor) -> Tensor:
    """Input pixels to cells of F_a: cell i of the stem is centred on pixel 2i, on 2i + 0.5."""
    return pixels / 2 - 0.25


def joint_profiles(keypoint: Tensor, grid: Sequence[int], sigma: float,
                   use_score: bool) -> JointProfiles:
    """Factor the heatmaps of eq. 2: H(i, j) = rows(j) * columns(i).

    Args:
        keypoint: x, y in input pixels and score, B x T x R x 3, float32.
        grid: H/2 and W/2.
        sigma: Standard deviation in cells.
        use_score: Whether heatmaps are weighted by the score; False is the paper's letter and takes
            every visible joint's score for 1.

    Returns:
        The factors. A joint with score <= 0, a coordinate that is not finite or a heatmap that
        reaches no cell is missing: its factors are zero.
    """
    visible = keypoint.isfinite().all(dim=-1) & (keypoint[..., 2] > 0)
    # Masked before exp: NaN * 0 is NaN.
    joints = torch.where(visible.unsqueeze(-1), keypoint, torch.zeros_like(keypoint))
    x, y = grid_position(joints[..., 0]), grid_position(joints[..., 1])
    visible = visible & (_reach(x, y, grid, sigma) >= MIN_REACH)
    score = joints[..., 2].clamp(max=1) if use_score else torch.ones_like(joints[..., 2])
    joints = torch.cat((joints[..., :2], score.unsqueeze(-1)), dim=-1) * visible.unsqueeze(-1)
    rows = _profile(y, grid[0], sigma) * (score * visible).unsqueeze(-1)
    return JointProfiles(rows, _profile(x, grid[1], sigma), visible, joints)


def joints_from_heatmaps(heatmaps: Tensor, sigma: float, use_score: bool) -> JointProfiles:
    """Recover the joints from heatmaps of eq. 2, of which ``rows`` and ``columns`` stay empty.

    The logarithm of a Gaussian is a parabola, so the largest cell and its larger neighbour on each
    axis give the position exactly.

    Args:
        heatmaps: B x T x R x H/2 x W/2, float32.
        sigma: Standard deviation in cells.
        use_score: Whether the heatmaps are weighted by the score.

    Returns:
        Visibility and joints; scores are 1 where heatmaps carry none.
    """
    height, width = heatmaps.shape[-2:]
    peak, cell = heatmaps.flatten(-2).max(dim=-1)
    row, column = cell // width, cell % width
    along_x = heatmaps.gather(-2, row[..., None, None].expand(*row.shape, 1, width)).squeeze(-2)
    along_y = heatmaps.gather(-1, column[..., None, None].expand(*row.shape, height, 1)).squeeze(-1)
    (x, known_x), (y, known_y) = (_vertex(line, index, peak, sigma)
                                  for line, index in ((along_x, column), (along_y, row)))
    reach = _reach(x, y, (height, width), sigma)
    # Where the neighbours are too small for a number, the peak itself tells how far the joint is.
    visible = (reach >= MIN_REACH) & ((peak >= MIN_REACH) | (peak > 0) & known_x & known_y)
    score = (peak / reach.clamp(min=MIN_REACH)).clamp(max=1) if use_score else torch.ones_like(peak)
    joints = torch.stack((2 * x + 0.5, 2 * y + 0.5, score), dim=-1) * visible.unsqueeze(-1)
    empty = heatmaps.new_empty(0)
    return JointProfiles(empty, empty, visible, joints)


def _profile(position: Tensor, cells: int, sigma: float) -> Tensor:
    """Gaussian around ``position`` on ``cells`` cells of one axis, ... x cells."""
    index = torch.arange(cells, device=position.device, dtype=position.dtype)
    return torch.exp(-(index - position.unsqueeze(-1))**2 / (2 * sigma**2))


def _reach(x: Tensor, y: Tensor, grid: Sequence[int], sigma: float) -> Tensor:
    """Value of the unweighted heatmap at the cell that is nearest to the joint."""
    down, along = ((position.round().clamp(0, cells - 1) - position)**2
                   for position, cells in ((y, grid[0]), (x, grid[1])))
    return torch.exp(-(down + along) / (2 * sigma**2))


def _vertex(line: Tensor, index: Tensor, peak: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Centre of the Gaussian that ``line``, ... x cells, samples, given its largest cell.

    Returns:
        The centre, and whether there is a neighbour that says where it is.
    """
    cells = line.shape[-1]
    if cells == 1:
        return index.float(), torch.ones_like(index, dtype=torch.bool)
    before = line.gather(-1, (index - 1).clamp(min=0).unsqueeze(-1)).squeeze(-1)
    after = line.gather(-1, (index + 1).clamp(max=cells - 1).unsqueeze(-1)).squeeze(-1)
    before = torch.where(index > 0, before, torch.zeros_like(before))
    after = torch.where(index < cells - 1, after, torch.zeros_like(after))
    low = torch.where(after >= before, index, index - 1).clamp(max=cells - 2)
    first = line.gather(-1, low.unsqueeze(-1)).squeeze(-1)
    second = line.gather(-1, (low + 1).unsqueeze(-1)).squeeze(-1)
    # ln(second / first) = (2 (c - low) - 1) / (2 sigma^2); no neighbour at all is a one-cell spot.
    known = (first > 0) & (second > 0)
    ratio = torch.where(known, second, torch.ones_like(second)).log() - \
        torch.where(known, first, torch.ones_like(first)).log()
    vertex = torch.where(known, low + 0.5 + sigma**2 * ratio, index.float())
    # A spot that is no Gaussian of this sigma gets no further than one could: half a cell, from the
    # border outwards as far as a score of 1 puts the joint.
    slack = (-2 * peak.log()).clamp(min=0.25 / sigma**2).sqrt() * sigma
    slack = torch.where((index > 0) & (index < cells - 1), torch.full_like(slack, 0.5), slack)
    return vertex.clamp(index - slack, index + slack), known
