"""Tables and figures of the stride attention benchmark, from its stored rows."""
import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from .growth import growth
from .stride import BASE

COLUMNS = ('attention', 'axis', 'T', 'R', 'cells', 'window', 'tokens', 'method', 'windows',
           'product_macs', 'layer_macs', 'repeat', 'product_seconds', 'layer_seconds')
METHODS = ('full', 'stride')
# Whose growth each sweep shows: R and the frame's size both act through the tokens a frame, D_n.
NAMES = dict(T='T', R='R', cells='cells', window='wnd')
TITLES = dict(joint='Joint attention (table A1)', temporal='Temporal attention (table A2)')

#: A case, a method and a repeat: what was counted and timed.
Row = dict[str, Any]


class Point(NamedTuple):
    """One case and method, over its repeats.

    Attributes:
        row: The case and what was counted.
        seconds: ``'product'`` and ``'layer'``, by repeat.
    """
    row: Row
    seconds: dict[str, list[float]]

    def macs(self, part: str) -> int:
        """Multiply-adds of the ``'product'`` or of the ``'layer'``."""
        return self.row[f'{part}_macs']


#: By attention and axis, then by method.
Sweeps = dict[tuple[str, str], dict[str, list[Point]]]


def read_rows(path: str) -> list[Row]:
    """Rows of the CSV with numbers as numbers."""
    with Path(path).open(newline='') as file:
        return [{
            key:
            text if key in ('attention', 'axis',
                            'method') else float(text) if key.endswith('seconds') else int(text)
            for key, text in row.items()
        } for row in csv.DictReader(file)]


def stated(row: Row) -> int:
    """Return what stands inside O(.) in tables A1 and A2."""
    full = row['method'] == 'full'
    if row['attention'] == 'joint':
        return row['T']**2 * (row['R'] if full else row['window'])**2
    return (row['T'] if full else row['window'])**2 * row['tokens']**2


def collect(rows: Iterable[Row]) -> Sweeps:
    """Points by attention and axis, then by method, in the order of the axis."""
    points: dict[tuple[str, str, float, str], Point] = {}
    for row in sorted(rows, key=lambda row: row['repeat']):
        key = row['attention'], row['axis'], row[row['axis']], row['method']
        point = points.setdefault(key, Point(row, defaultdict(list)))
        for part in ('product', 'layer'):
            point.seconds[part].append(row[f'{part}_seconds'])
    sweeps: Sweeps = {}
    for (attention, axis, _, method), point in sorted(points.items(), key=lambda p: p[0][2]):
        sweep = sweeps.setdefault((attention, axis), {name: [] for name in METHODS})
        sweep[method].append(point)
    return {(attention, axis): sweeps[attention, axis] for attention in BASE for axis in NAMES
            if (attention, axis) in sweeps}


