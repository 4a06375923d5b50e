"""Who is who over a video: numbered skeletons, and frames side by side."""
import cv2
import numpy as np

from ..skeletons import SkeletonLayout
from .palette import person_colour
from .people import draw_people


def draw_tracks(frame: np.ndarray, people: np.ndarray, layout: SkeletonLayout) -> np.ndarray:
    """Draw each person's skeleton and number onto a frame.

    Args:
        frame (np.ndarray): H x W x 3 uint8 RGB.
        people (np.ndarray): As for :func:`~.people.draw_people`, M x V x 3.
        layout (SkeletonLayout): Of one person.

    Returns:
        np.ndarray: A copy with the drawing, H x W x 3 uint8 RGB.
    """
    picture = frame.copy()
    width = max(1, round(min(frame.shape[:2]) / 200))
    draw_people(picture, people, layout, width)
    for number, person in enumerate(people):
        there = person[person[:, 2] > 0]
        if len(there):
            place = (int(there[:, 0].mean()), max(int(there[:, 1].min()) - 4 * width, 10 * width))
            for colour, thickness in (((0, 0, 0), 3 * width), (person_colour(number), width)):
                cv2.putText(picture, str(number + 1), place, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * width,
                            colour, thickness, cv2.LINE_AA)
    return picture


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
