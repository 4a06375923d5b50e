"""Heatmaps of MMAction2's own RGB+pose pipeline, which are not aligned with the frames."""
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def is_merged_heatmap(heatmaps: Tensor, frames: int, num_joints: int) -> bool:
    """Whether heatmaps have MMAction2's layout, B x V x T' x H' x W', rather than eq. 2's.

    Where T = V the second axis tells nothing: the answer is no, and what does not have the shape of
    eq. 2 is refused rather than misread.

    Args:
        heatmaps: Heatmaps of either layout.
        frames: T of the RGB clip, the second axis of eq. 2's.
        num_joints: V.
    """
    return heatmaps.dim() == 5 and heatmaps.shape[1] == num_joints != frames


def unmerge_heatmaps(heatmaps: Tensor, frames: int, grid: Sequence[int]) -> Tensor:
    """Bring merged heatmaps to the frames and the grid of F_a.

    Args:
        heatmaps: B x V x T' x H' x W', the maximum over people.
        frames: T; the nearest pose frame in time is taken.
        grid: H/2 and W/2.

    Returns:
        B x T x V x H/2 x W/2.
    """
    pose_frames = heatmaps.shape[2]
    centres = (torch.arange(frames, device=heatmaps.device) + 0.5) * pose_frames / frames
    nearest = heatmaps.transpose(1, 2)[:, centres.long().clamp(max=pose_frames - 1)]
    resized = F.interpolate(nearest.flatten(0, 1), tuple(grid), mode='bilinear',
                            align_corners=False)
    return resized.unflatten(0, (-1, frames))
