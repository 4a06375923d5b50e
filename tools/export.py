"""Writes a model as ONNX or torch.export: python tools/export.py CHECKPOINT --format onnx."""
import argparse
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from mmengine.registry import init_default_scope

from mmaction_d3d import cli
from mmaction_d3d.downloads import is_address
from mmaction_d3d.errors import InputError
from mmaction_d3d.export import (
    FORMATS,
    about_model,
    export_graph,
    largest_difference,
    write_model,
)
from mmaction_d3d.inference.loading import load_model
from mmaction_d3d.published import is_published

CLOSE = 1e-4  # of logits


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = cli.Parser(
        description='Writes a trained model as one file for any batch, people, frames and size, '
        'and compares it with PyTorch.')
    parser.add_argument('checkpoint', help='checkpoint, a file or URL')
    parser.add_argument(
        '--config', help="config file of the model (default: the checkpoint's own, of which no "
        'code is run)')
    parser.add_argument('--format', choices=FORMATS, default='onnx', help='(default: %(default)s)')
    parser.add_argument('--out', metavar='FILE',
                        help='file to write (default: CHECKPOINT with another suffix)')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Export, and compare what was written."""
    args = parse_args(argv)
    init_default_scope('mmaction')
    model = load_model(args.checkpoint, args.config, 'cpu')
    program, ranges = export_graph(model.network)
    about = about_model(model, ranges)
    file = Path(urlsplit(args.checkpoint).path).name if is_address(
        args.checkpoint) else args.checkpoint
    out = args.out or str(Path(file).with_suffix(FORMATS[args.format][0]))
    run = write_model(program, about, args.format, out)
    difference = largest_difference(model.network, run, ranges)
    print(f'{out}: logits differ from those of PyTorch by {difference:.1e} at most')
    if not difference <= CLOSE:
        raise InputError(out, 'logits', f'a difference of {difference:.1e}',
                         f'{CLOSE:.0e} at most: do not use this file')
    if args.format == 'onnx':
        print(f'next: python -m d3d_runtime {shlex.quote(out)} my.mp4 --skeletons my.npz')
    elif is_published(args.checkpoint):
        cli.next_step('infer.py', 'my.mp4', '--checkpoint', args.checkpoint)
    else:
        cli.next_step('publish.py', args.checkpoint, '--out', 'published')


if __name__ == '__main__':
    cli.run(main)
