"""Prints what a model uses: python tools/analysis/modality_check.py CONFIG CHECKPOINT."""
import argparse

from mmaction_d3d import cli
from mmaction_d3d.engine import add_shared_arguments, load_config, load_trained
from mmaction_d3d.evaluation.modality_check import modality_check, write_csv


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = cli.Parser(description='Tests a model on clips of which a part is taken away.')
    add_shared_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--seed', type=cli.number(least=0), default=0,
        help="of the shuffling and of whose skeletons and frames a clip gets "
        '(default: 0)')
    parser.add_argument('--out', metavar='FILE.csv',
                        help='table (default: WORK_DIR/modality_check.csv)')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Print and write the table."""
    args = parse_args(argv)
    cfg = load_config(args)
    runner, dataset = load_trained(cfg, args.checkpoint)
    loader = cfg.test_dataloader
    scores = modality_check(runner.model, dataset, loader.get('batch_size', 1),
                            loader.get('num_workers', 0), seed=args.seed)
    runner.logger.info(f'top-1 on {scores[0].total} clips (95 % interval)')
    for score in scores:
        runner.logger.info(f'{score.line()}   {score.meaning}')
    out = args.out or f'{cfg.work_dir}/modality_check.csv'
    write_csv(out, scores)
    runner.logger.info(f'Table: {out}')
    cli.next_step('report.py', cfg.work_dir)


if __name__ == '__main__':
    cli.run(main)
