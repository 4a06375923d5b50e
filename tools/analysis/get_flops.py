"""Prints parameters and multiply-adds by part: python tools/analysis/get_flops.py CONFIG."""
import re
import resource
from pathlib import Path

import torch
from mmaction.registry import MODELS
from mmengine.registry import init_default_scope
from mmengine.utils import get_installed_path

from mmaction_d3d import cli
from mmaction_d3d.engine import add_shared_arguments, load_config
from mmaction_d3d.engine.build import config_mistakes
from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.clip_shapes import clip_shapes
from mmaction_d3d.evaluation.complexity import count_config, run_model


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Counts what one clip costs. CONFIG is a file, or mmaction::PATH for one that '
        'MMAction2 brings, such as mmaction::skeleton/posec3d/rgbpose_conv3d/rgbpose_conv3d.py.')
    add_shared_arguments(parser)
    parser.add_argument('--split', choices=['train', 'val', 'test'], default='train',
                        help="whose pipeline gives the clip's shape (default: train)")
    parser.add_argument(
        '--shape', nargs='+', metavar='KEY=SIZE',
        help="shapes of one clip in place of the pipeline's, such as "
        'imgs=3x12x224x224 keypoint=12x34x3')
    parser.add_argument(
        '--train-step', action='store_true',
        help='also run forward and backward of one clip on the CPU and print the '
        "process' peak memory")
    return parser.parse_args(argv)


def read_shapes(texts):
    """``KEY=AxBxC`` arguments to a dict of tuples."""
    shapes = {}
    for text in texts:
        key, _, sizes = text.partition('=')
        if not key or not re.fullmatch(r'[1-9]\d*(x[1-9]\d*)*', sizes):
            raise InputError('command line', '--shape', text,
                             'KEY=AxBxC, such as imgs=3x12x224x224')
        shapes[key] = tuple(map(int, sizes.split('x')))
    return shapes


def train_step_memory(cfg, shapes):
    """Peak memory of this process, GiB, after forward and backward of one clip of noise."""
    inputs = {key: torch.rand(1, 1, *shape) for key, shape in shapes.items()}
    if 'keypoint' in inputs:
        inputs['keypoint'][..., :2] *= min(shapes['imgs'][-2:])
    scores = run_model(MODELS.build(cfg.model), inputs)
    scores = scores.values() if isinstance(scores, dict) else [scores]
    sum(score.sum() for score in scores).backward()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main(argv=None):
    """Print the table."""
    args = parse_args(argv)
    asked = args.config
    if args.config.startswith('mmaction::'):
        configs = Path(get_installed_path('mmaction'), '.mim', 'configs')
        args.config = str(configs / args.config.partition('::')[2])
    cfg = load_config(args)
    init_default_scope(cfg.get('default_scope', 'mmaction'))
    shapes = read_shapes(args.shape) if args.shape else clip_shapes(cfg, args.split)
    with config_mistakes(cfg):
        parts = count_config(cfg.model, shapes)
    print('one clip: ' + ', '.join(f'{key} {" x ".join(map(str, shape))}'
                                   for key, shape in shapes.items()))
    print(f'{"part":<28}{"parameters":>12}{"GMACs":>10}')
    for name, part in parts.items():
        print(f'{name:<28}{part.parameters:>12,}{part.macs / 1e9:>10.3f}')
    if args.train_step:
        print('peak memory of the process, forward and backward: '
              f'{train_step_memory(cfg, shapes):.2f} GiB')
    if not asked.startswith('mmaction::'):
        cli.next_step('benchmark.py', 'model', asked)


if __name__ == '__main__':
    cli.run(main)
