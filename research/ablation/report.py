"""Tables and plots of the studies, from stored results."""
import re
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation import mean_interval
from mmaction_d3d.files import write_text

from .plane import draw_plane, seconds_of
from .settings import read_config, run_settings
from .studies import STUDIES


def collect(root, study, results, base=None, overrides=None):
    """Find the results of each variant of a study.

    Args:
        root (str): Folder of the project.
        study (Study): The study.
        results (Results): Stored results.
        base (str, optional): Config that the variants change.
        overrides (dict, optional): Config values that were replaced.

    Returns:
        list[tuple[Variant, list[dict]]]: Rows by variant, ordered by seed; empty where none are.
    """
    rows_by_variant = []
    for variant in study.variants:
        tested = read_config(root, variant.config, base, overrides)
        trained = tested if variant.tested_from is None else read_config(
            root, variant.tested_from, base, overrides)
        rows_by_variant.append((variant, results.of(run_settings(trained, tested))))
    return rows_by_variant


def of_reference(root, study, results, base=None, overrides=None):
    """Find the results that a study's others are compared with, by default the unchanged base's.

    Args:
        root: As for :func:`collect`.
        study: Likewise.
        results: Likewise.
        base: Likewise.
        overrides: Likewise.

    Returns:
        list[dict]: Rows, ordered by seed.
    """
    reference = read_config(root, study.beside, base, overrides)
    return results.of(run_settings(reference, reference))


def difference(rows, reference):
    """Mean difference of two variants in percent points, paired by seed, with its interval.

    Args:
        rows (list[dict]): Rows of a variant.
        reference (list[dict]): Rows of the variant it is compared with.

    Returns:
        str: Such as ``'-3.1 ± 1.2'``; empty without a common seed.
    """
    by_seed = {row['seed']: row['top1'] for row in reference}
    gaps = [100 * (row['top1'] - by_seed[row['seed']]) for row in rows if row['seed'] in by_seed]
    if not gaps:
        return ''
    mean, (_, high) = np.mean(gaps), mean_interval(gaps)
    return f'{mean:+.1f}' + (f' ± {high - mean:.1f}' if len(gaps) > 1 else '')


def make_table(study, rows_by_variant, reference, seconds=None):
    """Return a study as a Markdown table.

    Args:
        study (Study): The study.
        rows_by_variant (list): What :func:`collect` returned.
        reference (list[dict]): What :func:`of_reference` returned.
        seconds (dict, optional): What :func:`seconds_of` returned.

    Returns:
        str: The table; a variant without results is marked so.
    """
    paper = any(variant.paper is not None for variant in study.variants)
    name = next((variant.label
                 for variant in study.variants if variant.config == study.beside != 'ours'), 'ours')
    head = [
        'variant', *(['paper (PennAction)'] if paper else []),
        *(['milliseconds a clip'] if seconds else []), 'top-1 mean', 'spread (SD)', 'seeds x clips',
        f'difference to {name}, paired', 'val top-1', 'M parameters'
    ]
    lines = ['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head)]
    for variant, rows in rows_by_variant:
        cells = [variant.label]
        if paper:
            cells.append('' if variant.paper is None else f'{variant.paper:.1f}')
        if seconds:
            cells.append(f'{1000 * seconds[variant.config]:.1f}' if variant.config in
                         seconds else '')
        if not rows:
            lines.append('| ' + ' | '.join(cells + ['not run'] + [''] *
                                           (len(head) - len(cells) - 1)) + ' |')
            continue
        top1 = [100 * row['top1'] for row in rows]
        cells += [
            f'{np.mean(top1):.1f}', f'{np.std(top1, ddof=1):.1f}' if len(top1) > 1 else '',
            f'{len(rows)} x {rows[0]["num_test"]}',
            name if rows == reference else difference(rows, reference),
            f'{100 * np.mean([row["val_top1"] for row in rows]):.1f}',
            f'{rows[0]["parameters"] / 1e6:.3f}'
        ]
        lines.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines) + '\n'


