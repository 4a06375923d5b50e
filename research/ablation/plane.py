"""Accuracy over latency: where models of a study lie."""
from itertools import cycle
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mmaction_d3d.benchmarks.report import read_rows

from .studies import Study, Variant


def seconds_of(root: str | Path, study: Study) -> dict[str, float]:
    """Read how long each variant takes for a clip.

    Args:
        root: Folder of the project.
        study: A study with ``latency``.

    Returns:
        Config of a variant to seconds, for those that were measured.

    Raises:
        InputError: There is no such file.
    """
    measured = {row['name']: row['seconds'] for row in read_rows(Path(root, study.latency))}
    configs = [variant.config for variant in study.variants]
    return {name: measured[Path(name).stem] for name in configs if Path(name).stem in measured}


def draw_plane(study: Study, rows_by_variant: list[tuple[Variant, list[dict]]],
               seconds: dict[str, float], path: str | Path) -> None:
    """Plot top-1 over milliseconds a clip: each seed, and their mean as an open marker.

    Args:
        study: The study.
        rows_by_variant: Variants and their results.
        seconds: What :func:`seconds_of` returned.
        path: PNG file to write.
    """
    figure = Figure(figsize=(8, 4), dpi=110, layout='constrained')
    axis = figure.subplots()
    lowest = 100.
    for (variant, rows), marker in zip(rows_by_variant, cycle('osD^vP*')):
        if rows and variant.config in seconds:
            top1 = [100 * row['top1'] for row in rows]
            x = 1000 * seconds[variant.config]
            line, = axis.plot([x] * len(top1), top1, marker, markersize=4)
            axis.plot(x, np.mean(top1), marker, markersize=11, fillstyle='none',
                      color=line.get_color(), label=variant.label)
            lowest = min(lowest, *top1)
    axis.set_xlim(0, 1.05 * axis.get_xlim()[1])
    axis.set_ylim(0 if lowest < 50 else lowest - 5, 100.5)
    axis.set_xlabel('milliseconds a clip, two CPU cores')
    axis.set_ylabel('top-1 in %: every seed, and their mean (open)')
    axis.grid(alpha=0.3)
    axis.set_title(study.title, fontsize=10)
    figure.legend(loc='outside right center', fontsize=8, frameon=False, markerscale=0.6)
    figure.savefig(path)
