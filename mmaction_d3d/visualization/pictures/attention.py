"""The clip, where its attention lies and which joints it reads (figures 5, A3 to A5)."""
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ...errors import InputError
from ...evaluation.attention_maps import AttentionMaps, DeformableMaps, JointMaps
from ...evaluation.explain import Explanation
from ..figure import figure_array, show_frame
from ..heat import draw_cells
from ..palette import HEAT, RECEIVED
from ..people import enlarged, with_people
from . import picture
from .joints import draw_received, joint_limits

_FRAME_WIDTH = 1.3  # inches on the sheet
_VIDEO_WIDTH = 3.2  # inches of a frame in a video
_DPI = 110


def attention_frames(explanation: Explanation) -> list[np.ndarray]:
    """Return the sheet as pictures in time: T of H' x W' x 3 uint8 RGB, with even sides."""
    height, width = explanation.frames.shape[1:3]
    rows = _rows(explanation.maps)
    pictures = []
    for t in range(len(explanation.frames)):
        figure = Figure(
            figsize=(0.6 + (_VIDEO_WIDTH + 0.5) * len(rows), 0.9 + _VIDEO_WIDTH * height / width),
            dpi=_DPI, layout='constrained')
        axes = figure.subplots(1, len(rows), squeeze=False)[0]
        for axis, (name, draw) in zip(axes, rows.items()):
            draw(axis, explanation, t)
            axis.set_title(name.replace('\n', ' '), fontsize=8)
            _colour_bar(figure, [axis], name, explanation)
        figure.suptitle(f'{_headline(explanation)}\nframe {t}', fontsize=9)
        pictures.append(figure_array(figure))
    return pictures


@picture(
    'attention', 'searched points and their attention over the frames of clips',
    selects=('head', 'query', 'frame'), video=attention_frames, options=dict(frames=dict(
        nargs='+', type=int, metavar='T', help='frames of the sheet, from 0 (default: all)')))
def attention_sheet(explanation: Explanation, frames: Sequence[int] | None = None) -> Figure:
    """Draw rows of frames: the input, deformable attention, joint attention.

    Args:
        explanation (Explanation): A clip and its attention.
        frames: Frames to draw. Defaults to None, all of them.

    Returns:
        Frames in columns; models without one of the attentions lack its row.

    Raises:
        InputError: A frame is not in the clip.
    """
    length = len(explanation.frames)
    show = range(length) if frames is None else frames
    for t in show:
        if not 0 <= t < length:
            raise InputError('command line', '--frames', t, f'0 to {length - 1}')
    height, width = explanation.frames.shape[1:3]
    rows = _rows(explanation.maps)
    figure = Figure(
        figsize=(1.8 + _FRAME_WIDTH * len(show),
                 0.75 + len(rows) * (0.08 + _FRAME_WIDTH * height / width)), dpi=_DPI,
        layout='constrained')
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


def _rows(maps: AttentionMaps) -> dict[str, Callable[[Axes, Explanation, int], None]]:
    """Return what there is to draw, by its name."""
    rows: dict[str, Callable[[Axes, Explanation, int], None]] = {'frame and\nskeleton': _draw_input}
    if maps.get(DeformableMaps) is not None:
        rows['deformable\nattention'] = _draw_cells
    if maps.get(JointMaps) is not None:
        rows['joint\nattention'] = draw_received
    return rows


def _draw_input(axis: Axes, explanation: Explanation, t: int) -> None:
    frame = explanation.frames[t]
    show_frame(axis, with_people(frame, explanation.joints[t], explanation.layout), frame.shape[:2])


def _draw_cells(axis: Axes, explanation: Explanation, t: int) -> None:
    frame, maps = explanation.frames[t], explanation.maps.of(DeformableMaps)
    cells = maps.cells.numpy()
    step = -(-len(explanation.frames) // len(cells))  # after a temporal stride, the nearest cell
    heat = cells[min((t + step // 2) // step, len(cells) - 1)] / max(float(cells.max()), 1e-12)
    show_frame(axis, draw_cells(enlarged(frame), heat, frame.shape[:2]), frame.shape[:2])
    near = (maps.points[:, 2] - t).abs() <= 0.5
    x, y = maps.points[near, :2].T
    axis.scatter(x, y, s=4, c='white', linewidths=0)


def _colour_bar(figure: Figure, axes: Any, name: str, explanation: Explanation) -> None:
    """Explain the colours of a row."""
    if name.startswith('deformable'):
        largest = float(explanation.maps.of(DeformableMaps).cells.max())
        limits, colours, label = (0., largest * 100), HEAT, '% of the attention'
    elif name.startswith('joint'):
        limits, colours = joint_limits(explanation), RECEIVED
        label = '1: mean of all keys'
    else:
        return
    bar = figure.colorbar(ScalarMappable(Normalize(*limits), colours), ax=axes, pad=0.01,
                          fraction=0.05, aspect=12)
    bar.set_label(label, fontsize=7)
    bar.ax.tick_params(labelsize=7)


def _headline(explanation: Explanation) -> str:
    """Title, and the share of attention that no cell shows."""
    maps = explanation.maps.get(DeformableMaps)
    if maps is None:
        return explanation.title
    return f'{explanation.title}; {maps.modal:.1%} of the attention on modal tokens'
