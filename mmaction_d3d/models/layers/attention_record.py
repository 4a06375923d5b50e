"""Attention maps that are computed only when asked for (figures 5, 6, A2 to A5)."""
from collections.abc import Sequence

import torch
from torch import Tensor

from .token_search import SearchedTokens
from .trilinear import trilinear_corners


class AttentionRecord:
    """Collects what the attentions of one forward pass looked at, one entry a block.

    Pass it to ``D3DTransformer.forward``; each list is filled in the order of the blocks.

    Attributes:
        searched (list[SearchedTokens]): Searched tokens, positions and offsets.
        deformable (list[Tensor]): Attention of the modal queries spread back to the cells of Z by the
            trilinear weights of each searched token, B x heads x K x Tq x T x H/8 x W/8, K modal
            tokens of Tq frames.
        points (list[Tensor]): The same attention on each searched token, B x heads x K x Tq x P.
        modal (list[Tensor]): The rest, on all modal keys together, B x heads x K x Tq: with
            ``deformable`` or ``points`` it adds up to 1.
        joint (list[Tensor]): Attention that each joint of each frame receives as a key, the mean over
            queries and over the windows that hold it, B x heads x T x R, where 1 is the share of a
            key that gets as much as all the others.
    """

    def __init__(self) -> None:
        self.searched: list[SearchedTokens] = []
        self.deformable: list[Tensor] = []
        self.points: list[Tensor] = []
        self.modal: list[Tensor] = []
        self.joint: list[Tensor] = []

    def add_deformable(self, searched: SearchedTokens, size: Sequence[int],
                       weights: Tensor) -> None:
        """Spread the attention on searched tokens back to the T x H x W cells.

        Args:
            searched (SearchedTokens): The block's searched tokens, P of them.
            size (sequence[int]): T, H/8, W/8.
            weights (Tensor): Attention matrices of the modal queries, B x heads x (K T) x (P + K T).
        """
        indices, corner_weights = trilinear_corners(searched.positions, size)
        batch, heads, queries, _ = weights.shape
        modal_frames = (queries // size[0], size[0])
        points, modal = weights.float().tensor_split((indices.shape[1], ), dim=-1)
        mass = (points.unsqueeze(-1) * corner_weights[:, None, None]).flatten(3)
        indices = indices.flatten(1)[:, None, None].expand_as(mass)
        cells = mass.new_zeros(batch, heads, queries, size[0] * size[1] * size[2])
        cells.scatter_add_(3, indices, mass)
        self.searched.append(searched)
        self.deformable.append(cells.view(batch, heads, *modal_frames, *size))
        self.points.append(points.unflatten(2, modal_frames))
        self.modal.append(modal.sum(dim=-1).unflatten(2, modal_frames))

    def add_joint(self, key_windows: Tensor, weights: Tensor, size: Sequence[int]) -> None:
        """Average the attention that each (frame, joint) receives.

        Args:
            key_windows (Tensor): Joints of each key window, n x wnd.
            weights (Tensor): Attention matrices, B x n x heads x queries x (T wnd + modal keys).
            size (sequence[int]): T and R.
        """
        frames, num_joints = size
        count, window = key_windows.shape
        received = weights.float().mean(dim=3)[..., :frames * window]
        received = received * weights.shape[-1]
        received = received.unflatten(-1, (frames, window)).permute(0, 2, 3, 1, 4).flatten(3)
        member = torch.nn.functional.one_hot(key_windows.flatten(), num_joints).float()
        self.joint.append((received @ member) / member.sum(dim=0).clamp(min=1))
