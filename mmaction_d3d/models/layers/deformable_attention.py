"""3D deformable attention (section 3.2, eq. 3 to 7, algorithm A3)."""
from collections.abc import Sequence
from typing import Any

import torch
from mmaction.registry import MODELS
from torch import Tensor

from .attention import AttentionLayer
from .attention_record import AttentionRecord
from .deformable_maps import DeformableMaps, DeformableRecord
from .token_search import TokenSearch
from .tokens import Tokens


@MODELS.register_module()
class DeformableAttention3D(AttentionLayer):
    """RGB tokens and modal tokens attend to the searched tokens and the modal tokens.

    Paper symbols: Z -> ``rgb_tokens``, M_RGB and M_CLS -> ``modal_tokens``,
    Z~ -> ``searched.tokens``,
    X -> ``x``, X~ -> the tokens behind ``key`` and ``value``.

    Args:
        embed_dims: Token width, 4C.
        kernel_size: k of the token search along (T, H, W). Defaults to 7.
        depthwise: Whether the search's first convolution is depthwise. Defaults to True.
        offset_range: Largest offset in normalised coordinates. Defaults to 1.
        searched_frames: T~ at most, see :class:`TokenSearch`: keys no longer grow with T. Defaults
            to None, T - k + 1.
        **kwargs: Arguments of :class:`AttentionLayer`.
    """
    reads = ('rgb', )
    label = 'deformable attention'
    records = DeformableMaps
    parts = dict(search='token search', **AttentionLayer.parts)

    def __init__(self, embed_dims: int, kernel_size: int | Sequence[int] = 7,
                 depthwise: bool = True, offset_range: float = 1.,
                 searched_frames: int | None = None, **kwargs: Any) -> None:
        super().__init__(embed_dims, **kwargs)
        self.search = TokenSearch(embed_dims, kernel_size, depthwise, offset_range, searched_frames)
        # The search pads shorter axes, of time above all; in space it would see little but padding.
        self.min_grid = self.search.kernel_size[1:]
        self.least_frames = self.search.kernel_size[0] + (searched_frames or 1) - 1

    def describe(self, size: Sequence[int]) -> str:
        """Return the grid that is searched."""
        return ('3D token search: a grid of {} x {} x {} tokens (T~ x H~ x W~) is searched '
                'in {} x {} x {}'.format(*self.search.grid_size(size), *size))

    def forward(self, tokens: Tokens, visible: Tensor | None = None, modal_only: bool = False,
                record: AttentionRecord | None = None) -> Tokens:
        """Attend over space and time at once; see :meth:`AttentionLayer.forward`."""
        msa = self.attention
        rgb_tokens, _, modal_tokens = tokens
        assert rgb_tokens is not None  # what it reads
        searched = self.search(rgb_tokens)
        modal = modal_tokens.transpose(1, 2).flatten(1, 2)  # B x (K T) x 4C
        x = modal if modal_only else torch.cat((rgb_tokens.flatten(1, 3), modal), dim=1)
        normed = msa.norm(x)
        normed_modal = normed[:, normed.shape[1] - modal.shape[1]:]
        normed_keys = torch.cat((msa.norm(searched.tokens), normed_modal), dim=1)
        query, key, value = msa.query(normed), msa.key(normed_keys), msa.value(normed_keys)
        if record is not None:
            modal_query = query[:, query.shape[1] - modal.shape[1]:]
            record.add(
                DeformableRecord.from_weights(searched, rgb_tokens.shape[1:4],
                                              msa.weights(modal_query, key)))
        x = self.residual(x, msa.attend(query, key, value))
        num_rgb = x.shape[1] - modal.shape[1]
        modal = x[:, num_rgb:].unflatten(1, modal_tokens.shape[2:0:-1]).transpose(1, 2)
        return Tokens(None if modal_only else x[:, :num_rgb].view_as(rgb_tokens), None, modal)
