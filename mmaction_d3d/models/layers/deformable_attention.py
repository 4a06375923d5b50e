"""3D deformable attention (section 3.2, eq. 3 to 7, algorithm A3)."""
from collections.abc import Sequence

import torch
from torch import Tensor

from .attention import AttentionLayer
from .attention_record import AttentionRecord
from .token_search import TokenSearch


class DeformableAttention3D(AttentionLayer):
    """RGB tokens and modal tokens attend to the searched tokens and the modal tokens.

    Paper symbols: Z -> ``rgb_tokens``, M_RGB and M_CLS -> ``modal_tokens``, Z~ -> ``searched.tokens``,
    X -> ``tokens``, X~ -> the tokens behind ``key`` and ``value``.

    Args:
        embed_dims (int): Token width, 4C.
        num_heads (int): Attention heads.
        kernel_size (int | sequence[int]): k of the token search. Defaults to 7.
        depthwise (bool): Depthwise token search. Defaults to True.
        offset_range (float): Largest offset in normalised coordinates. Defaults to 1.
        **kwargs: ``ffn_ratio``, ``norm`` and ``drop_path`` of :class:`AttentionLayer`.
    """

    def __init__(self, embed_dims: int, num_heads: int, kernel_size: int | Sequence[int] = 7,
                 depthwise: bool = True, offset_range: float = 1., **kwargs) -> None:
        super().__init__(embed_dims, num_heads, **kwargs)
        self.search = TokenSearch(embed_dims, kernel_size, depthwise, offset_range)

    def forward(self, rgb_tokens: Tensor, modal_tokens: Tensor, modal_only: bool = False,
                record: AttentionRecord | None = None) -> tuple[Tensor | None, Tensor]:
        """Attend over space and time at once.

        Args:
            rgb_tokens (Tensor): Z, B x T x H/8 x W/8 x 4C.
            modal_tokens (Tensor): The modal tokens that take part, B x T x K x 4C (K may be 0).
            modal_only (bool): Compute the modal queries alone, where nothing reads Z afterwards.
            record (AttentionRecord, optional): Receives the modal queries' attention maps.

        Returns:
            tuple[Tensor | None, Tensor]: New Z, or None with ``modal_only``, and new modal tokens.
        """
        msa = self.attention
        searched = self.search(rgb_tokens)
        modal = modal_tokens.transpose(1, 2).flatten(1, 2)  # B x (K T) x 4C
        tokens = modal if modal_only else torch.cat((rgb_tokens.flatten(1, 3), modal), dim=1)
        normed = msa.norm(tokens)
        normed_modal = normed[:, normed.shape[1] - modal.shape[1]:]
        normed_keys = torch.cat((msa.norm(searched.tokens), normed_modal), dim=1)
        query, key, value = msa.query(normed), msa.key(normed_keys), msa.value(normed_keys)
        if record is not None:
            modal_query = query[:, query.shape[1] - modal.shape[1]:]
            record.add_deformable(searched, rgb_tokens.shape[1:4], msa.weights(modal_query, key))
        tokens = self.residual(tokens, msa.attend(query, key, value))
        num_rgb = tokens.shape[1] - modal.shape[1]
        modal = tokens[:, num_rgb:].unflatten(1, modal_tokens.shape[2:0:-1]).transpose(1, 2)
        return None if modal_only else tokens[:, :num_rgb].view_as(rgb_tokens), modal