def draw(study, rows_by_variant, path):
    """Plot a study: every seed as a dot, means as bars, or as lines along the axis of a figure.

    Means are over the seeds that all points have: what sets two of them apart must not be their
        seeds.

    Args:
        study (Study): The study.
        rows_by_variant (list): What :func:`collect` returned.
        path (str): PNG file to write.
    """
    top1 = [(variant, {row['seed']: 100 * row['top1'] for row in rows})
            for variant, rows in rows_by_variant if rows]
    shared = set.intersection(*(set(by_seed) for _, by_seed in top1)) if top1 else set()
    points = [(variant, np.mean([by_seed[seed]
                                 for seed in shared]) if shared else np.nan, [*by_seed.values()])
              for variant, by_seed in top1]
    figure = Figure(figsize=(6.4, 3.6 if study.xlabel else 0.8 + 0.42 * max(len(top1), 2)), dpi=110)
    axis = figure.subplots()
    seeds = (f'{"seeds" if len(shared) > 1 else "seed"} {", ".join(map(str, sorted(shared)))}'
             if shared else 'no common seed')
    if study.xlabel:
        _draw_lines(axis, points)
        axis.set_xlabel(study.xlabel)
        axis.set_ylabel(f'top-1 in %\nline: {seeds}')
    else:
        for y, (_, mean, of_seeds) in enumerate(points):
            axis.barh(y, mean, color='#b7cde8', height=0.65)
            axis.plot(of_seeds, [y] * len(of_seeds), 'o', color='#1f4e8c', markersize=4)
        axis.set_yticks(range(len(points)), [variant.label for variant, _, _ in points])
        axis.invert_yaxis()
        axis.set_xlabel(f'top-1 in %: mean of {seeds} (bar), every seed (dots)')
        axis.set_xlim(0, 100)
    axis.grid(axis='both' if study.xlabel else 'x', alpha=0.3)
    axis.set_title(study.title, fontsize=10)
    figure.tight_layout()
    figure.savefig(path)


def _draw_lines(axis, points):
    """Draw a line of means for each series, with every seed as a dot."""
    series = dict.fromkeys(variant.series for variant, _, _ in points)
    for name in series:
        of_series = [(variant.x, mean, top1) for variant, mean, top1 in points
                     if variant.series == name]
        line, = axis.plot(*zip(*(point[:2] for point in of_series)), '-', label=name or None)
        for x, _, top1 in of_series:
            axis.plot([x] * len(top1), top1, 'o', color=line.get_color(), markersize=4)
    axis.set_xticks(sorted({variant.x for variant, _, _ in points}))
    if len(series) > 1:
        axis.legend()


def write_report(root, name, results, folder, base=None, overrides=None):
    """Write a study's table and plot.

    Args:
        root (str): Folder of the project.
        name (str): Key of ``STUDIES``.
        results (Results): Stored results.
        folder (str): Where to write ``NAME.md`` and ``NAME.png``.
        base (str, optional): Config that the variants change.
        overrides (dict, optional): Config values that were replaced.

    Returns:
        tuple[Path, Path]: Paths of the table and the plot.
    """
    study = STUDIES[name]
    rows_by_variant = collect(root, study, results, base, overrides)
    table, plot = (Path(folder, f'{name}{suffix}') for suffix in ('.md', '.png'))
    reference = of_reference(root, study, results, base, overrides)
    write_text(table, make_table(study, rows_by_variant, reference))
    draw(study, rows_by_variant, plot)
    return table, plot


def write_page(root, page, results_of):
    """Renew the tables and plots of a page that has a pair of markers for each study.

    ``<!-- table4 -->`` and ``<!-- end table4 -->`` enclose the table and, once there are two points
    to compare, the plot, ``images/ablations_NAME.png`` beside the page.

    Args:
        root (str): Folder of the project.
        page (str): Markdown file.
        results_of (callable): From a study's base to its stored :class:`Results`.

    Raises:
        InputError: The page lacks a study's markers.
    """
    page = Path(page)
    text = page.read_text('utf-8')
    for name, study in STUDIES.items():
        base = Path(root, study.base) if study.base else None
        results = results_of(study.base)
        rows_by_variant = collect(root, study, results, base)
        marked = re.compile(rf'(<!-- {name} -->\n).*?(<!-- end {name} -->)', re.S)
        if not marked.search(text):
            raise InputError(page, 'markers', 'none', f'<!-- {name} --> and <!-- end {name} -->')
        seconds = seconds_of(root, study) if study.latency else None
        section = make_table(study, rows_by_variant, of_reference(root, study, results, base),
                             seconds)
        if sum(bool(rows) for _, rows in rows_by_variant) > 1:
            image = f'images/ablations_{name}.png'
            if seconds:
                draw_plane(study, rows_by_variant, seconds, page.parent / image)
            else:
                draw(study, rows_by_variant, page.parent / image)
            section += f'\n![{study.title}]({image})\n'
        text = marked.sub(lambda match, section=section: match[1] + section + match[2], text)
    write_text(page, text)
