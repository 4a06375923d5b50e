"""Sheets that show a clip, where its attention lies and which joints it reads."""
from typing import List, Optional, Sequence, Tuple

import cv2
import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ..datasets.skeletons import SkeletonLayout
from ..evaluation.attention_maps import AttentionMaps, cell_heat
from ..evaluation.explain import Explanation

#: Bones of the first, second, ... person.
PERSON_COLOURS = ('lime', 'deepskyblue', 'orange', 'magenta', 'yellow', 'white')
_FRAME_WIDTH = 1.3  # inches on the sheet
_VIDEO_WIDTH = 3.2  # inches of a frame in a video
_DPI = 110


def attention_sheet(explanation: Explanation, show: Optional[Sequence[int]] = None) -> Figure:
    """Draw rows of frames: the input, deformable attention, joint attention.

    Args:
        explanation (Explanation): A clip and its attention.
        show (sequence[int], optional): Frames to draw. Defaults to None, all of them.

    Returns:
        Figure: Frames in columns; models without one of the attentions lack its row.
    """
    show = range(len(explanation.frames)) if show is None else show
    height, width = explanation.frames.shape[1:3]
    rows = _rows(explanation.maps)
    figure = Figure(figsize=(1.8 + _FRAME_WIDTH * len(show),
                             0.75 + len(rows) * (0.08 + _FRAME_WIDTH * height / width)),
                    dpi=_DPI, layout='constrained')
    axes = figure.subplots(len(rows), len(show), squeeze=False)
    for column, t in enumerate(show):
        for row, draw in enumerate(rows.values()):
            draw(axes[row, column], explanation, t)
        axes[0, column].set_title(f'frame {t}', fontsize=7)
    for row, name in enumerate(rows):
        axes[row, 0].set_ylabel(name, fontsize=8)
        _colour_bar(figure, axes[row], name, explanation)
    figure.suptitle(_headline(explanation), fontsize=9)
    return figure


def attention_frames(explanation: Explanation) -> List[np.ndarray]:
    """The same as pictures in time: T of H' x W' x 3 uint8 RGB, with even sides."""
    height, width = explanation.frames.shape[1:3]
    rows = _rows(explanation.maps)
    pictures = []
    for t in range(len(explanation.frames)):
        figure = Figure(figsize=(0.6 + (_VIDEO_WIDTH + 0.5) * len(rows),
                                 0.9 + _VIDEO_WIDTH * height / width), dpi=_DPI,
                        layout='constrained')
        axes = figure.subplots(1, len(rows), squeeze=False)[0]
        for axis, (name, draw) in zip(axes, rows.items()):
            draw(axis, explanation, t)
            axis.set_title(name.replace('\n', ' '), fontsize=8)
            _colour_bar(figure, [axis], name, explanation)
        figure.suptitle(f'{_headline(explanation)}\nframe {t}', fontsize=9)
        pictures.append(figure_array(figure))
    return pictures


def figure_array(figure: Figure) -> np.ndarray:
    """A figure as pixels, H x W x 3 uint8 RGB; a last odd row or column is left out."""
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
        colour = PERSON_COLOURS[number % len(PERSON_COLOURS)]
        for first, second in layout.edges:
            if min(person[first, 2], person[second, 2]) > 0:
                axis.plot(*person[[first, second], :2].T, color=colour, linewidth=width)


def joint_limits(maps: AttentionMaps, joints: np.ndarray) -> Tuple[float, float]:
    """Least and largest attention that a visible joint receives: the ends of the colours."""
    received = maps.joints.numpy()
    seen = joints[::-(-len(joints) // len(received)), :, 2] > 0
    low, high = (received[seen].min(), received[seen].max()) if seen.any() else (0., 1.)
    return float(low), max(float(high), float(low) + 1e-6)


def draw_joints(axis, joints: np.ndarray, received: np.ndarray, limits: Tuple[float, float],
                largest: float = 40) -> None:
    """Draw each visible joint as a dot that grows and brightens with its attention."""
    seen = joints[:, 2] > 0
    share = (received[seen] - limits[0]) / (limits[1] - limits[0])
    axis.scatter(*joints[seen, :2].T, s=largest * (0.15 + 0.85 * share), c=share,
                 cmap='plasma', vmin=0, vmax=1, linewidths=0, zorder=3)


def bare(axis, height: int, width: int) -> None:
    """Leave an axis with a frame's pixels, 0 at the left edge of the first one, and no ticks."""
    axis.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0), aspect='equal')


def show_frame(axis, frame: np.ndarray) -> None:
    """Draw a frame so that coordinate 0 is the left edge of its first pixel."""
    height, width = frame.shape[:2]
    axis.imshow(frame, extent=(0, width, height, 0), interpolation='nearest')
    bare(axis, height, width)


def _rows(maps: AttentionMaps) -> dict:
    """What there is to draw, by its name."""
    rows = {'frame and\nskeleton': _draw_input}
    if maps.cells is not None:
        rows['deformable\nattention'] = _draw_cells
    if maps.joints is not None:
        rows['joint\nattention'] = _draw_received
    return rows


def _draw_input(axis, explanation: Explanation, t: int) -> None:
    show_frame(axis, explanation.frames[t])
    draw_bones(axis, explanation.joints[t], explanation.layout)


def _draw_cells(axis, explanation: Explanation, t: int) -> None:
    frame, maps = explanation.frames[t], explanation.maps
    cells = maps.cells.numpy()
    step = -(-len(explanation.frames) // len(cells))  # after a temporal stride, the nearest cell
    heat = cell_heat(cells[min((t + step // 2) // step, len(cells) - 1)], *frame.shape[:2])
    show_frame(axis, blend(frame, heat / max(float(cells.max()), 1e-12)))
    near = (maps.points[:, 2] - t).abs() <= 0.5
    axis.scatter(*maps.points[near, :2].T, s=4, c='white', linewidths=0)


def _draw_received(axis, explanation: Explanation, t: int) -> None:
    received = explanation.maps.joints.numpy()
    step = -(-len(explanation.frames) // len(received))
    show_frame(axis, explanation.frames[t] // 3)
    draw_joints(axis, explanation.joints[t], received[min(t // step, len(received) - 1)],
                joint_limits(explanation.maps, explanation.joints))


def _colour_bar(figure: Figure, axes, name: str, explanation: Explanation) -> None:
    """Explain the colours of a row."""
    maps = explanation.maps
    if name.startswith('deformable'):
        limits, colours, label = (0, float(maps.cells.max()) * 100), 'inferno', '% of the attention'
    elif name.startswith('joint'):
        limits, colours = joint_limits(maps, explanation.joints), 'plasma'
        label = '1: mean of all keys'
    else:
        return
    bar = figure.colorbar(ScalarMappable(Normalize(*limits), colours), ax=axes, pad=0.01,
                          fraction=0.05, aspect=12)
    bar.set_label(label, fontsize=7)
    bar.ax.tick_params(labelsize=7)


def _headline(explanation: Explanation) -> str:
    """Title, and the share of attention that no cell shows."""
    maps = explanation.maps
    if maps.modal is None:
        return explanation.title
    return f'{explanation.title}; {maps.modal:.1%} of the attention on modal tokens'
