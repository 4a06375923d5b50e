"""Trains a model: python tools/train.py CONFIG [--data-root DIR]."""

from pathlib import Path

from mmaction_d3d import cli
from mmaction_d3d.engine import (
    add_shared_arguments,
    build_runner,
    check_start,
    check_training_data,
    leave_processes,
    load_config,
    memory_mistakes,
    roll_call,
    size_mistakes,
)
from mmaction_d3d.errors import InputError


def parse_args(argv=None):
    """Read the command line, which has the flags of MMAction2's ``train.py`` and more."""
    parser = cli.Parser(description='Trains a model.')
    add_shared_arguments(parser)
    parser.add_argument('--resume', nargs='?', const='auto', metavar='CHECKPOINT',
                        help='go on from this checkpoint, or from the last one in the work folder')
    parser.add_argument(
        '--amp', action='store_true',
        help='mixed precision where a GPU is (what the configs of this project do anyway)')
    parser.add_argument('--no-validate', action='store_true', help='train without validation')
    parser.add_argument('--auto-scale-lr', action='store_true',
                        help='scale the learning rate by the total batch size')
    parser.add_argument('--seed', type=cli.number(least=0, most=2**32 - 1), help='random seed')
    parser.add_argument('--diff-rank-seed', action='store_true',
                        help='give each process its own seed')
    parser.add_argument(
        '--deterministic', action='store_true',
        help='use deterministic algorithms only: one seed, one result, on a GPU more slowly')
    return parser.parse_args(argv)


def merge_args(cfg, args):
    """Apply the arguments of training to the config, in place."""
    if args.no_validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    if args.amp:
        kinds = ('OptimWrapper', 'AmpOptimWrapper', 'AutoAmpOptimWrapper')
        kind = cfg.optim_wrapper.get('type', kinds[0])
        if kind not in kinds:
            raise InputError(cfg.filename, 'optim_wrapper.type', kind,
                             f'one of {", ".join(kinds)}, for --amp')
        cfg.optim_wrapper.type = 'AutoAmpOptimWrapper'
    if args.resume is not None:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    if args.auto_scale_lr:
        if 'base_batch_size' not in (cfg.get('auto_scale_lr') or {}):
            raise InputError(cfg.filename, 'auto_scale_lr.base_batch_size', 'nothing',
                             'the total batch size that lr was chosen for')
        cfg.auto_scale_lr.enable = True
    given = dict(seed=args.seed, diff_rank_seed=args.diff_rank_seed or None,
                 deterministic=args.deterministic or None)
    given = {key: value for key, value in given.items() if value is not None}
    # What is not given stays as the config has it.
    cfg.randomness = {'seed': None, **(cfg.get('randomness') or {}), **given}


def main(argv=None):
    """Train as the command line says."""
    args = parse_args(argv)
    cfg = load_config(args)
    merge_args(cfg, args)
    runner = build_runner(cfg)
    check_start(cfg, runner.model)
    # Built now, not by train() one after the other, so that all bad input shows first.
    check_training_data(cfg, runner)
    runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    with memory_mistakes(runner), size_mistakes(runner), roll_call(runner):
        runner.train()
    best = runner.message_hub.get_info('best_ckpt')
    runner.logger.info(f'Logs and checkpoints: {runner.work_dir}')
    if best is not None:
        runner.logger.info(f'Best checkpoint on the validation split: {best}')
    leave_processes()
    if best is not None and runner.rank == 0:
        # The config as it was, with all that the command line changed, lies in the work folder.
        folder = Path(cfg.work_dir)
        named = folder / 'best.pth'
        cli.next_step('test.py', folder / Path(cfg.filename).name,
                      named if named.is_file() else best)


if __name__ == '__main__':
    cli.run(main)