def growth_table(sweeps: Sweeps) -> str:
    """Markdown: stated and measured exponents of each sweep."""
    lines = [
        '| attention | grows with | method | stated | product, multiply-adds '
        '| product, time | layer, multiply-adds | layer, time |',
        '|---|---|---|---|---|---|---|---|'
    ]
    for (attention, axis), sweep in sweeps.items():
        by_tokens = attention == 'temporal' and axis in ('R', 'cells')
        name = f'D_n (by {NAMES[axis]})' if by_tokens else NAMES[axis]
        for method in METHODS:
            points = sweep[method]
            if axis == 'window' and method == 'full':
                continue  # has no window
            x = [point.row['tokens' if by_tokens else axis] for point in points]
            cells = [str(round(growth(x, [stated(p.row) for p in points])))]
            for part in ('product', 'layer'):
                cells.append(f'{growth(x, [p.macs(part) for p in points]):.2f}')
                cells.append(f'{growth(x, [median(p.seconds[part]) for p in points]):.2f}')
            lines.append(f'| {attention} | {name} | {method} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def ratio_table(sweeps: Sweeps, attention: str) -> str:
    """Markdown: how many times full attention costs what stride attention does, by case."""
    lines = [
        '| case | windows n | stated | product, multiply-adds | product, time | '
        'layer, multiply-adds | layer, time |', '|---|---|---|---|---|---|---|'
    ]
    for (name, axis), sweep in sweeps.items():
        if name != attention:
            continue
        for full, stride in zip(sweep['full'], sweep['stride']):
            size = (f', D_n = {stride.row["tokens"]}'
                    if attention == 'temporal' and axis in ('R', 'cells') else '')
            cells = [
                f'{NAMES[axis]} = {stride.row[axis]}{size}',
                str(stride.row['windows']), f'{stated(full.row) / stated(stride.row):.2f}'
            ]
            for part in ('product', 'layer'):
                cells.append(f'{full.macs(part) / stride.macs(part):.2f}')
                ratios = [a / b for a, b in zip(full.seconds[part], stride.seconds[part])]
                cells.append(f'{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})')
            lines.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def tables(rows: list[Row]) -> str:
    """All tables of the page, in Markdown."""
    sweeps = collect(rows)
    parts = ['### Exponents', growth_table(sweeps)]
    for attention, title in TITLES.items():
        base = ', '.join(f'{NAMES[key]} = {value}' for key, value in BASE[attention].items()
                         if value)
        parts += [
            f'### {title}: full over stride', f'Where not varied: {base}.',
            ratio_table(sweeps, attention)
        ]
    return '\n\n'.join(parts) + '\n'


def draw(rows: list[Row], attention: str, path: str) -> None:
    """Draw multiply-adds and time of a table's sweeps, and its O(.) curves through the base case.

    Args:
        rows: Rows of the CSV.
        attention: ``'joint'`` or ``'temporal'``.
        path: PNG to write.
    """
    from matplotlib.figure import Figure
    sweeps = {axis: sweep for (name, axis), sweep in collect(rows).items() if name == attention}
    figure = Figure(figsize=(3.4 * len(sweeps), 6.2), layout='constrained')
    axes = figure.subplots(2, len(sweeps), sharex='col', sharey='row')
    for column, (axis, sweep) in zip(axes.T, sweeps.items()):
        for method, colour in zip(METHODS, ('tab:blue', 'tab:orange')):
            _draw_sweep(column, axis, sweep[method], method, colour, BASE[attention][axis])
        column[1].set_xlabel(NAMES[axis])
        column[1].set_xticks([point.row[axis] for point in sweep['full']])
        column[1].set_xticklabels([point.row[axis] for point in sweep['full']])
        column[1].minorticks_off()
    axes[0, 0].set_ylabel('multiply-adds')
    axes[1, 0].set_ylabel('seconds')
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc='outside lower center', ncols=4, fontsize='small')
    figure.suptitle(TITLES[attention])
    figure.savefig(path, dpi=80, metadata=dict(Software=None))


def _draw_sweep(column: np.ndarray, axis: str, points: list[Point], method: str, colour: str,
                base_value: int) -> None:
    """Points and curves of one method, multiply-adds above and time below."""
    x = [point.row[axis] for point in points]
    base = [point.row[axis] for point in points].index(base_value)
    curve = np.array([stated(point.row) for point in points], float)
    by_windows = curve * [point.row['windows'] for point in points]
    for row, plot in enumerate(column):
        plot.set_xscale('log')
        plot.set_yscale('log')
        for part, fill in (('product', colour), ('layer', 'white')):
            if row:
                values = [point.seconds[part] for point in points]
                middle = np.array([median(v) for v in values])
                spread = [middle - [min(v) for v in values], [max(v) for v in values] - middle]
            else:
                middle, spread = np.array([point.macs(part) for point in points], float), None
            label = f'{method}, ' + ('two products' if part == 'product' else 'whole layer')
            plot.errorbar(x, middle, spread, fmt='o', color=colour, markerfacecolor=fill,
                          markersize=5, label=label)
            if part == 'product':
                scale = middle[base]
                plot.plot(x, curve / curve[base] * scale, '--', color=colour,
                          label=f'{method}, stated O(.)')
                if method == 'stride':
                    plot.plot(x, by_windows / by_windows[base] * scale, ':', color='black',
                              label='stride, stated O(.) times n')
