"""What the head learns each modality's own classification from."""
from typing import NamedTuple

from torch import Tensor


class PathwayFeatures(NamedTuple):
    """What the transformer returns in training where the head has losses on the pathways.

    Attributes:
        modal: The tokens that the head reads, B x T x K x 4C.
        rgb: Z before the first block, mean over frames and cells, B x 4C; None without Z.
        pose: P before the first block, mean over frames, B x R x 4C; None without P.
    """
    modal: Tensor
    rgb: Tensor | None
    pose: Tensor | None
