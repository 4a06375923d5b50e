"""Checks this project on a GPU, without data: python tools/check_gpu.py [--out DIR]."""
import sys

import torch

from mmaction_d3d import cli
from mmaction_d3d.errors import InputError
from mmaction_d3d.gpu_check import SIZES, Context, run_checks, selected, table


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Is it right on this GPU, does every tool run there, and how fast is it? '
        'docs/gpu.md says how to read the answer.')
    parser.add_argument(
        '--out', default='work_dirs/gpu_check', metavar='DIR',
        help='folder for gpu_check.json, logs and checkpoints (default: '
        '%(default)s)')
    parser.add_argument('--device', choices=('cuda', 'cpu'), default='cuda',
                        help='where to compute (default: %(default)s)')
    parser.add_argument('--size', choices=SIZES,
                        help='of models and clips (default: full on cuda, tiny on cpu)')
    parser.add_argument('--only', nargs='+', metavar='CHECK',
                        help='checks to run, with those that they need (default: all)')
    return parser.parse_args(argv)


def main(argv=None):
    """Run the checks; exit code 1 where one failed."""
    args = parse_args(argv)
    checks = selected(args.only)
    if args.device == 'cuda' and not torch.cuda.is_available():
        why = ('a PyTorch without CUDA' if torch.version.cuda is None else
               f'no GPU that PyTorch {torch.__version__} (CUDA {torch.version.cuda}) can use')
        raise InputError('command line', '--device', why, 'a GPU with its driver, or --device cpu')
    context = Context(args.device, args.out, args.size
                      or ('full' if args.device == 'cuda' else 'tiny'))
    results = run_checks(context, checks)
    print(table(results))
    print(f'Report: {context.report}')
    if any(result.state == 'fail' for result in results):
        sys.exit(1)
    cli.next_step('quickstart.py')


if __name__ == '__main__':
    cli.run(main)
