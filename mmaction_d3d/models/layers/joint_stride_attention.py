"""Local joint stride attention (section 3.2, appendix A.1, algorithm A1)."""

import torch
from torch import Tensor

from .attention import AttentionLayer
from .attention_record import AttentionRecord
from .windows import stride_windows


class JointStrideAttention(AttentionLayer):
    """Windows of joints, each over all frames and joined by the modal tokens, attend to the next one.

    Paper symbols: P -> ``pose_tokens``, M_pose and M'_CLS -> ``modal_tokens``, wnd -> ``window``,
    R -> the joint axis. A joint that lies in several windows gets the mean of their attended values;
    the modal tokens, which lie in all, weigh each by its key window's share of visible joints.

    Args:
        embed_dims (int): Token width, 4C.
        num_heads (int): Attention heads.
        window (int): Joints in a window. Defaults to 8.
        stride (int, optional): Distance of two windows. Defaults to None, max(1, window // 2).
        wrap (bool): Whether the last window attends to the first one. Defaults to True.
        **kwargs: ``ffn_ratio``, ``norm`` and ``drop_path`` of :class:`AttentionLayer`.
    """

    def __init__(self, embed_dims: int, num_heads: int, window: int = 8, stride: int | None = None,
                 wrap: bool = True, **kwargs) -> None:
        super().__init__(embed_dims, num_heads, **kwargs)
        self.window, self.stride, self.wrap = window, stride, wrap

    def forward(self, pose_tokens: Tensor, modal_tokens: Tensor, visible: Tensor,
                modal_only: bool = False,
                record: AttentionRecord | None = None) -> tuple[Tensor | None, Tensor]:
        """Attend over the joints.

        Args:
            pose_tokens (Tensor): P, B x T x R x 4C.
            modal_tokens (Tensor): The modal tokens that take part, B x T x K x 4C (K may be 0).
            visible (Tensor): Which joints are visible, bool, B x T x R.
            modal_only (bool): Compute the modal queries alone, where nothing reads P afterwards.
            record (AttentionRecord, optional): Receives the attention that each joint receives.

        Returns:
            tuple[Tensor | None, Tensor]: New P, or None with ``modal_only``, and new modal tokens.
        """
        msa = self.attention
        num_joints = pose_tokens.shape[2]
        windows = stride_windows(num_joints, self.window, self.stride, self.wrap,
                                 pose_tokens.device)
        tokens = torch.cat((pose_tokens, modal_tokens), dim=2)  # B x T x (R + K) x 4C
        normed = msa.norm(tokens)
        key = self._windowed(msa.key(normed), windows.key, num_joints)
        value = self._windowed(msa.value(normed), windows.key, num_joints)
        if modal_only:
            tokens, normed, queried = modal_tokens, normed[:, :, num_joints:], 0
            query = msa.query(normed).flatten(1, 2).unsqueeze(1)
            query = query.expand(-1, len(windows.query), -1, -1)
        else:
            queried = num_joints
            query = self._windowed(msa.query(normed), windows.query, num_joints)
        if record is not None:
            record.add_joint(windows.key, msa.weights(query, key), pose_tokens.shape[1:3])
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
        tokens = self.residual(tokens, torch.cat(merged, dim=2))
        return None if modal_only else tokens[:, :, :queried], tokens[:, :, queried:]

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
