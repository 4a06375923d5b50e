"""The token search as a flow field from reference points to searched points."""
import numpy as np
from matplotlib.figure import Figure

from ...evaluation.attention_maps import DeformableMaps
from ...evaluation.explain import Explanation
from ..figure import show_frame
from . import picture

_COLUMNS = 6


@picture('offsets', 'how the token search moves its points', needs=(DeformableMaps, ))
def offset_field(explanation: Explanation) -> Figure:
    """Draw where the search moved each point, in space as arrows and in time as their colour.

    Args:
        explanation (Explanation): A clip and its attention.

    Returns:
        A panel for each time of the reference grid, over the frame that is nearest, and the
        distribution of the offsets along each axis.
    """
    maps = explanation.maps.of(DeformableMaps)
    frames, times = explanation.frames, maps.grid[0]
    start, end = (x.numpy().reshape(times, -1, 3) for x in (maps.references, maps.points))
    moved = end - start
    limit = max(float(np.abs(moved[..., 2]).max()), 1e-6)
    columns = min(_COLUMNS, times)
    rows = -(-times // columns)
    side = 2.3 * frames.shape[1] / frames.shape[2]
    figure = Figure(figsize=(2.3 * columns + 1, rows * (side + 0.3) + 2.6), dpi=110,
                    layout='constrained')
    above, below = figure.subfigures(2, 1, squeeze=False,
                                     height_ratios=(rows * (side + 0.3) + 0.5, 2.1))[:, 0]
    axes = above.subplots(rows, columns, squeeze=False)
    for axis in axes.flat[times:]:
        axis.axis('off')
    for axis, first, way in zip(axes.flat, start, moved):
        t = first[0, 2]
        show_frame(axis, frames[int(np.clip(round(float(t)), 0, len(frames) - 1))] // 2)
        axis.scatter(*first[:, :2].T, s=4, c='white', linewidths=0)
        arrows = axis.quiver(*first[:, :2].T, *way[:, :2].T, way[:,
                                                                 2], cmap='coolwarm', angles='xy',
                             scale_units='xy', scale=1, width=0.008, clim=(-limit, limit))
        axis.set_title(f'searched from frame {t:.1f}', fontsize=7)
    bar = above.colorbar(arrows, ax=axes, pad=0.01)
    bar.set_label('moved in time, frames', fontsize=8)
    spread = maps.spread
    above.suptitle(
        f'{explanation.title}\ntoken search: mean and deviation ' + ', '.join(
            f'{name} {mean:+.3f} ± {value:.3f}'
            for name, mean, value in zip('xyz',
                                         maps.offsets.mean(dim=0).tolist(), spread.deviation)) +
        f' (the volume is 2 wide); {spread.outside:.1%} of the points outside, '
        f'{spread.saturated:.1%} of the offsets saturated', fontsize=9)
    for axis, name, values in zip(below.subplots(1, 3), 'xyz', maps.offsets.numpy().T):
        axis.hist(values, bins=31, color='steelblue')
        axis.set_xlabel(f'offset along {name}{" (time)" if name == "z" else ""}', fontsize=8)
        axis.tick_params(labelsize=7)
    return figure
