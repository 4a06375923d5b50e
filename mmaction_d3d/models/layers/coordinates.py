"""Where joints are and how they move, as numbers for a network."""
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

_LOWEST = 1.5  # radians for one spread of the clip's joints, which is a third of a body or so


def coordinate_width(octaves: int, lags: Sequence[int]) -> int:
    """Count the numbers that :func:`coordinate_features` gives for a joint."""
    return 3 + 4 * octaves + 2 * len(lags)


def coordinate_features(joints: Tensor, visible: Tensor, octaves: int = 0,
                        lags: Sequence[int] = ()) -> Tensor:
    """Describe joints: place, score, and if asked for finer places and motion.

    A network of few units learns small differences of its inputs slowly. Sines and cosines spread
    them, and differences over time hand it the motion.

    Args:
        joints: x, y and score, B x T x R x 3, float32 or float64.
        visible: Which are seen, bool, B x T x R.
        octaves: Sines and cosines of the normalised x and y at this many frequencies, each twice
            the one before. Defaults to 0.
        lags: Differences of the normalised x and y from those this many frames earlier; zero where
            either joint is not seen, and in the frames before. Defaults to none.

    Returns:
        B x T x R x :func:`coordinate_width`.
    """
    position = normalise_clip(joints[..., :2], visible)
    parts = [position, joints[..., 2:]]
    for octave in range(octaves):
        angle = position * (_LOWEST * 2**octave)
        parts += [angle.sin(), angle.cos()]
    for lag in lags:
        both = (visible[:, lag:] & visible[:, :-lag]).unsqueeze(-1)
        difference = (position[:, lag:] - position[:, :-lag]) * both
        frames = position.shape[1]
        parts.append(F.pad(difference, (0, 0, 0, 0, min(lag, frames), 0)))
    return torch.cat(parts, dim=-1)


def normalise_clip(position: Tensor, visible: Tensor) -> Tensor:
    """Centre and scale positions by the mean and spread of the clip's visible joints.

    Args:
        position: x and y, B x T x R x 2.
        visible: bool, B x T x R.

    Returns:
        The same shape; zeros for joints that are not visible.
    """
    mask = visible.unsqueeze(-1).to(position.dtype)
    count = mask.sum(dim=(1, 2), keepdim=True).clamp(min=1)
    centred = (position - (position * mask).sum(dim=(1, 2), keepdim=True) / count) * mask
    # One scale for both axes keeps the body's proportions.
    variance = (centred**2).sum(dim=(1, 2, 3), keepdim=True) / (2 * count)
    # Never below a pixel: a single joint has no spread. The root's slope at zero is infinite, so it
    # comes last.
    return centred / variance.clamp(min=1).sqrt()
