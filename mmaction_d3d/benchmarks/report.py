"""Tables, CSV and pictures of what was measured, and the page that shows them."""
import csv
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import torch

from ..errors import InputError
from ..files import write_csv, write_text

Row = dict[str, Any]
#: Key of a row to the heading of its column.
Columns = Mapping[str, str]


def where(device: str) -> str:
    """Name machine, software, date and commit in one line."""
    if device == 'cuda':
        machine = torch.cuda.get_device_name()
    else:
        machine = f'{_processor()}, {torch.get_num_threads()} threads, float32'
    folder = Path(__file__).resolve().parents[2]
    commit = subprocess.run(
        ['git', '-C', str(folder), 'describe', '--always', '--dirty'], capture_output=True,
        text=True, check=False).stdout.strip()
    return (f'{machine}, PyTorch {torch.__version__}, {date.today()}, '
            f'commit {commit or "unknown"}')


def _processor() -> str:
    """Return the model of the CPU as the system names it."""
    info = Path('/proc/cpuinfo')
    names = re.findall(r'^model name\s*:\s*(.*)$', info.read_text(), re.M) if info.exists() else []
    return names[0] if names else platform.processor() or platform.machine()


def write_rows(path: str | Path, rows: Sequence[Row], machine: str) -> None:
    """Write rows, and the machine that they were measured on, as CSV; cells may be empty."""
    header = [*dict.fromkeys(key for row in rows for key in row), 'machine']
    write_csv(path, header,
              ([dict(row, machine=machine).get(key, '') for key in header] for row in rows))


def read_rows(path: str | Path) -> list[Row]:
    """Read what :func:`write_rows` wrote, numbers as numbers, without empty cells.

    Raises:
        InputError: There is no such file.
    """
    try:
        text = Path(path).read_text(encoding='utf-8')
    except OSError as error:
        raise InputError(path, 'results', error.strerror, 'stored results') from error
    return [{key: _value(cell) for key, cell in row.items() if cell}
            for row in csv.DictReader(text.splitlines())]


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def figure(value: object) -> str:
    """Write a value as a table shows it, a number by three digits or more."""
    if not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or abs(value) >= 100:
        return f'{value:,.0f}'
    return f'{value:.3g}'


def table(rows: Sequence[Row], columns: Columns) -> str:
    """Lay rows out in Markdown; where a least and a greatest are known, they stand in brackets.

    Args:
        rows: As measured; of columns that no row has, none is shown.
        columns: Their headings, in which ``{reference}`` is the first row's name.
    """
    shown = {key: text for key, text in columns.items() if any(key in row for row in rows)}
    lines = [
        '| ' +
        ' | '.join(text.format(reference=rows[0].get('name', ''))
                   for text in shown.values()) + ' |', '|' + '---|' * len(shown)
    ]
    for row in rows:
        cells = []
        for key in shown:
            cell = figure(row.get(key, ''))
            if f'{key}_low' in row:
                cell += f' ({figure(row[f"{key}_low"])} to {figure(row[f"{key}_high"])})'
            cells.append(cell)
        lines.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def draw_spans(rows: Sequence[Row], key: str, label: str, path: str | Path) -> None:
    """Draw a point a row on a logarithmic axis, with its least and greatest value.

    Args:
        rows: As measured, each with a ``name``.
        key: What the points show.
        label: Of the axis.
        path: PNG to write.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter
    picture = Figure(figsize=(6.4, 0.6 + 0.34 * len(rows)), layout='constrained')
    axes = picture.subplots()
    values = [row[key] for row in rows]
    spans = [[row[key] - row.get(f'{key}_low', row[key]) for row in rows],
             [row.get(f'{key}_high', row[key]) - row[key] for row in rows]]
    axes.errorbar(values, [row['name'] for row in rows], xerr=spans, fmt='o')
    axes.set_xscale('log')
    axes.grid(axis='x', alpha=0.3)
    # Within a decade matplotlib would label each of 2, 3, ... 9 times a power of ten.
    low, high = axes.get_xlim()
    labelled = (1, 2, 5) if high < 30 * low else (1, 3) if high < 1000 * low else (1, )
    axes.xaxis.set_major_locator(LogLocator(subs=labelled))
    axes.xaxis.set_major_formatter('{x:g}')
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)
    axes.invert_yaxis()
    picture.savefig(path, dpi=80, metadata=dict(Software=None))


def fill(page: str | Path, name: str, text: str) -> None:
    """Renew one block of a page, between its two comments.

    Raises:
        InputError: The page lacks the block.
    """
    path = Path(page)
    begin, end = f'<!-- {name}: begin -->\n', f'<!-- {name}: end -->'
    block = re.compile(f'(?<={re.escape(begin)}).*?(?={re.escape(end)})', re.S)
    content = path.read_text(encoding='utf-8') if path.is_file() else ''
    if not block.search(content):
        raise InputError(page, name, 'no page with such a block', begin.strip())
    write_text(path, block.sub(lambda _: f'\n{text}\n\n', content))
