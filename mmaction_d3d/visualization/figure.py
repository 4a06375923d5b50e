"""Matplotlib's figures: frames in them, and as pixels."""
from pathlib import Path

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..files import write_bytes


def figure_array(figure: Figure) -> np.ndarray:
    """Return a figure as pixels, H x W x 3 uint8 RGB; a last odd row or column is left out."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    height, width = (side // 2 * 2 for side in canvas.get_width_height()[::-1])
    return np.asarray(canvas.buffer_rgba())[:height, :width, :3].copy()


def write_picture(path: str | Path, picture: Figure | np.ndarray) -> None:
    """Write a figure, or H x W x 3 uint8 RGB, as PNG, whole or not at all."""
    pixels = figure_array(picture) if isinstance(picture, Figure) else picture
    data = cv2.imencode('.png', pixels[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])[1]
    write_bytes(path, data.tobytes())


def show_frame(axis: Axes, picture: np.ndarray, size: tuple[int, int] | None = None) -> None:
    """Show a frame, without ticks, so that coordinate 0 is the left edge of its first pixel.

    Args:
        axis: Where.
        picture: H x W x 3 uint8 RGB.
        size: Height and width of the frame in its own pixels, where the picture is enlarged.
    """
    height, width = size or picture.shape[:2]
    axis.imshow(picture, extent=(0, width, height, 0), interpolation='antialiased')
    axis.set(xticks=[], yticks=[])
