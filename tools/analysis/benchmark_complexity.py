"""Measures full and stride attention: python tools/analysis/benchmark_complexity.py [--redraw]."""
import re
from pathlib import Path

import torch

from mmaction_d3d import cli
from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.stride_benchmark import SWEEPS, measure, sweep_cases
from mmaction_d3d.evaluation.stride_report import COLUMNS, draw, read_rows, tables
from mmaction_d3d.files import write_csv, write_text
from mmaction_d3d.progress import track

DOCS = Path(__file__).resolve().parents[2] / 'docs'
BLOCK = re.compile(r'(?<=<!-- tables: begin -->\n).*?(?=<!-- tables: end -->)', re.S)


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Measures multiply-adds and time of full and stride attention on one CPU core, '
        'and renews the results, tables and figures of docs/complexity.md.')
    parser.add_argument('--redraw', action='store_true',
                        help='only renew tables and figures from the stored results')
    parser.add_argument('--repeats', type=cli.number(least=1), default=7,
                        help='rounds over all cases (default: 7)')
    parser.add_argument('--docs', type=Path, default=DOCS, metavar='DIR',
                        help='folder with complexity.md, results/ and images/ (default: docs)')
    return parser.parse_args(argv)


def write_results(path, repeats):
    """Measure, and write the CSV at the end."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = list(track(measure(repeats), 'measurements', repeats * 2 * len(sweep_cases())))
    write_csv(path, COLUMNS,
              ([f'{row[key]:.6f}' if isinstance(row[key], float) else row[key] for key in COLUMNS]
               for row in rows))


def main(argv=None):
    """Measures and draws."""
    args = parse_args(argv)
    results, page = args.docs / 'results' / 'complexity.csv', args.docs / 'complexity.md'
    if not page.is_file() or not BLOCK.search(page.read_text()):
        raise InputError(page, 'tables', 'no page with a block of tables', '<!-- tables: begin -->')
    if not args.redraw:
        write_results(results, args.repeats)
    elif not results.is_file():
        raise InputError(results, '--redraw', 'no such file', 'stored results')
    rows = read_rows(results)
    write_text(page, BLOCK.sub(lambda _: f'\n{tables(rows)}\n', page.read_text()))
    for attention in SWEEPS:
        draw(rows, attention, args.docs / 'images' / f'complexity_{attention}.png')
    print(f'{page} and its figures are drawn from {results}')


if __name__ == '__main__':
    cli.run(main)
