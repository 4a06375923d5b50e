"""The parts that the attentions share: projections, fused attention and the FFN."""
from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from mmcv.cnn.bricks import DropPath
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ...errors import InputError
from .attention_record import AttentionRecord
from .tokens import Tokens


class MultiHeadAttention(nn.Module):
    """Multi-head attention whose queries and keys may come from different tokens (MSA in eq. 6).

    Tokens are projected before they are grouped into windows, each once, so that projecting and
    attending are separate methods. The attention matrix is never stored.

    Args:
        embed_dims: Token width, 4C.
        num_heads: Attention heads.
        norm: Whether tokens are normalised right before the projections. Defaults to True.
    """

    def __init__(self, embed_dims: int, num_heads: int, norm: bool = True) -> None:
        super().__init__()
        if num_heads < 1 or embed_dims % num_heads:
            raise InputError('MultiHeadAttention', 'num_heads', num_heads,
                             f'a divisor of the token width, {embed_dims}')
        self.num_heads = num_heads
        self.norm = nn.LayerNorm(embed_dims) if norm else nn.Identity()
        self.query = nn.Linear(embed_dims, embed_dims)
        self.key = nn.Linear(embed_dims, embed_dims)
        self.value = nn.Linear(embed_dims, embed_dims)
        self.output = nn.Linear(embed_dims, embed_dims)

    def split_heads(self, tokens: Tensor) -> Tensor:
        """Reshape ... x N x 4C to ... x heads x N x 4C/heads."""
        return tokens.unflatten(-1, (self.num_heads, -1)).transpose(-3, -2)

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Scaled dot-product attention.

        Args:
            query: Projected queries, ... x Nq x 4C.
            key: Projected keys, ... x Nk x 4C.
            value: Projected values, ... x Nk x 4C.

        Returns:
            Attended values before the output projection, ... x Nq x 4C.
        """
        lead = query.shape[:-2]
        # Leading axes fold into one: the fused kernels take four axes.
        q, k, v = (self.split_heads(x.flatten(0, -3)) for x in (query, key, value))
        attended = F.scaled_dot_product_attention(q, k, v)
        return attended.transpose(1, 2).flatten(2).unflatten(0, lead)

    def weights(self, query: Tensor, key: Tensor) -> Tensor:
        """Attention matrices, for pictures only: ... x heads x Nq x Nk."""
        q, k = self.split_heads(query), self.split_heads(key)
        return ((q @ k.transpose(-2, -1)) * q.shape[-1]**-0.5).softmax(dim=-1)


class FeedForward(nn.Sequential):
    """FFN(LN(x)) with exact GELU, the second half of each attention (eq. 7).

    In training only the input is kept; the hidden activations, 8 times as wide together, are
    recomputed in the backward pass, for about 1 % of a training step.

    Args:
        embed_dims: Token width, 4C.
        ratio: Width of the hidden layer over ``embed_dims``. Defaults to 4.
    """

    def __init__(self, embed_dims: int, ratio: float = 4.) -> None:
        hidden = int(embed_dims * ratio)
        super().__init__(nn.LayerNorm(embed_dims), nn.Linear(embed_dims, hidden), nn.GELU(),
                         nn.Linear(hidden, embed_dims))

    def forward(self, x: Tensor) -> Tensor:
        """B x ... x 4C to the same shape."""
        if not (self.training and torch.is_grad_enabled()):
            return super().forward(x)
        return checkpoint(super().forward, x, use_reentrant=False, preserve_rng_state=False)


class AttentionLayer(nn.Module):
    """Base of the attentions of a block: MSA and FFN, each with a residual and drop path.

    A new attention is a class of its own that is registered in ``MODELS`` and named in the
    transformer's ``block``. It sets ``reads`` and ``label`` and writes :meth:`forward`; the block,
    the tables of costs, the training log and the pictures ask for the rest.

    Attributes:
        reads: Token sets that it reads and writes, some of ``'rgb'`` and ``'pose'`` in this order.
            With them come M_CLS and the modal tokens M_RGB and M_pose of these sets.
        label: What tables call it.
        records: Type of the maps that its record gives, which pictures ask for; None without.
        parts: Submodules that tables and logs count apart, and what they call them.
        min_grid: Least H/8 and W/8 that it takes.
        least_frames: Least T from which on it does the same, which an exported graph takes.

    Args:
        embed_dims: Token width, 4C.
        num_heads: Attention heads. Defaults to 4.
        ffn_ratio: Hidden width of the FFN over ``embed_dims``. Defaults to 4.
        norm: Whether tokens are normalised before the projections. Defaults to True.
        drop_path: Probability of leaving a residual branch out. Defaults to 0.
    """
    reads: ClassVar[tuple[str, ...]] = ()
    label: ClassVar[str] = ''
    records: ClassVar[type | None] = None
    parts: ClassVar[dict[str, str]] = dict(ffn='FFN')
    min_grid: tuple[int, int] = (0, 0)
    least_frames: int = 1

    def __init__(self, embed_dims: int, num_heads: int = 4, ffn_ratio: float = 4.,
                 norm: bool = True, drop_path: float = 0.) -> None:
        super().__init__()
        if not 0 <= drop_path < 1:
            raise InputError(
                type(self).__name__, 'drop_path', drop_path, '0 or more and less than 1')
        self.attention = MultiHeadAttention(embed_dims, num_heads, norm)
        self.ffn = FeedForward(embed_dims, ffn_ratio)
        self.drop_path = DropPath(drop_path)

    def forward(self, tokens: Tokens, visible: Tensor | None = None, modal_only: bool = False,
                record: AttentionRecord | None = None) -> Tokens:
        """Let the tokens attend.

        Args:
            tokens: What it reads, and the modal tokens that take part.
            visible: Which joints are visible, bool, B x T x R.
            modal_only: Whether only the modal tokens are read afterwards: the others need not be
                computed and may be None.
            record: Receives the attention maps.

        Returns:
            New tokens of the same shapes.
        """
        raise NotImplementedError

    def describe(self, size: Sequence[int]) -> str:
        """Return a sentence for the log on what it does with T, H/8, W/8; empty where nothing."""
        return ''

    def residual(self, tokens: Tensor, attended: Tensor) -> Tensor:
        """X + MSA(.) then X + FFN(LN(X)).

        Args:
            tokens: Un-normalised tokens X, B x ... x 4C.
            attended: Attended values before the output projection, of the same shape.

        Returns:
            New tokens of the same shape.
        """
        tokens = tokens + self.drop_path(self.attention.output(attended))
        return tokens + self.drop_path(self.ffn(tokens))
