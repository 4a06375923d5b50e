"""RGB tokens Z (section 3.1)."""
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .embeddings import resize_space


class RGBTokens(nn.Module):
    """Z = LN(F_b + position embedding).

    Args:
        embed_dims: Token width, 4C.
        grid: H/8 and W/8 in training.
    """

    def __init__(self, embed_dims: int, grid: Sequence[int]) -> None:
        super().__init__()
        self.space_embed = nn.Parameter(torch.randn(*grid, embed_dims) * 0.02)
        self.norm = nn.LayerNorm(embed_dims)

    def forward(self, features: Tensor, time_embed: Tensor) -> Tensor:
        """Make the tokens.

        Args:
            features: F_b, B x 4C x T x H/8 x W/8.
            time_embed: Embedding of the frames, T x 4C.

        Returns:
            Z, B x T x H/8 x W/8 x 4C.
        """
        position = resize_space(self.space_embed, features.shape[-2:])
        position = position + time_embed[:, None, None]
        return self.norm(features.movedim(1, -1) + position)
