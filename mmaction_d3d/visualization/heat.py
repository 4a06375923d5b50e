"""Heat over a frame: the one overlay that every picture uses."""
import cv2
import numpy as np

from ..evaluation.attention_maps import CELL
from .palette import HEAT, scale_colours

#: Scale and shift from pixels of a frame to those of the model's input, of x and of y, and that
#: input's height and width.
Placement = tuple[tuple[float, float], tuple[float, float], tuple[int, int]]


def draw_heat(picture: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay heat, H x W in [0, 1], over a picture, which stays visible in grey.

    Args:
        picture: H x W x 3 uint8 RGB.
        heat: Of each of its pixels.

    Returns:
        H x W x 3 uint8 RGB.
    """
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(grey, 0.55, scale_colours(heat, HEAT), 0.75, 0)


def draw_cells(picture: np.ndarray, cells: np.ndarray, size: tuple[int, int],
               placement: Placement | None = None) -> np.ndarray:
    """Lay attention on the model's cells over a picture; nothing is smoothed.

    Args:
        picture: A frame at any size, H x W x 3 uint8 RGB.
        cells: h x w in [0, 1]; cell i is centred on pixel 8 i of the model's input.
        size: Height and width of the frame itself.
        placement: Where the model's input lies in the frame. Defaults to None: it is the frame.

    Returns:
        H x W x 3 uint8 RGB; what the model's crop leaves out has no heat.
    """
    across, down, (height, width) = placement or ((1, 0), (1, 0), size)
    index, inside = [], []
    for (scale, shift), drawn, side, length, count in zip((down, across), picture.shape, size,
                                                          (height, width), cells.shape):
        # Where the centres of the picture's pixels lie in the model's input.
        place = scale * (np.arange(drawn) + 0.5) * side / drawn + shift
        index.append(np.floor((place - 0.5) / CELL + 0.5).astype(int).clip(0, count - 1))
        inside.append((place >= 0) & (place < length))
    return draw_heat(picture, cells[np.ix_(*index)] * np.outer(*inside))
