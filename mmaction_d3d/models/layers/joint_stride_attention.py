"""Local joint stride attention (section 3.2, appendix A.1, algorithm A1)."""
from typing import Any

import torch
from mmaction.registry import MODELS
from torch import Tensor

from .attention import AttentionLayer
from .attention_record import AttentionRecord
from .joint_maps import JointMaps, JointRecord
from .tokens import Tokens
from .windows import check_window, stride_windows


@MODELS.register_module()
class JointStrideAttention(AttentionLayer):
    """Windows of joints, each over all frames and with the modal tokens, attend to the next one.

    Paper symbols: P -> ``pose_tokens``, M_pose and M'_CLS -> ``modal_tokens``, wnd -> ``window``,
    R -> the joint axis. A joint that lies in several windows gets the mean of their attended
    values; the modal tokens, which lie in all, weigh each by its key window's share of visible
    joints.

    Args:
        embed_dims: Token width, 4C.
        window: Joints in a window. Defaults to 8.
        stride: Joints from one window to the next. Defaults to None, max(1, window // 2).
        wrap: Whether the last window attends to the first one. Defaults to True.
        **kwargs: Arguments of :class:`AttentionLayer`.
    """
    reads = ('pose', )
    label = 'joint stride attention'
    records = JointMaps

    def __init__(self, embed_dims: int, window: int = 8, stride: int | None = None,
                 wrap: bool = True, **kwargs: Any) -> None:
        super().__init__(embed_dims, **kwargs)
        check_window(type(self).__name__, window, stride)
        self.window, self.stride, self.wrap = window, stride, wrap

    def forward(self, tokens: Tokens, visible: Tensor | None = None, modal_only: bool = False,
                record: AttentionRecord | None = None) -> Tokens:
        """Attend over the joints; see :meth:`AttentionLayer.forward`."""
        msa = self.attention
        _, pose_tokens, modal_tokens = tokens
        assert pose_tokens is not None and visible is not None  # what it reads
        num_joints = pose_tokens.shape[2]
        windows = stride_windows(num_joints, self.window, self.stride, self.wrap,
                                 pose_tokens.device)
        x = torch.cat((pose_tokens, modal_tokens), dim=2)  # B x T x (R + K) x 4C
        normed = msa.norm(x)
        key = self._windowed(msa.key(normed), windows.key, num_joints)
        value = self._windowed(msa.value(normed), windows.key, num_joints)
        if modal_only:
            x, normed, queried = modal_tokens, normed[:, :, num_joints:], 0
            query = msa.query(normed).flatten(1, 2).unsqueeze(1)
            query = query.expand(-1, len(windows.query), -1, -1)
        else:
            queried = num_joints
            query = self._windowed(msa.query(normed), windows.query, num_joints)
        if record is not None:
            record.add(
                JointRecord.from_weights(windows.key, msa.weights(query, key),
                                         pose_tokens.shape[1:3]))
        attended = msa.attend(query, key, value)  # B x n x (T wnd + T K) x 4C

        merged = []
        num_modal = modal_tokens[0, ..., 0].numel()
        joints, modal = attended.split((attended.shape[2] - num_modal, num_modal), dim=2)
        if not modal_only:
            joints = joints.unflatten(2, (-1, windows.query.shape[1]))  # B x n x T x wnd x 4C
            joints = joints.transpose(1, 2).flatten(2, 3)  # B x T x (n wnd) x 4C
            merged.append(windows.average.to(joints.dtype) @ joints)
        share = self._visible_share(visible, windows.key).to(modal.dtype)
        modal = (share[..., None, None] * modal).sum(dim=1)
        merged.append(modal.view_as(modal_tokens))
        x = self.residual(x, torch.cat(merged, dim=2))
        return Tokens(None, None if modal_only else x[:, :, :queried], x[:, :, queried:])

    @staticmethod
    def _windowed(tokens: Tensor, positions: Tensor, num_joints: int) -> Tensor:
        """Group projected tokens, B x T x (R + K) x 4C, to B x n x (T wnd + T K) x 4C."""
        count, window = positions.shape
        joints = tokens.index_select(2, positions.flatten()).unflatten(2, (count, window))
        joints = joints.transpose(1, 2).flatten(2, 3)  # B x n x (T wnd) x 4C
        modal = tokens[:, :, num_joints:].flatten(1, 2).unsqueeze(1)
        return torch.cat((joints, modal.expand(-1, count, -1, -1)), dim=2)

    @staticmethod
    def _visible_share(visible: Tensor, key_windows: Tensor) -> Tensor:
        """Weight of each window for the modal tokens, B x n, adding up to 1."""
        share = visible[:, :, key_windows].float().mean(dim=(1, 3))
        # Windows of a clip without any visible joint count alike.
        share = torch.where(share.sum(dim=1, keepdim=True) > 0, share, torch.ones_like(share))
        return share / share.sum(dim=1, keepdim=True)
