"""The cross-modal tokens M_CLS, M_RGB and M_pose (section 3.2)."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .embeddings import resize_time


class CrossModalTokens(nn.Module):
    """Learnable modal tokens, one vector a frame each.

    Paper symbols: M, 4C x T x 3 -> ``modal_tokens``, T x 3 x 4C.

    Args:
        embed_dims: Token width, 4C.
        clip_len: Frames in training; other lengths are interpolated.
        num_tokens: Modal tokens a frame, 3 or 1 (``single`` of table 5).
    """

    def __init__(self, embed_dims: int, clip_len: int, num_tokens: int) -> None:
        super().__init__()
        self.modal_tokens = nn.Parameter(torch.randn(clip_len, num_tokens, embed_dims) * 0.02)

    def forward(self, batch: int, frames: int, body: Tensor | None = None) -> Tensor:
        """Modal tokens of a batch.

        Args:
            batch: B.
            frames: T.
            body: Body tokens, B x T x 4C, which are added to M_pose or to the single token.

        Returns:
            B x T x num_tokens x 4C.
        """
        modal = resize_time(self.modal_tokens, frames).expand(batch, -1, -1, -1)
        if body is None:
            return modal
        last = modal.shape[2] - 1
        before = min(last, 1)  # M_RGB
        return modal + F.pad(body.unsqueeze(2), (0, 0, before, last - before))
