"""How many people of a clip were found, how near they are, and whether they stay who they are."""
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..skeletons.linking import leaps, long_sides, median_way, seen

NEAR = 0.3  # bodies: whoever is further from a person is someone else


class Matches(NamedTuple):
    """What became of a clip's people.

    Attributes:
        known: Known people, counted in each frame anew.
        distances: Of those who were found, their median joint's distance in bodies.
        jumps: How often a found person is someone else, by the rule of the linking.
    """
    known: int
    distances: np.ndarray
    jumps: int


def match_people(known: np.ndarray, extracted: np.ndarray) -> Matches:
    """Match the known people of each frame with the extracted ones, the nearest in all.

    Args:
        known: M x T x V x 3: x, y, score; 0 is a joint that is missing.
        extracted: M' x T x V x 3, likewise, in the same pixels.
    """
    way = median_way(known[:, None], extracted[None])  # M x M' x T
    bodies = way / np.maximum(long_sides(known), 1)[:, None]
    distances = []
    for frame in range(known.shape[1]):
        costs = np.minimum(bodies[..., frame], 1e6)  # the matching takes no infinity
        chosen = costs[linear_sum_assignment(costs)]
        distances += chosen[chosen <= NEAR].tolist()
    return Matches(int(seen(known).any(-1).sum()), np.array(distances), int(leaps(extracted).sum()))
