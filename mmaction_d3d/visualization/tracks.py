"""Skeletons over a video, a colour for each person."""
import cv2
import numpy as np

from ..datasets.skeletons import SkeletonLayout

#: A colour a person (Okabe and Ito, told apart by people who see red and green alike).
COLOURS = ((0, 158, 115), (230, 159, 0), (86, 180, 233), (204, 121, 167), (240, 228, 66),
           (213, 94, 0), (0, 114, 178))


def draw_people(frame: np.ndarray, people: np.ndarray, layout: SkeletonLayout) -> np.ndarray:
    """Draw each person's skeleton and number onto a frame.

    A joint or bone is as bright as its score (of a bone the lower one of its ends) is high.

    Args:
        frame (np.ndarray): H x W x 3 uint8 RGB.
        people (np.ndarray): M x V x 3: x, y in pixels of ``frame``, score; 0 is missing.
        layout (SkeletonLayout): The joints.

    Returns:
        np.ndarray: A copy with the drawing, H x W x 3 uint8 RGB.
    """
    picture = frame.copy()
    width = max(1, round(min(frame.shape[:2]) / 200))
    for number, person in enumerate(people):
        colour = np.array(COLOURS[number % len(COLOURS)])
        score = np.clip(person[:, 2], 0, 1)
        # A point at x = 0.5 is the centre of the first pixel: index 0.
        points = [tuple(int(round(float(c) - 0.5)) for c in joint[:2]) for joint in person]
        for first, second in layout.edges:
            bright = min(score[first], score[second])
            if bright > 0:
                cv2.line(picture, points[first], points[second], _shade(colour, bright), width,
                         cv2.LINE_AA)
        for point, bright in zip(points, score):
            if bright > 0:
                cv2.circle(picture, point, width + 1, _shade(colour, bright), -1, cv2.LINE_AA)
        there = score > 0
        if there.any():
            top = person[there, 1].min()
            place = (int(person[there, 0].mean()), max(int(top) - 4 * width, 10 * width))
            _number(picture, str(number + 1), place, colour, width)
    return picture


def _shade(colour, bright):
    """Half as bright at score 0 as at 1: what is drawn can be seen."""
    return tuple(int(part) for part in colour * (0.5 + 0.5 * bright))


def _number(picture, text, place, colour, width):
    scale = 0.5 * max(width, 1)
    for shade, thickness in (((0, 0, 0), 3 * width), (_shade(colour, 1), width)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, shade, thickness,
                    cv2.LINE_AA)


def sheet(frames, columns: int) -> np.ndarray:
    """Frames of one size side by side, in rows of ``columns``, with a gap between."""
    gap = 4
    height, width = frames[0].shape[:2]
    rows = -(-len(frames) // columns)
    whole = np.zeros((rows * (height + gap), columns * (width + gap), 3), np.uint8)
    for index, frame in enumerate(frames):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        whole[top:top + height, left:left + width] = frame
    return whole
