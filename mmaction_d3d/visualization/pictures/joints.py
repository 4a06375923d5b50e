"""Which joints mattered: a chart over frames and a skeleton with joints sized by it (figure 6)."""
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ...evaluation.explain import Explanation
from ..overlay import draw_bones, draw_joints, joint_limits, show_frame
from ..palette import PEOPLE_NAMES
from . import picture

_SHOWN = 4  # frames with a skeleton under the charts, evenly spread


@picture('joints', 'attention that each joint of each frame receives', needs=('joints', ),
         selects=('head', ))
def joint_chart(explanation: Explanation) -> Figure:
    """Draw the attention that each joint receives as a key.

    Args:
        explanation (Explanation): A clip and its attention.

    Returns:
        Figure: Above, for each person a chart of joints and frames, where 1 is the mean of all keys
        and cells of missing joints are blank; below, skeletons with joints sized by it.
    """
    layout, frames = explanation.layout, explanation.frames
    received = explanation.maps.joints.numpy()
    step = -(-len(frames) // len(received))  # larger than 1 after a temporal stride
    joints = explanation.joints[::step]
    people = joints[..., 2].reshape(len(joints), -1, len(layout))  # scores, T x M x V
    present = [m for m in range(people.shape[1]) if (people[:, m] > 0).any()] or [0]
    charts = np.where(people > 0, received.reshape(people.shape), np.nan)
    limits = joint_limits(explanation.maps, explanation.joints)

    height, width = frames.shape[1:3]
    shown = np.unique(np.linspace(0, len(joints) - 1, _SHOWN).round().astype(int))
    low = 2.2 * height / width
    figure = Figure(figsize=(max(9., 1 + 5 * len(present)), 0.2 * len(layout) + 1.2 + low), dpi=110,
                    layout='constrained')
    above, below = figure.subfigures(2, 1, height_ratios=(0.2 * len(layout) + 1, low + 0.2))
    axes = above.subplots(1, len(present), squeeze=False)[0]
    for number, (axis, m) in enumerate(zip(axes, present)):
        axis.imshow(charts[:, m].T, cmap='plasma', vmin=limits[0], vmax=limits[1], aspect='auto',
                    interpolation='nearest')
        axis.set_yticks(range(len(layout)), [name.replace('_', ' ') for name in layout.joints],
                        fontsize=7)
        axis.set_xticks(range(len(joints)), range(0, step * len(joints), step), fontsize=7)
        axis.set_xlabel('frame', fontsize=8)
        axis.set_title(f'person {m + 1} ({PEOPLE_NAMES[m % len(PEOPLE_NAMES)]} bones)', fontsize=8)
    bar = above.colorbar(ScalarMappable(Normalize(*limits), 'plasma'), ax=axes, pad=0.01)
    bar.set_label('attention received (1: mean of all keys)', fontsize=8)
    above.suptitle(explanation.title, fontsize=9)
    for axis, t in zip(below.subplots(1, len(shown), squeeze=False)[0], shown):
        show_frame(axis, frames[t * step] // 3)
        draw_bones(axis, joints[t], layout, 0.8)
        draw_joints(axis, joints[t], received[t], limits, 90)
        axis.set_title(f'frame {t * step}', fontsize=7)
    return figure
