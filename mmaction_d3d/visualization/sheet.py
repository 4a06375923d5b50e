"""Pictures side by side."""
from collections.abc import Sequence

import cv2
import numpy as np


def sheet(rows: Sequence[Sequence[np.ndarray]], gap: int = 4) -> np.ndarray:
    """Lay pictures out in rows, each at the top left of its place, on black.

    Args:
        rows: Pictures of H x W x 3 uint8 RGB, of any size.
        gap: Pixels to the right of and below each.

    Returns:
        H x W x 3 uint8 RGB.
    """
    strips = []
    for row in rows:
        height = max(picture.shape[0] for picture in row)
        strips.append(
            np.concatenate([_padded(picture, height, picture.shape[1] + gap) for picture in row],
                           axis=1))
    width = max(strip.shape[1] for strip in strips)
    return np.concatenate([_padded(strip, strip.shape[0] + gap, width) for strip in strips])


def in_rows(pictures: Sequence[np.ndarray], columns: int) -> list[Sequence[np.ndarray]]:
    """Cut a sequence of pictures into rows."""
    return [pictures[start:start + columns] for start in range(0, len(pictures), columns)]


def even(picture: np.ndarray) -> np.ndarray:
    """Repeat a last odd row and column, as videos want even sides."""
    return np.pad(picture, [(0, side % 2) for side in picture.shape[:2]] + [(0, 0)], 'edge')


def _padded(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    return np.pad(picture, [(0, height - picture.shape[0]), (0, width - picture.shape[1]), (0, 0)])


def to_width(picture: np.ndarray, width: int) -> np.ndarray:
    """Scale a picture to a width; one that is very wide keeps a row."""
    height, before = picture.shape[:2]
    return cv2.resize(picture, (width, max(round(height * width / before), 1)),
                      interpolation=cv2.INTER_AREA if width < before else cv2.INTER_NEAREST)
