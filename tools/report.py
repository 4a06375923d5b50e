"""Writes a run as one HTML file: python tools/report.py WORK_DIR [--out FILE.html]."""
import argparse
from pathlib import Path

from mmaction_d3d import cli
from mmaction_d3d.files import write_text
from mmaction_d3d.visualization.run_page import run_page


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = cli.Parser(description='Writes accuracy, mistakes, curves, environment and config of '
                        'a run as one HTML file.')
    parser.add_argument('folder', metavar='WORK_DIR', help='work directory of train.py and test.py')
    parser.add_argument('--out', metavar='FILE.html', help='page (default: WORK_DIR/report.html)')
    parser.add_argument(
        '--dump', metavar='FILE.npz', help='what test.py --dump wrote beside its '
        'pickle (default: the newest in WORK_DIR)')
    parser.add_argument('--mistakes', type=cli.number(least=1), default=12,
                        help='mistakes to show (default: 12)')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Write the page."""
    args = parse_args(argv)
    out = args.out or Path(args.folder, 'report.html')
    write_text(out, run_page(args.folder, args.dump, args.mistakes))
    print(f'Report: {out}')
    best = Path(args.folder, 'best.pth')
    cli.next_step('infer.py', 'my.mp4', *(['--checkpoint', best] if best.is_file() else []))


if __name__ == '__main__':
    cli.run(main)
