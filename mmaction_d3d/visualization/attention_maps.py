"""Attention of one clip, as the paper's figures 5 and 6 show it."""
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..models.layers import AttentionRecord


class AttentionMaps(NamedTuple):
    """What one clip's prediction looked at.

    Attributes:
        cells (Tensor): Attention of the queries M_RGB and M_CLS on the cells of Z, T x H/8 x W/8,
            the mean over queries and heads (figure 5).
        points (Tensor): Searched tokens in input pixels and frames, (x, y, t), P x 3.
        joints (Tensor, optional): Attention that each joint receives as a key, T x R, 1 where it gets
            as much as every other key (figure 6); None for a model without joint attention.
        offsets (Tensor): Offsets of the searched tokens in normalised (x, y, z), P x 3.
        grid (tuple[int]): T~, H~, W~.
    """
    cells: Tensor
    points: Tensor
    joints: Tensor
    offsets: Tensor
    grid: tuple


@torch.no_grad()
def attention_maps(model: nn.Module, imgs: Tensor, keypoint: Tensor, block: int = -1
                   ) -> AttentionMaps:
    """Run the transformer once and keep its attention.

    Args:
        model (nn.Module): A recogniser whose ``backbone`` is a ``D3DTransformer`` with deformable
            attention and modal tokens.
        imgs (Tensor): One normalised clip, 3 x T x H x W.
        keypoint (Tensor): Its joints, T x R x 3.
        block (int): Block to show. Defaults to -1, the last one.

    Returns:
        AttentionMaps: The maps, on the CPU.

    Raises:
        InputError: The model has no deformable attention.
    """
    record = AttentionRecord()
    model.eval()
    model.backbone(imgs.unsqueeze(0), keypoint.unsqueeze(0), record=record)
    if not record.deformable:
        raise InputError('model', 'attentions', 'none that is deformable',
                         'a model with 3D deformable attention, whose maps can be drawn')
    # B x heads x K x Tq x T x H/8 x W/8
    cells = record.deformable[block][0].mean(dim=(0, 1, 2))
    searched = record.searched[block]
    size = imgs.new_tensor([imgs.shape[3], imgs.shape[2], imgs.shape[1]])
    points = (searched.positions[0].clamp(-1, 1) + 1) / 2 * size
    points[:, 2] -= 0.5  # frame t is centred on t + 0.5
    joints = record.joint[block][0].mean(dim=0).cpu() if record.joint else None
    return AttentionMaps(cells.cpu(), points.cpu(), joints, searched.offsets[0].cpu(),
                         searched.grid)
