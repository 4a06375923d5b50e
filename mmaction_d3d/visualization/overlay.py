"""What several pictures lay over a frame: attention, bones, joints sized by attention."""

import cv2
import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..evaluation.attention_maps import AttentionMaps
from ..skeletons import SkeletonLayout
from .palette import person_colour


def figure_array(figure: Figure) -> np.ndarray:
    """Return a figure as pixels, H x W x 3 uint8 RGB; a last odd row or column is left out."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    height, width = (side // 2 * 2 for side in canvas.get_width_height()[::-1])
    return np.asarray(canvas.buffer_rgba())[:height, :width, :3].copy()


def blend(frame: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay attention, h x w in [0, 1], over a frame; the frame stays visible in grey."""
    heat = cv2.resize(heat.astype(np.float32), frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    grey = frame.mean(axis=-1, keepdims=True).repeat(3, axis=-1) / 255
    colour = colormaps['inferno'](heat)[..., :3]
    return np.clip(0.55 * grey + 0.75 * colour, 0, 1)


def draw_bones(axis, joints: np.ndarray, layout: SkeletonLayout, width: float = 0.7) -> None:
    """Draw the visible bones of each person, R x 3, in a colour of its own."""
    for number, person in enumerate(joints.reshape(-1, len(layout), 3)):
        colour = np.divide(person_colour(number), 255)
        for first, second in layout.edges:
            if min(person[first, 2], person[second, 2]) > 0:
                axis.plot(*person[[first, second], :2].T, color=colour, linewidth=width)


def joint_limits(maps: AttentionMaps, joints: np.ndarray) -> tuple[float, float]:
    """Least and largest attention that a visible joint receives: the ends of the colours."""
    received = maps.joints.numpy()
    seen = joints[::-(-len(joints) // len(received)), :, 2] > 0
    low, high = (received[seen].min(), received[seen].max()) if seen.any() else (0., 1.)
    return float(low), max(float(high), float(low) + 1e-6)


def draw_joints(axis, joints: np.ndarray, received: np.ndarray, limits: tuple[float, float],
                largest: float = 40) -> None:
    """Draw each visible joint as a dot that grows and brightens with its attention."""
    seen = joints[:, 2] > 0
    share = (received[seen] - limits[0]) / (limits[1] - limits[0])
    axis.scatter(*joints[seen, :2].T, s=largest * (0.15 + 0.85 * share), c=share, cmap='plasma',
                 vmin=0, vmax=1, linewidths=0, zorder=3)


def bare(axis, height: int, width: int) -> None:
    """Leave an axis with a frame's pixels, 0 at the left edge of the first one, and no ticks."""
    axis.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0), aspect='equal')


def show_frame(axis, frame: np.ndarray) -> None:
    """Draw a frame so that coordinate 0 is the left edge of its first pixel."""
    height, width = frame.shape[:2]
    axis.imshow(frame, extent=(0, width, height, 0), interpolation='nearest')
    bare(axis, height, width)
