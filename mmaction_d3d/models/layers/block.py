"""One block of the 3D deformable transformer (figure 2a)."""
from collections.abc import Collection, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .attention_record import AttentionRecord
from .deformable_attention import DeformableAttention3D
from .joint_stride_attention import JointStrideAttention
from .temporal_stride_attention import TemporalStrideAttention


class Tokens(NamedTuple):
    """What flows from block to block.

    Attributes:
        rgb (Tensor, optional): Z, B x T x H/8 x W/8 x 4C.
        pose (Tensor, optional): P, B x T x R x 4C.
        modal (Tensor): Modal tokens, B x T x K x 4C: (M_RGB, M_pose, M_CLS) at K = 3, one token at
            K = 1, none at K = 0.
    """
    rgb: Tensor | None
    pose: Tensor | None
    modal: Tensor


class D3DBlock(nn.Module):
    """3D deformable, joint stride, CLS merge and temporal stride attention, in this order.

    Paper symbols: M'_CLS -> ``cls_rgb``, M*_CLS -> ``cls_pose``. An attention that is left out
    (table 4) takes its FFN with it and passes its tokens on.

    Args:
        embed_dims (int): Token width, 4C.
        num_heads (int): Attention heads.
        attentions (collection[str]): Which of ``'deformable'``, ``'joint'``, ``'temporal'`` to build.
        modal_tokens (str): ``'cross'``, ``'single'`` or ``'none'`` (table 5).
        kernel_size (int | sequence[int]): k of the token search.
        depthwise (bool): Depthwise token search.
        offset_range (float): Largest offset in normalised coordinates.
        joint_window (int): Joints in a window.
        joint_stride (int, optional): Stride of the joint windows.
        temporal_window (int): Frames in a window.
        temporal_stride (int, optional): Stride of the temporal windows.
        wrap (bool): Whether the last window attends to the first one.
        **kwargs: ``ffn_ratio``, ``norm`` and ``drop_path`` of the attentions.
    """

    def __init__(self, embed_dims: int, num_heads: int, attentions: Collection[str],
                 modal_tokens: str, kernel_size: int | Sequence[int], depthwise: bool,
                 offset_range: float, joint_window: int, joint_stride: int | None,
                 temporal_window: int, temporal_stride: int | None, wrap: bool, **kwargs) -> None:
        super().__init__()
        self.cross = modal_tokens == 'cross'
        self.deformable = self.joint = self.temporal = self.cls_merge = None
        if 'deformable' in attentions:
            self.deformable = DeformableAttention3D(embed_dims, num_heads, kernel_size, depthwise,
                                                    offset_range, **kwargs)
        if 'joint' in attentions:
            self.joint = JointStrideAttention(embed_dims, num_heads, joint_window, joint_stride,
                                              wrap, **kwargs)
        if self.cross:
            self.cls_merge = nn.Linear(2 * embed_dims, embed_dims)
            with torch.no_grad():
                half = torch.eye(embed_dims) / 2
                self.cls_merge.weight.copy_(torch.cat((half, half), dim=1))
                self.cls_merge.bias.zero_()
        if 'temporal' in attentions:
            self.temporal = TemporalStrideAttention(embed_dims, num_heads, temporal_window,
                                                    temporal_stride, wrap, **kwargs)

    def forward(self, tokens: Tokens, visible: Tensor | None, modal_only: bool = False,
                record: AttentionRecord | None = None) -> Tokens:
        """Run the block.

        Args:
            tokens (Tokens): Input tokens.
            visible (Tensor, optional): Which joints are visible, bool, B x T x R.
            modal_only (bool): Whether only the modal tokens are read afterwards: the last step then
                computes their queries alone, an exact saving.
            record (AttentionRecord, optional): Receives the attention maps.

        Returns:
            Tokens: Output tokens; with ``modal_only`` those that were not computed are None.
        """
        rgb, pose, modal = tokens
        last_use = modal_only and self.temporal is None
        if self.cross:
            modal_rgb, modal_pose, cls = modal.split(1, dim=2)
            cls_rgb = cls
            if self.deformable is not None:
                rgb, out = self.deformable(rgb, torch.cat((modal_rgb, cls), dim=2), last_use,
                                           record)
                modal_rgb, cls_rgb = out.split(1, dim=2)
            cls_pose = cls_rgb
            if self.joint is not None:
                pose, out = self.joint(pose, torch.cat((modal_pose, cls_rgb), dim=2), visible,
                                       last_use, record)
                modal_pose, cls_pose = out.split(1, dim=2)
            cls = self.cls_merge(torch.cat((cls_rgb, cls_pose), dim=-1))
            modal = torch.cat((modal_rgb, modal_pose, cls), dim=2)
        else:
            if self.deformable is not None:
                rgb, modal = self.deformable(rgb, modal, last_use, record)
            if self.joint is not None:
                pose, modal = self.joint(pose, modal, visible, last_use, record)
        if self.temporal is not None:
            num_modal = modal.shape[2]
            joined = torch.cat((rgb.flatten(2, 3), pose, modal), dim=2)  # N, B x T x D_n x 4C
            joined = self.temporal(joined, num_modal if modal_only else None)
            modal = joined[:, :, joined.shape[2] - num_modal:]
            if modal_only:
                rgb = pose = None
            else:
                size, num_rgb = rgb.shape[2:4], rgb.shape[2] * rgb.shape[3]
                rgb = joined[:, :, :num_rgb].unflatten(2, size)
                pose = joined[:, :, num_rgb:joined.shape[2] - num_modal]
        return Tokens(rgb, pose, modal)
