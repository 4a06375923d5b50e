"""A picture of a long video's scores over time."""
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

_MOST = 20  # classes drawn
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)  # seconds


def timeline_figure(title: str, names: Sequence[str], bounds: np.ndarray, scores: np.ndarray,
                    people: np.ndarray, segments: Sequence[Mapping[str, Any]], topk: int) -> Figure:
    """Draw a row of scores for each class and, below, the segments as a strip.

    Args:
        title: Name of the video.
        names: Of the classes.
        bounds: Of the cells of time, in seconds, N + 1.
        scores: Of each class in each cell, N x C in [0, 1].
        people: How many were found in each cell, N; cells without anybody are hatched.
        segments: Each with ``start`` and ``end`` in seconds, and ``label``.
        topk: Rows: the classes of segments, and as many more as have the highest mean score.
    """
    shown = _shown_classes(segments, np.average(scores, axis=0, weights=np.diff(bounds)), topk)
    palette = colormaps['tab10' if len(shown) <= 10 else 'tab20']
    colour = {label: palette(index) for index, label in enumerate(shown)}
    figure = Figure(figsize=(12, 1.9 + 0.34 * len(shown)), dpi=110, layout='constrained')
    rows, strip = figure.subplots(2, 1, sharex=True, height_ratios=(len(shown), 1.4))
    heat = rows.pcolormesh(bounds,
                           np.arange(len(shown) + 1) - 0.5, scores[:, shown].T, vmin=0, vmax=1,
                           cmap='Greys')
    figure.colorbar(heat, ax=rows, label='score (smoothed)', pad=0.01)
    rows.set(yticks=range(len(shown)), title=title)
    rows.set_yticklabels([names[label] for label in shown], fontsize=9)
    rows.invert_yaxis()
    for tick, label in zip(rows.get_yticklabels(), shown):
        tick.set(color=colour[label], fontweight='bold')
    for segment in segments:
        if segment['label'] in colour:
            strip.axvspan(segment['start'], segment['end'], color=colour[segment['label']],
                          linewidth=0)
    hatched: dict[str, Any] = dict(facecolor='none', edgecolor='black', hatch='////')
    edges = np.flatnonzero(np.diff(np.pad((np.asarray(people) == 0).astype(int), 1)))
    for start, end in bounds[edges].reshape(-1, 2):
        strip.axvspan(start, end, linewidth=0, **hatched)
    if len(edges):
        figure.legend(handles=[Patch(label='no person found', **hatched)], fontsize=8,
                      loc='outside lower right')
    strip.set(yticks=[], xlim=(0, bounds[-1]), ylabel='segments', xlabel='time (h:mm:ss)')
    strip.xaxis.set_major_locator(
        MultipleLocator(next((tick for tick in _TICKS if bounds[-1] / tick <= 12), 7200)))
    strip.xaxis.set_major_formatter(FuncFormatter(_clock))
    return figure


def _shown_classes(segments: Sequence[Mapping[str, Any]], mean: np.ndarray, topk: int) -> list[int]:
    """Classes to draw: those of segments by their time, then the best on average."""
    time: Counter[int] = Counter()
    for segment in segments:
        time[segment['label']] += segment['end'] - segment['start']
    best = np.argsort(-mean, kind='stable')[:topk].tolist()
    return list(dict.fromkeys([*(label for label, _ in time.most_common()), *best]))[:_MOST]


def _clock(seconds: float, _: int | None = None) -> str:
    whole, part = divmod(round(seconds * 10), 10)
    text = f'{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}'
    return f'{text}.{part}' if part else text
