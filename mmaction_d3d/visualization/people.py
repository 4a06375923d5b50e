"""Skeletons over a frame."""
from collections.abc import Sequence

import cv2
import numpy as np

from ..skeletons import SkeletonLayout
from .palette import MIDDLE, Colour, person_colour


def draw_people(picture: np.ndarray, people: np.ndarray, layout: SkeletonLayout, width: int = 2,
                colours: Sequence[Colour] | None = None) -> None:
    """Draw skeletons into a picture; a joint is as bright as its score is high.

    A bone is as bright as the darker of its ends.

    Args:
        picture (np.ndarray): H x W x 3 uint8 RGB, changed.
        people (np.ndarray): x and y in pixels of ``picture`` and score, M x V x 3; a joint whose
            score is not above 0, or that is not finite, is left out.
        layout (SkeletonLayout): Of one person.
        width (int): Of a bone, in pixels. Defaults to 2.
        colours (sequence[tuple[int]], optional): Of a person's joints; a bone between two colours
            is white. Defaults to None, one colour a person.
    """
    for number, person in enumerate(people):
        of_joints = colours or [person_colour(number)] * len(layout)
        seen = (person[:, 2] > 0) & np.isfinite(person).all(1)
        # A point at x = 0.5 is the centre of the first pixel; 1/16 of a pixel is drawn.
        points = np.round((np.where(seen[:, None], person[:, :2], 0) - 0.5) * 16)
        points = points.clip(-2**20, 2**20).astype(int).tolist()
        bright = 0.35 + 0.65 * np.clip(person[:, 2], 0, 1)
        for first, second in layout.edges:
            if seen[first] and seen[second]:
                shade = min(bright[first], bright[second])
                colour = of_joints[first] if of_joints[first] == of_joints[second] else MIDDLE
                cv2.line(picture, points[first], points[second], [shade * part for part in colour],
                         width, cv2.LINE_AA, 4)
        for index in np.flatnonzero(seen):
            cv2.circle(picture, points[index], (width + 1) * 16,
                       [bright[index] * part for part in of_joints[index]], -1, cv2.LINE_AA, 4)
