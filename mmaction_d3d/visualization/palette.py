"""Colours of people and of the sides of a body, RGB."""

from ..skeletons import SkeletonLayout

Colour = tuple[int, int, int]

#: One a person, and again from the first: Okabe and Ito's, told apart by people who see red and
#: green alike.
PEOPLE = ((0, 158, 115), (230, 159, 0), (86, 180, 233), (204, 121, 167), (240, 228, 66),
          (213, 94, 0), (0, 114, 178))
#: The names that captions give them.
PEOPLE_NAMES = ('green', 'orange', 'sky blue', 'purple', 'yellow', 'vermilion', 'blue')
LEFT, RIGHT, MIDDLE = (0, 200, 255), (255, 120, 0), (255, 255, 255)


def person_colour(number: int) -> Colour:
    """Colour of a person, from 0."""
    return PEOPLE[number % len(PEOPLE)]


def side_colours(layout: SkeletonLayout) -> list[Colour]:
    """Colour of each joint by its side of the body."""
    return [
        LEFT if joint in layout.left else RIGHT if joint in layout.right else MIDDLE
        for joint in range(len(layout))
    ]
