"""Heatmaps of MMAction2's own RGB+pose pipeline, which are not aligned with the frames."""
from typing import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def is_merged_heatmap(heatmaps: Tensor, frames: int, joints: int, grid: Sequence[int],
                      num_joints: int) -> bool:
    """Whether heatmaps have MMAction2's layout, B x V x T' x H' x W', rather than eq. 2's.

    Args:
        heatmaps (Tensor): Heatmaps of either layout.
        frames (int): T of the RGB clip.
        joints (int): R = M * V.
        grid (sequence[int]): H/2 and W/2.
        num_joints (int): V.
    """
    if tuple(heatmaps.shape[1:]) == (frames, joints, *grid):
        return False
    return heatmaps.dim() == 5 and heatmaps.shape[1] == num_joints


def unmerge_heatmaps(heatmaps: Tensor, frames: int, grid: Sequence[int]) -> Tensor:
    """Bring merged heatmaps to the frames and the grid of F_a.

    Args:
        heatmaps (Tensor): B x V x T' x H' x W', the maximum over people.
        frames (int): T; the nearest pose frame in time is taken.
        grid (sequence[int]): H/2 and W/2.

    Returns:
        Tensor: B x T x V x H/2 x W/2.
    """
    pose_frames = heatmaps.shape[2]
    centres = (torch.arange(frames, device=heatmaps.device) + 0.5) * pose_frames / frames
    nearest = heatmaps.transpose(1, 2)[:, centres.long().clamp(max=pose_frames - 1)]
    resized = F.interpolate(nearest.flatten(0, 1), tuple(grid), mode='bilinear',
                            align_corners=False)
    return resized.unflatten(0, (-1, frames))
