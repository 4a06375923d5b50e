"""Skeletons over a frame: the one painter that every picture uses."""
from collections.abc import Sequence

import cv2
import numpy as np

from ..skeletons import SkeletonLayout
from .palette import MIDDLE, RECEIVED, Colour, person_colour, scale_colours
from .text import font, write

_LEAST_SIDE = 160  # pixels of a drawn frame: smaller ones are enlarged by a whole factor


def line_width(picture: np.ndarray) -> int:
    """Pixels of a bone that suit a picture's size."""
    return max(1, round(min(picture.shape[:2]) / 200))


def draw_people(picture: np.ndarray, people: np.ndarray, layout: SkeletonLayout,
                colours: Sequence[Colour] | None = None,
                received: np.ndarray | None = None) -> None:
    """Draw skeletons into a picture; a joint is as bright as its score is high.

    A bone is as bright as the darker of its ends.

    Args:
        picture: H x W x 3 uint8 RGB, changed.
        people: x and y in pixels of ``picture`` and score, M x V x 3; a joint whose score is not
            above 0, or that is not finite, is left out.
        layout: Of one person.
        colours: Of a person's joints; a bone between two colours is white. Defaults to None, one
            colour a person.
        received: Attention of each joint, M x V in [0, 1]: its dot grows and brightens with it, on
            the scale :data:`.palette.RECEIVED`. Defaults to None, dots of one size.
    """
    width = line_width(picture)
    for number, person in enumerate(people):
        of_joints = np.array(colours or [person_colour(number)] * len(layout))
        seen = (person[:, 2] > 0) & np.isfinite(person).all(1)
        # A point at x = 0.5 is the centre of the first pixel; 1/16 of a pixel is drawn.
        points = np.round((np.where(seen[:, None], person[:, :2], 0) - 0.5) * 16)
        points = points.clip(-2**20, 2**20).astype(int).tolist()
        bright = 0.35 + 0.65 * np.clip(person[:, 2], 0, 1)
        for first, second in layout.edges:
            if seen[first] and seen[second]:
                alike = (of_joints[first] == of_joints[second]).all()
                shade = min(bright[first], bright[second])
                cv2.line(picture, points[first], points[second],
                         (shade * (of_joints[first] if alike else np.array(MIDDLE))).tolist(),
                         width, cv2.LINE_AA, 4)
        dots, radii = bright[:, None] * of_joints, np.full(len(layout), width + 1.)
        if received is not None:
            dots = scale_colours(received[number], RECEIVED)
            radii = 5.5 * width * np.sqrt(0.15 + 0.85 * np.clip(received[number], 0, 1))
        for index in np.flatnonzero(seen):
            cv2.circle(picture, points[index], round(16 * radii[index]), dots[index].tolist(), -1,
                       cv2.LINE_AA, 4)


def number_people(picture: np.ndarray, people: np.ndarray) -> None:
    """Write each person's number, from 1, above the skeleton; arguments of :func:`draw_people`."""
    label_people(picture, people, [str(number + 1) for number in range(len(people))], 14)


def label_people(picture: np.ndarray, people: np.ndarray, labels: Sequence[str],
                 size: int = 9) -> None:
    """Write a text in each person's colour above the skeleton, inside and beside the others.

    Args:
        picture: H x W x 3 uint8 RGB, changed.
        people: As for :func:`draw_people`.
        labels: Of each of them, or none at all.
        size: Of the letters, in widths of a bone.
    """
    size *= line_width(picture)
    taken: list[tuple[float, float, float]] = []  # middle, lower edge and half the width
    height, width = picture.shape[:2]
    for number, (person, label) in enumerate(zip(people, labels)):
        seen = person[(person[:, 2] > 0) & np.isfinite(person).all(1), :2]
        if not len(seen):
            continue
        half = min(font(size).getlength(label) / 2 + 2, width / 2)
        x = float(np.clip(seen[:, 0].mean(), half, width - half))
        y = float(np.clip(seen[:, 1].min() - size // 4, size, height))
        while any(
                abs(x - other) < half + its_half and abs(y - base) < size
                for other, base, its_half in taken) and y + size <= height:
            y += size
        taken.append((x, y, half))
        write(picture, label, (int(x), int(y)), person_colour(number), size)


def enlarged(frame: np.ndarray) -> np.ndarray:
    """Copy a frame, a small one enlarged by a whole factor, so that bones are finer than pixels."""
    scale = max(1, -(-_LEAST_SIDE // min(frame.shape[:2])))
    return cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)


def with_people(frame: np.ndarray, joints: np.ndarray, layout: SkeletonLayout,
                colours: Sequence[Colour] | None = None,
                received: np.ndarray | None = None) -> np.ndarray:
    """Draw skeletons onto a copy of a frame that is large enough to show them.

    Args:
        frame: H x W x 3 uint8 RGB.
        joints: R x 3 of all people, x and y in pixels of ``frame`` and score.
        layout: Of one person.
        colours: As for :func:`draw_people`.
        received: Attention of each joint, R in [0, 1].

    Returns:
        The frame as :func:`enlarged` gives it, with the skeletons.
    """
    picture = enlarged(frame)
    scale = picture.shape[0] / frame.shape[0]
    people = joints.reshape(-1, len(layout), 3) * (scale, scale, 1)
    shares = None if received is None else received.reshape(-1, len(layout))
    draw_people(picture, people, layout, colours, shares)
    return picture
