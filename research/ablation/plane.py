"""Accuracy over latency: where models of a study lie."""
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
    """Plot top-1 over milliseconds a clip: a dot a seed, a ring at their mean.

    Args:
        study: The study.
        rows_by_variant: Variants and their results.
        seconds: What :func:`seconds_of` returned.
        path: PNG file to write.
    """
    figure = Figure(figsize=(6.4, 3.6), dpi=110)
    axis = figure.subplots()
    for variant, rows in rows_by_variant:
        if rows and variant.config in seconds:
            top1 = [100 * row['top1'] for row in rows]
            x = 1000 * seconds[variant.config]
            line, = axis.plot([x] * len(top1), top1, 'o', markersize=4)
            axis.plot(x, np.mean(top1), 'o', markersize=11, fillstyle='none',
                      color=line.get_color())
            axis.annotate(variant.label, (x, np.mean(top1)), (0, -18), textcoords='offset points',
                          ha='center', fontsize=8, color=line.get_color())
    axis.set_xlim(0, 1.15 * axis.get_xlim()[1])
    axis.set_xlabel('milliseconds a clip, two CPU cores')
    axis.set_ylabel('top-1 in %')
    axis.set_ylim(0, 105)
    axis.grid(alpha=0.3)
    axis.set_title(study.title, fontsize=10)
    figure.tight_layout()
    figure.savefig(path)
