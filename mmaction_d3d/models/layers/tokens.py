"""The tokens that flow from attention to attention and from block to block."""
from typing import NamedTuple

from torch import Tensor


class Tokens(NamedTuple):
    """What the attentions read and write.

    Attributes:
        rgb: Z, B x T x H/8 x W/8 x 4C; None where it is not read.
        pose: P, B x T x R x 4C; None where it is not read.
        modal: Modal tokens, B x T x K x 4C. Between blocks (M_RGB, M_pose, M_CLS) at K = 3, one
            token at K = 1, none at K = 0; an attention gets those of what it reads, M_CLS the last.
    """
    rgb: Tensor | None
    pose: Tensor | None
    modal: Tensor
