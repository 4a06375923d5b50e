"""Compares D3D with other models on real clips: python tools/real_clips.py --data-root DIR."""
import argparse
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import DictAction

from mmaction_d3d import cli
from mmaction_d3d.errors import InputError
from mmaction_d3d.files import held_alone

from ..ablation import Scheduler
from .crop_size import store_forests
from .folds import prepare
from .page import write_page
from .queue import MODELS, FoldRun, missing_runs, settings_of
from .records import Records

ROOT = Path(__file__).absolute().parents[2]


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = cli.Parser(
        description='Trains and tests D3D and other models on three folds of UT-Interaction set 1. '
        'Finished runs are kept: the same command goes on after a stop.')
    parser.add_argument('--data-root', metavar='DIR', default='data/ut_interaction',
                        help='folder of set1_movenet.pkl and videos (default: %(default)s)')
    parser.add_argument('--models', nargs='+', choices=list(MODELS), default=list(MODELS),
                        help='(default: all)')
    parser.add_argument('--seeds', nargs='+', type=cli.number(least=0, most=2**32 - 1),
                        default=[0, 1], help='(default: 0 1)')
    parser.add_argument('--jobs', type=cli.number(least=1), default=1,
                        help='runs at a time, of one CPU thread each (default: %(default)s)')
    parser.add_argument('--work-dir', default='work_dirs/real_clips',
                        help='folder for clips and runs (default: %(default)s)')
    parser.add_argument('--results', metavar='CSV',
                        default=ROOT / 'docs' / 'results' / 'real_clips.csv',
                        help='file of results; that of the clips is beside it')
    parser.add_argument('--page', metavar='MD', default=ROOT / 'docs' / 'accuracy.md',
                        help='page whose tables are drawn (default: docs/accuracy.md)')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        default={}, help='config values to replace in all runs')
    parser.add_argument('--redraw', action='store_true',
                        help='run nothing: draw the page from stored results')
    return parser.parse_args(argv)


def run_queue(args: argparse.Namespace) -> list[FoldRun]:
    """Run what is missing; return the runs that failed."""
    work_dir = Path(args.work_dir).absolute()
    work_dir.mkdir(parents=True, exist_ok=True)
    refusal = InputError(work_dir, '--work-dir', 'a folder in use by another process',
                         'its own folder')
    with held_alone(work_dir / '.lock', refusal):
        data_root = work_dir / 'clips'
        prepare(args.data_root, data_root)
        settings = settings_of(ROOT, args.models, args.cfg_options)
        records = Records(args.results)
        store_forests(records, data_root / 'annotations.pkl', args.seeds)

        def store(rows: list[dict]) -> None:
            for row in rows:
                records.add(row)

        runs = []
        for model, fold, seed in missing_runs(records, settings, args.seeds):
            folder = work_dir / f'{model}_fold{fold}_seed{seed}_{settings[model]}'
            run = FoldRun(str(ROOT), model, fold, seed, settings[model], args.cfg_options,
                          str(data_root), str(folder), 1)
            rows = run.result()
            if rows is None:
                runs.append(run)
            else:  # finished, but stopped before it was stored
                store(rows)
        print(f'{len(runs)} runs to do, {args.jobs} at a time', flush=True)
        return Scheduler(runs, args.jobs, store).run()


def main(argv: Sequence[str] | None = None) -> None:
    """Run the queue, or draw the page."""
    args = parse_args(argv)
    failed = [] if args.redraw else run_queue(args)
    records = Records(args.results)
    settings = settings_of(ROOT, list(MODELS), args.cfg_options)
    write_page(args.page, records, settings, missing_runs(records, settings, args.seeds))
    print(f'Written: {args.page}')
    if failed:
        raise InputError(args.work_dir, 'runs', f'{len(failed)} that failed '
                         f'({", ".join(map(str, failed))})', 'runs that finish: see their run.log')
