"""Which joints mattered: a chart over frames and a skeleton with joints sized by it (figure 6)."""
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ...evaluation.attention_maps import JointMaps
from ...evaluation.explain import Explanation
from ..figure import show_frame
from ..palette import PEOPLE_NAMES, RECEIVED
from ..people import with_people
from . import picture

_SHOWN = 4  # frames with a skeleton under the charts, evenly spread


@picture('joints', 'attention that each joint of each frame receives', needs=(JointMaps, ),
         selects=('head', ))
def joint_chart(explanation: Explanation) -> Figure:
    """Draw the attention that each joint receives as a key.

    Args:
        explanation (Explanation): A clip and its attention.

    Returns:
        Above, for each person a chart of joints and frames, where 1 is the mean of all keys
        and cells of missing joints are blank; below, skeletons with joints sized by it.
    """
    layout, frames = explanation.layout, explanation.frames
    received, step = explanation.maps.of(JointMaps).received.numpy(), _step(explanation)
    joints = explanation.joints[::step]
    people = joints[..., 2].reshape(len(joints), -1, len(layout))  # scores, T x M x V
    present = [m for m in range(people.shape[1]) if (people[:, m] > 0).any()] or [0]
    charts = np.where(people > 0, received.reshape(people.shape), np.nan)
    limits = joint_limits(explanation)

    height, width = frames.shape[1:3]
    shown = np.unique(np.linspace(0, len(joints) - 1, _SHOWN).round().astype(int))
    low = 2.2 * height / width
    figure = Figure(figsize=(max(9., 1 + 5 * len(present)), 0.2 * len(layout) + 1.2 + low), dpi=110,
                    layout='constrained')
    above, below = figure.subfigures(2, 1, squeeze=False,
                                     height_ratios=(0.2 * len(layout) + 1, low + 0.2))[:, 0]
    axes = above.subplots(1, len(present), squeeze=False)[0]
    for axis, m in zip(axes, present):
        axis.imshow(charts[:, m].T, cmap=RECEIVED, vmin=limits[0], vmax=limits[1], aspect='auto',
                    interpolation='nearest')
        axis.set_yticks(range(len(layout)), [name.replace('_', ' ') for name in layout.joints],
                        fontsize=7)
        axis.set_xticks(range(len(joints)), range(0, step * len(joints), step), fontsize=7)
        axis.set_xlabel('frame', fontsize=8)
        axis.set_title(f'person {m + 1} ({PEOPLE_NAMES[m % len(PEOPLE_NAMES)]} bones)', fontsize=8)
    bar = above.colorbar(ScalarMappable(Normalize(*limits), RECEIVED), ax=axes, pad=0.01)
    bar.set_label('attention received (1: mean of all keys)', fontsize=8)
    above.suptitle(explanation.title, fontsize=9)
    for axis, t in zip(below.subplots(1, len(shown), squeeze=False)[0], shown):
        draw_received(axis, explanation, t * step)
        axis.set_title(f'frame {t * step}', fontsize=7)
    return figure


def draw_received(axis: Axes, explanation: Explanation, t: int) -> None:
    """Draw frame t, darkened, with skeletons whose joints are as large as their attention."""
    received = explanation.maps.of(JointMaps).received.numpy()
    low, high = joint_limits(explanation)
    frame, row = explanation.frames[t], min(t // _step(explanation), len(received) - 1)
    show_frame(
        axis,
        with_people(frame // 3, explanation.joints[t], explanation.layout,
                    received=(received[row] - low) / (high - low)), frame.shape[:2])


def joint_limits(explanation: Explanation) -> tuple[float, float]:
    """Least and largest attention that a visible joint receives: the ends of the colours."""
    received = explanation.maps.of(JointMaps).received.numpy()
    seen = explanation.joints[::_step(explanation), :, 2] > 0
    low, high = (received[seen].min(), received[seen].max()) if seen.any() else (0., 1.)
    return float(low), max(float(high), float(low) + 1e-6)


def _step(explanation: Explanation) -> int:
    """Return the frames between two rows of the attention: more than 1 after a temporal stride."""
    return -(-len(explanation.frames) // len(explanation.maps.of(JointMaps).received))
