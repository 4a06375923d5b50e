"""Temporal stride attention (section 3.2, appendix A.2, algorithm A2)."""

from typing import Any

import torch
from mmaction.registry import MODELS
from torch import Tensor

from .attention import AttentionLayer
from .attention_record import AttentionRecord
from .tokens import Tokens
from .windows import check_window, stride_windows


@MODELS.register_module()
class TemporalStrideAttention(AttentionLayer):
    """Windows of frames with all their tokens attend to the next window.

    Paper symbols: N = [Z || P || M_RGB || M_pose || M_CLS] -> ``tokens``, D_n -> its third axis,
    wnd -> ``window``. A frame that lies in several windows gets the mean of their attended values.

    Args:
        embed_dims: Token width, 4C.
        window: Frames in a window. Defaults to 4.
        stride: Frames from one window to the next. Defaults to None, max(1, window // 2).
        wrap: Whether the last window attends to the first one. Defaults to True.
        **kwargs: Arguments of :class:`AttentionLayer`.
    """
    reads = ('rgb', 'pose')
    label = 'temporal stride attention'

    def __init__(self, embed_dims: int, window: int = 4, stride: int | None = None,
                 wrap: bool = True, **kwargs: Any) -> None:
        super().__init__(embed_dims, **kwargs)
        check_window(type(self).__name__, window, stride)
        self.window, self.stride, self.wrap = window, stride, wrap
        self.least_frames = window

    def forward(self, tokens: Tokens, visible: Tensor | None = None, modal_only: bool = False,
                record: AttentionRecord | None = None) -> Tokens:
        """Attend over time; see :meth:`AttentionLayer.forward`."""
        rgb, pose, modal = tokens
        assert rgb is not None and pose is not None  # what it reads
        num_modal, size = modal.shape[2], rgb.shape[2:4]
        joined = torch.cat((rgb.flatten(2, 3), pose, modal), dim=2)  # N, B x T x D_n x 4C
        joined = self.attend_frames(joined, num_modal if modal_only else None)
        modal = joined[:, :, joined.shape[2] - num_modal:]
        if modal_only:
            return Tokens(None, None, modal)
        num_rgb = size[0] * size[1]
        return Tokens(joined[:, :, :num_rgb].unflatten(2, size),
                      joined[:, :, num_rgb:joined.shape[2] - num_modal], modal)

    def attend_frames(self, tokens: Tensor, num_queries: int | None = None) -> Tensor:
        """Let windows of frames attend with all their tokens.

        Args:
            tokens: N, B x T x D_n x 4C.
            num_queries: Compute the last ``num_queries`` tokens of each frame alone, where nothing
                reads the others afterwards. Defaults to None, all of them.

        Returns:
            New tokens, B x T x D_n x 4C or B x T x num_queries x 4C.
        """
        msa = self.attention
        windows = stride_windows(tokens.shape[1], self.window, self.stride, self.wrap,
                                 tokens.device)
        normed = msa.norm(tokens)
        key = self._windowed(msa.key(normed), windows.key)
        value = self._windowed(msa.value(normed), windows.key)
        if num_queries is not None:
            tokens, normed = tokens[:, :, -num_queries:], normed[:, :, -num_queries:]
        query = self._windowed(msa.query(normed), windows.query)
        attended = msa.attend(query, key, value)  # B x n x (wnd D) x 4C
        # B x (n wnd) x (D 4C): averaging over windows is one small matrix product.
        attended = attended.unflatten(2, (windows.query.shape[1], -1)).flatten(1, 2).flatten(2)
        attended = windows.average.to(attended.dtype) @ attended
        return self.residual(tokens, attended.view_as(tokens))

    @staticmethod
    def _windowed(tokens: Tensor, positions: Tensor) -> Tensor:
        """Group projected tokens, B x T x D x 4C, to B x n x (wnd D) x 4C."""
        return tokens.index_select(1, positions.flatten()).unflatten(1,
                                                                     positions.shape).flatten(2, 3)
