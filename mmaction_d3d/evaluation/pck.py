"""How near extracted skeletons are to known ones: PCK, the share of joints that are near enough."""
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..skeletons import SkeletonLayout
from .intervals import share_interval


class Counts(NamedTuple):
    """Joints of one clip, by joint, V each.

    Attributes:
        near: Known joints whose found twin is near enough.
        known: Known joints.
    """
    near: np.ndarray
    known: np.ndarray


def count_near(known: np.ndarray, extracted: np.ndarray, layout: SkeletonLayout,
               threshold: float = 0.2) -> Counts:
    """Compare the skeletons of a clip (PCK, Yang and Ramanan 2013, with the torso as the unit).

    A joint is near enough within ``threshold`` times the torso, the distance from left shoulder to
    right hip of that known person in that frame; frames in which the torso is not known do not
    count. Found people are matched to known ones so that most joints are near.

    Args:
        known: M x T x V x 3: x, y, score; 0 is a joint that is missing.
        extracted: M' x T x V x 3, likewise, in the same pixels.
        layout: The joints of both.
        threshold: Share of the torso. Defaults to 0.2.
    """
    ends = [layout.joints.index(name) for name in ('left_shoulder', 'right_hip')]
    torso = np.linalg.norm(np.subtract(*(known[:, :, end, :2] for end in ends)), axis=-1)
    measured = (known[:, :, ends, 2] > 0).all(-1) & (torso > 0)  # M x T
    is_known = (known[..., 2] > 0) & measured[..., None]  # M x T x V
    distance = np.linalg.norm(known[:, None, ..., :2] - extracted[None, ..., :2], axis=-1)
    near = (distance <= threshold * torso[:, None, :, None]) & is_known[:, None] & (
        extracted[None, ..., 2] > 0)  # M x M' x T x V
    total = np.zeros(len(layout), int)
    for row, column in zip(*linear_sum_assignment(-near.sum((2, 3)))):
        total += near[row, column].sum(0)
    return Counts(total, is_known.sum((0, 1)))


def interval(counts: list[Counts]) -> tuple[float, float]:
    """95 % interval of the share of near joints, by drawing clips anew (bootstrap).

    Args:
        counts: One a clip.

    Returns:
        Its ends.
    """
    return share_interval([count.near.sum() for count in counts],
                          [count.known.sum() for count in counts])
