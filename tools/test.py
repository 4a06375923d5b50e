"""Tests a trained model: python tools/test.py CONFIG CHECKPOINT [--data-root DIR]."""

from mmaction_d3d import cli
from mmaction_d3d.engine import (
    add_shared_arguments,
    build_runner,
    check_checkpoint,
    check_test_data,
    leave_processes,
    load_config,
    memory_mistakes,
    roll_call,
    size_mistakes,
)
from mmaction_d3d.engine.dump_clips_hook import DumpClipsHook
from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.run_records import clips_file
from mmaction_d3d.evaluation.score_metrics import check_dumps
from mmaction_d3d.unwrapping import unwrap_model


def parse_args(argv=None):
    """Read the command line, which has the flags of MMAction2's ``test.py`` and more."""
    parser = cli.Parser(description='Tests a model.')
    add_shared_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--dump', metavar='FILE.pkl', help='write all predictions to this file, '
        'and those with features that d3d explain run reads to FILE.npz')
    parser.add_argument(
        '--fuse', nargs='+', metavar='FILE.npz',
        help='files that --dump wrote for other checkpoints or streams; their '
        'scores are added to these by the names of the clips')
    parser.add_argument(
        '--fuse-weights', nargs='+', type=cli.number(float, least=0), metavar='WEIGHT',
        help='weight of this checkpoint, then of each file of --fuse (default: all alike)')
    parser.add_argument(
        '--calibrate', metavar='FILE.npz',
        help='file that --dump wrote for this checkpoint on clips of validation; a '
        'temperature is fitted on them')
    parser.add_argument('--show-dir', metavar='DIR',
                        help='write clips with label and prediction to this folder')
    parser.add_argument('--show', action='store_true',
                        help='show clips with label and prediction in a window')
    parser.add_argument('--interval', type=cli.number(least=1), default=1,
                        help='draw one of so many clips (default: 1)')
    parser.add_argument('--wait-time', type=cli.number(float, least=0), default=2,
                        help='seconds that a shown clip stays (default: 2)')
    return parser.parse_args(argv)


def merge_args(cfg, args):
    """Apply the arguments of testing to the config, in place."""
    cfg.load_from = args.checkpoint
    if args.show or args.show_dir is not None:
        if 'visualization' not in (cfg.get('default_hooks') or {}):
            raise InputError(cfg.filename, 'default_hooks.visualization', 'nothing',
                             "dict(type='RGBPoseVisualizationHook'), for --show and --show-dir")
        cfg.default_hooks.visualization.update(enable=True, show=args.show, out_dir=args.show_dir,
                                               interval=args.interval, wait_time=args.wait_time)
    elif (args.interval, args.wait_time) != (1, 2):
        raise InputError('command line', '--interval or --wait-time', 'no --show or --show-dir',
                         'clips to show')
    evaluators = cfg.get('test_evaluator') or []
    if not isinstance(evaluators, (list, tuple)):
        evaluators = [evaluators]
    if evaluators:
        cfg.test_evaluator = [*evaluators, dict(type='CalibrationMetric', val_dump=args.calibrate)]
    if args.fuse is not None:
        cfg.test_evaluator.append(
            dict(type='FusionMetric', dumps=args.fuse, weights=args.fuse_weights))
    elif args.fuse_weights is not None:
        raise InputError('command line', '--fuse-weights', 'no --fuse', 'files to weigh')
    if args.dump is not None:
        if not args.dump.endswith(('.pkl', '.pickle')):
            raise InputError('command line', '--dump', args.dump, 'a name that ends in .pkl')
        cfg.test_evaluator.append(dict(type='DumpResults', out_file_path=args.dump))


def main(argv=None):
    """Test as the command line says."""
    args = parse_args(argv)
    cfg = load_config(args)
    merge_args(cfg, args)
    runner = build_runner(cfg)
    dumped = None if args.dump is None else DumpClipsHook(clips_file(args.dump))
    if dumped is not None:
        runner.register_hook(dumped)
    check_checkpoint(args.checkpoint, runner.model)
    check_test_data(cfg, runner)
    if args.fuse or args.calibrate:
        loop = runner.test_loop
        check_dumps(loop.evaluator.metrics, loop.dataloader.dataset,
                    unwrap_model(runner.model).cls_head.num_classes)
    with memory_mistakes(runner), size_mistakes(runner), roll_call(runner):
        runner.test()
    results = f'{runner.log_dir}/{runner.timestamp}.json'
    runner.logger.info(f'Results: {results}')
    if dumped is not None:
        readable = f' and {dumped.out_file}' * dumped.written
        runner.logger.info(f'Predictions: {args.dump}{readable}')
    if args.show_dir is not None:
        runner.logger.info(f'Drawn clips: {args.show_dir}')
    leave_processes()
    if runner.rank == 0 and not args.cfg_options:
        root = [] if args.data_root is None else ['--data-root', args.data_root]
        if dumped is not None and dumped.written:
            cli.next_step('report.py', runner.work_dir, '--dump', dumped.out_file)
            return
        cli.next_step('visualize.py', 'attention', args.config, args.checkpoint, *root)


if __name__ == '__main__':
    cli.run(main)
