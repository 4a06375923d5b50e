"""Colours of people, of the sides of a body and of attention, RGB."""
from functools import cache

import numpy as np
from matplotlib import colormaps

from ..skeletons import SkeletonLayout

Colour = tuple[int, int, int]

#: One a person, and again from the first: Okabe and Ito's, told apart by people who see red and
#: green alike.
PEOPLE = ((0, 158, 115), (230, 159, 0), (86, 180, 233), (204, 121, 167), (240, 228, 66),
          (213, 94, 0), (0, 114, 178))
#: The names that captions give them.
PEOPLE_NAMES = ('green', 'orange', 'sky blue', 'purple', 'yellow', 'vermilion', 'blue')
LEFT, RIGHT, MIDDLE = (0, 200, 255), (255, 120, 0), (255, 255, 255)
#: Matplotlib's scales of heat over a frame, and of the attention that a joint receives.
HEAT, RECEIVED = 'inferno', 'plasma'


def person_colour(number: int) -> Colour:
    """Colour of a person, from 0."""
    return PEOPLE[number % len(PEOPLE)]


def side_colours(layout: SkeletonLayout) -> list[Colour]:
    """Colour of each joint by its side of the body."""
    return [
        LEFT if joint in layout.left else RIGHT if joint in layout.right else MIDDLE
        for joint in range(len(layout))
    ]


def scale_colours(values: np.ndarray, scale: str) -> np.ndarray:
    """Colours of values in [0, 1] on one of matplotlib's scales, ... x 3 uint8."""
    return _table(scale)[np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)]


@cache
def _table(scale: str) -> np.ndarray:
    return colormaps[scale](np.arange(256), bytes=True)[:, :3]
