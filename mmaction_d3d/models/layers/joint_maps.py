"""What joint stride attention looked at (figures 6 and A2)."""
from collections.abc import Sequence
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from .attention_record import Selection


class JointMaps(NamedTuple):
    """Joints that one clip's prediction looked at.

    Attributes:
        received: Attention that each joint of each frame receives as a key, T x R, 1 where it gets
            as much as every other key.
    """
    received: Tensor


class JointRecord(NamedTuple):
    """The same over a batch, by head.

    Attributes:
        received: The mean over queries and over the windows that hold the joint, B x heads x T x R.
    """
    received: Tensor

    @classmethod
    def from_weights(cls, key_windows: Tensor, weights: Tensor,
                     size: Sequence[int]) -> 'JointRecord':
        """Average the attention that each (frame, joint) receives.

        Args:
            key_windows: Joints of each key window, n x wnd.
            weights: Attention matrices, B x n x heads x queries x (T wnd + modal keys).
            size: T and R.
        """
        frames, num_joints = size
        window = key_windows.shape[1]
        received = weights.float().mean(dim=3)[..., :frames * window]
        received = received * weights.shape[-1]
        received = received.unflatten(-1, (frames, window)).permute(0, 2, 3, 1, 4).flatten(3)
        member = F.one_hot(key_windows.flatten(), num_joints).float()
        return cls((received @ member) / member.sum(dim=0).clamp(min=1))

    def select(self, selection: Selection, frames: int) -> JointMaps:
        """Return the first clip's maps."""
        return JointMaps(selection.of_heads(self.received)[0].cpu())
