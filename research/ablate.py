"""Runs a study of the paper's tables and figures: python tools/ablate.py table4 --seeds 0 1 2."""
from pathlib import Path

import torch
from mmengine.config import DictAction

from mmaction_d3d import cli
from mmaction_d3d.datasets.synthetic import generate
from mmaction_d3d.errors import InputError
from mmaction_d3d.files import held_alone
from mmaction_d3d.parallel import available_cpus

from .ablation import (
    STUDIES,
    Job,
    Results,
    Scheduler,
    read_config,
    run_settings,
    training_settings,
    write_page,
    write_report,
)

ROOT = Path(__file__).absolute().parents[1]
PAGE = ROOT / 'docs' / 'ablations.md'


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Trains and tests the configs of a study, each with every seed. Finished runs '
        'are kept: the same command goes on after a stop, and with more seeds adds to them.')
    parser.add_argument('studies', nargs='*', metavar='STUDY', help=f'any of {", ".join(STUDIES)}')
    parser.add_argument('--seeds', nargs='+', type=cli.number(least=0, most=2**32 - 1), default=[0],
                        help='(default: 0)')
    parser.add_argument(
        '--base', metavar='CONFIG', help='config that the studies change, such as '
        'configs/d3d_pennaction.py (default: a small one on the embedded data, which is made if '
        'need be)')
    parser.add_argument('--data-root', metavar='DIR', help="folder of the base's data set")
    parser.add_argument('--jobs', type=cli.number(least=1),
                        help='runs at a time (default: one a GPU, or 2)')
    parser.add_argument('--work-dir', default='work_dirs/ablations',
                        help='folder for runs, tables and plots (default: %(default)s)')
    parser.add_argument('--results', metavar='CSV',
                        help='file of results (default: docs/results/ablations_NAME_OF_BASE.csv)')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='config values to replace in all runs')
    parser.add_argument(
        '--redraw', action='store_true', help='run nothing: write the tables and figures of '
        'docs/ablations.md anew from stored results')
    args = parser.parse_args(argv)
    for name in args.studies:
        if name not in STUDIES:
            raise InputError('command line', 'STUDY', name, f'one of {", ".join(STUDIES)}')
        base = STUDIES[name].base
        if base and (not args.base or Path(args.base).absolute() != ROOT / base):
            raise InputError('command line', '--base', args.base, f'{base}, what {name} is about')
    if not args.studies and not args.redraw:
        raise InputError('command line', 'STUDY', 'nothing', f'one of {", ".join(STUDIES)}')
    if args.redraw and (args.base or args.cfg_options):
        raise InputError('command line', '--redraw', 'with --base or --cfg-options',
                         'neither: the page is on the embedded data as they are')
    return args


def prepare_data(cfg, data_root):
    """Make the embedded data where the base is on them; return the folder, if one is named."""
    recipe = cfg.get('synthetic')
    if recipe is None:
        return data_root and str(Path(data_root).absolute())
    data_root = str(Path(data_root or recipe.out_dir).absolute())
    generate(data_root, **{key: value for key, value in recipe.items() if key != 'out_dir'})
    return data_root


def make_jobs(args, results, data_root, threads):
    """Return the runs that results lack: one a training and seed, for however many rows."""
    jobs = {}
    configs = {}
    for name in args.studies:
        for variant in STUDIES[name].variants:
            for part in {variant.tested_from or variant.config, variant.config} - set(configs):
                configs[part] = read_config(ROOT, part, args.base, args.cfg_options)
            trained = variant.tested_from or variant.config
            training = training_settings(configs[trained])
            settings = run_settings(configs[trained], configs[variant.config])
            for seed in args.seeds:
                if results.get(settings, seed) is not None:
                    continue
                job = jobs.setdefault(
                    (training, seed),
                    Job(str(ROOT), args.base, args.cfg_options or {}, data_root, trained, training,
                        seed, {},
                        str(Path(args.work_dir,
                                 f'{Path(trained).stem}_seed{seed}').absolute()), threads))
                job.tests.setdefault(variant.config, settings)
    return sorted(jobs.values(), key=lambda job: job.seed)


def run_studies(args):
    """Run what is missing and write each study's table and plot; return the jobs that failed."""
    base = read_config(ROOT, 'ours', args.base, args.cfg_options)
    parallel = args.jobs or torch.cuda.device_count() or 2
    threads = max(1, available_cpus() // parallel)
    results = Results(results_path(args, args.base))
    Path(args.work_dir).mkdir(parents=True, exist_ok=True)
    with held_alone(
            Path(args.work_dir, '.lock'),
            InputError(args.work_dir, '--work-dir', 'a folder in use by another process',
                       'its own folder')):

        def store(rows):
            for row in rows:
                results.add(row)

        data_root = prepare_data(base, args.data_root)
        jobs = []
        for job in make_jobs(args, results, data_root, threads):
            rows = job.result()
            if rows is None:
                jobs.append(job)
            else:  # finished, but stopped before it was stored
                store(rows)
        print(f'{len(jobs)} runs to do, {parallel} at a time', flush=True)
        failed = Scheduler(jobs, parallel, store).run()
    for name in args.studies:
        table, plot = write_report(ROOT, name, results, args.work_dir, args.base, args.cfg_options)
        print(f'\n{table.read_text("utf-8")}\nTable: {table}, plot: {plot}')
    print(f'Results: {results.path}')
    return failed


def results_path(args, base):
    """Return the CSV file of a base."""
    name = Path(base).stem if base else 'synthetic'
    return args.results or ROOT / 'docs' / 'results' / f'ablations_{name}.csv'


def main(argv=None):
    """Run the studies, or redraw the page."""
    args = parse_args(argv)
    failed = run_studies(args) if args.studies else []
    if args.redraw:
        write_page(ROOT, PAGE, lambda base: Results(results_path(args, base)))
        print(f'Written: {PAGE}')
    if failed:
        names = ', '.join(sorted(map(str, failed)))
        raise InputError(args.work_dir, 'runs', f'{len(failed)} that failed ({names})',
                         'runs that finish: see their run.log')
