"""A picture of a long video's scores over time."""
import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

from ..files import whole_or_absent
from .output import class_name

_MOST = 20  # classes drawn
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)  # seconds


def plot_timeline(recognised, classes, topk, path):
    """Draw a row of smoothed scores for each class and, below, the segments as a strip.

    Args:
        recognised (Recognised): The source, with its ``timeline``.
        classes (list[str] | None): Names of the classes.
        topk (int): Rows: the classes of segments, and as many more as have the highest mean score.
        path (str): PNG to write.
    """
    timeline = recognised.timeline
    segments, fps = timeline.segments(), float(timeline.info.fps)
    shown = _shown_classes(timeline, segments, topk)
    palette = colormaps['tab10' if len(shown) <= 10 else 'tab20']
    colour = {label: palette(index) for index, label in enumerate(shown)}
    bounds = timeline.cells() / fps
    figure = Figure(figsize=(12, 1.9 + 0.34 * len(shown)), dpi=110, layout='constrained')
    FigureCanvasAgg(figure)
    rows, strip = figure.subplots(2, 1, sharex=True, height_ratios=(len(shown), 1.4))
    heat = rows.pcolormesh(bounds,
                           np.arange(len(shown) + 1) - 0.5, timeline.smoothed[:, shown].T, vmin=0,
                           vmax=1, cmap='Greys')
    figure.colorbar(heat, ax=rows, label='score (smoothed)', pad=0.01)
    rows.set(yticks=range(len(shown)), title=recognised.name)
    rows.set_yticklabels([class_name(label, classes) for label in shown], fontsize=9)
    rows.invert_yaxis()
    for tick, label in zip(rows.get_yticklabels(), shown):
        tick.set(color=colour[label], fontweight='bold')
    for segment in segments:
        if segment['label'] in colour:
            strip.axvspan(segment['start'], segment['end'], color=colour[segment['label']],
                          linewidth=0)
    nobody = _without_people(timeline, bounds)
    for start, end in nobody:
        strip.axvspan(start, end, facecolor='none', edgecolor='black', hatch='////', linewidth=0)
    if nobody:
        figure.legend(
            handles=[
                Patch(facecolor='none', edgecolor='black', hatch='////', label='no person found')
            ], fontsize=8, loc='outside lower right')
    strip.set(yticks=[], xlim=(0, bounds[-1]), ylabel='segments', xlabel='time (h:mm:ss)')
    strip.xaxis.set_major_locator(
        MultipleLocator(next((tick for tick in _TICKS if bounds[-1] / tick <= 12), 7200)))
    strip.xaxis.set_major_formatter(FuncFormatter(_clock))
    with whole_or_absent(path) as file:
        figure.savefig(file, format='png')


def _shown_classes(timeline, segments, topk):
    """Classes to draw: those of segments by their time, then the best on average."""
    time = {}
    for segment in segments:
        length = segment['end'] - segment['start']
        time[segment['label']] = time.get(segment['label'], 0) + length
    best = np.argsort(-timeline.mean_scores(), kind='stable')[:topk].tolist()
    return list(dict.fromkeys([*sorted(time, key=lambda label: -time[label]), *best]))[:_MOST]


def _without_people(timeline, bounds):
    """Stretches of cells without a person, (start, end) in seconds."""
    empty = np.array([timeline.people_at(int(centre)) == 0 for centre in timeline.cell_centres()])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], empty.astype(int), [0]])))
    return [(bounds[start], bounds[stop]) for start, stop in edges.reshape(-1, 2)]


def _clock(seconds, _=None):
    tenths = round(seconds * 10)
    whole, part = divmod(tenths, 10)
    text = f'{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}'
    return f'{text}.{part}' if part else text
