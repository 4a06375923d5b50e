"""Measures models, training, data, extraction, inference: python tools/benchmark.py model CONFIG.

What is compared takes turns, so that what else the machine does falls on all alike.
"""
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from mmengine.registry import init_default_scope

from mmaction_d3d import cli
from mmaction_d3d.benchmarks import (
    annotations,
    extraction,
    finite_updates,
    growth,
    machines,
    models,
    ntu_reader,
    pipelines,
    recognition,
    sharing,
    stride,
    stride_report,
)
from mmaction_d3d.benchmarks.report import (
    Row,
    draw_spans,
    fill,
    read_rows,
    table,
    where,
    write_rows,
)
from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction.mmpose_backend import DEFAULT_CONFIG
from mmaction_d3d.files import write_csv, write_text
from mmaction_d3d.progress import track

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

DOCS = ROOT / 'docs'
LEVERS = sorted(f'research/levers/{path.name}'
                for path in (ROOT / 'research/levers').glob('xs_*.py'))
#: Name of a part of docs/benchmarks.md to the command whose table it shows.
PAGE = {
    'model': 'model configs/d3d_ntu60_xsub.py configs/d3d_s_ntu60_xsub.py '
             'configs/d3d_xs_ntu60_xsub.py --peers',
    'train': 'train configs/d3d_ntu60_xsub.py configs/d3d_s_ntu60_xsub.py '
             'configs/d3d_xs_ntu60_xsub.py --peers',
    'family': 'model research/family/rgbpose_conv3d.py research/family/rgbpose_conv3d_narrow.py '
              'research/family/d3d_s.py research/family/d3d_xs.py',
    'family_train': 'train research/family/rgbpose_conv3d.py '
                    'research/family/rgbpose_conv3d_narrow.py research/family/d3d_s.py '
                    'research/family/d3d_xs.py --batch-size 8',
    'levers': f'model research/family/d3d_xs.py {" ".join(LEVERS)}',
    'forms': 'model configs/d3d_ntu60_xsub.py configs/d3d_s_ntu60_xsub.py '
             'configs/d3d_xs_ntu60_xsub.py --forms',
    'checkpointing': 'train configs/d3d_ntu60_xsub.py configs/d3d_s_ntu60_xsub.py --forms',
    'literal': 'train configs/d3d_ntu60_xsub.py --of literal',
    'data': 'data configs/d3d_ntu60_xsub.py --peers',
    'sharing': 'infer configs/d3d_ntu60_xsub.py --of sharing --repeats 3',
    'growth': 'scaling configs/d3d_ntu60_xsub.py',
    'machines': 'scaling configs/d3d_ntu120_xset.py --of machines',
}  # yapf: disable
# What follows a measurement of a config.
NEXT = dict(scaling='benchmark.py model', model='benchmark.py train', train='benchmark.py data',
            data='train.py', infer='train.py')
NETWORKS = dict(w32=DEFAULT_CONFIG, narrow=str(ROOT / 'configs/pose/hrnet_w8_synthetic_128x128.py'))


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(description='Measures, in turns; prints tables, writes CSV and plots.')
    commands = parser.add_subparsers(dest='command', required=True)

    def add(name, says, configs, *flags):
        command = commands.add_parser(name, help=says, description=f'Measures {says}.')
        if configs is not None:
            command.add_argument('configs', nargs=configs, metavar='CONFIG', help='config files')
        command.add_argument('--repeats', type=cli.number(least=1), default=5, metavar='N',
                             help='rounds, each measures all (default: %(default)s)')
        if 'docs' not in flags:
            command.add_argument('--out', default='work_dirs/benchmark', metavar='DIR',
                                 help='folder for CSV, table and plot (default: %(default)s)')
        if 'device' in flags:
            command.add_argument('--device', choices=['cpu', 'cuda'],
                                 default='cuda' if torch.cuda.is_available() else 'cpu',
                                 help='(default: %(default)s)')
            command.add_argument('--batch-size', type=cli.number(least=1), default=1, metavar='N',
                                 help='clips at once (default: %(default)s)')
        if 'peers' in flags:
            command.add_argument('--peers', action='store_true',
                                 help="also MMAction2's models, of its own configs")
        if {'device', 'peers'} <= {*flags}:
            command.add_argument('--forms', action='store_true',
                                 help='each config as it is, and in forms that save time or memory')
        if 'docs' in flags:
            command.add_argument('--redraw', action='store_true',
                                 help='only draw again what is stored')
            command.add_argument('--docs', type=Path, default=DOCS, metavar='DIR',
                                 help='folder of the page, results/ and images/ (default: docs)')
        return command

    add('model', 'latency, memory and multiply-adds of models', '+', 'device', 'peers')
    train = add('train', 'training steps', '+', 'device', 'peers')
    train.add_argument(
        '--of', choices=['steps', 'literal', 'updates'], default='steps',
        help='whole steps; the blocks beside a literal reading of the paper; the '
        'check for finite numbers (default: %(default)s)')
    data = add('data', 'what feeds a training', '*', 'peers')
    _add_data_arguments(data)
    extract = add('extract', "skeleton extraction beside MMAction2's", None)
    extract.add_argument('--network', choices=NETWORKS, default='w32',
                         help='(default: %(default)s)')
    extract.add_argument('--frames', type=cli.number(least=1), default=32, metavar='N',
                         help='of the video (default: %(default)s)')
    extract.add_argument('--persons', type=cli.number(least=1), default=1, metavar='M',
                         help='boxes a frame (default: %(default)s)')
    infer = add('infer', 'recognition of a video', '?', 'device')
    _add_infer_arguments(infer)
    scaling = add('scaling', 'how multiply-adds of models grow, and trainings on many GPUs', '+')
    scaling.add_argument(
        '--of', choices=['growth', 'machines'], default='growth',
        help='multiply-adds; the loader, and by arithmetic NTU RGB+D 120 on several GPUs '
        '(default: %(default)s)')
    add('tables', 'full and stride attention, for docs/complexity.md', None, 'docs')
    page = add('page', 'all that docs/benchmarks.md shows', None, 'docs')
    page.add_argument('--only', nargs='+', choices=PAGE, metavar='PART',
                      help=f'some of {", ".join(PAGE)} (default: all)')
    return parser.parse_args(argv)


def _add_data_arguments(data):
    data.add_argument(
        '--of', choices=['pipelines', 'annotations', 'skeletons'], default='pipelines',
        help='pipelines of configs; an annotation file as large as that of NTU '
        'RGB+D 120; the reader of .skeleton files, CONFIG is their folder (default: %(default)s)')
    data.add_argument('--frames', type=cli.number(least=1), default=100, metavar='N',
                      help='of the videos (default: %(default)s)')
    data.add_argument('--clips', type=cli.number(least=16), default=114480, metavar='N',
                      help='of the annotation file (default: %(default)s)')
    data.add_argument('--joints', type=int, choices=(17, 25), default=25,
                      help='of a person there (default: %(default)s)')
    data.add_argument('--workers', type=cli.number(least=1), default=4, metavar='N',
                      help='that read it (default: %(default)s)')


def _add_infer_arguments(infer):
    infer.set_defaults(batch_size=8)
    infer.add_argument('--seconds', type=cli.number(least=4), default=10, metavar='S',
                       help='of the video (default: %(default)s)')
    infer.add_argument(
        '--of', choices=['video', 'sharing'], default='video',
        help='a video; windows that share features beside others that do not '
        '(default: %(default)s)')
    infer.add_argument(
        '--checkpoint', metavar='K', help='trained weights of --of sharing, on '
        '(default: random ones, on a drawn video)')
    infer.add_argument('--videos', nargs='+', default=[], metavar='VIDEO', help='these')
    infer.add_argument('--skeletons', metavar='X.pkl', help='of the videos')
    infer.add_argument('--window', type=cli.number(float, above=0), default=2., metavar='SECONDS',
                       help='(default: %(default)s)')


class Part(NamedTuple):
    """What a command measures.

    Attributes:
        columns: Headings of its columns.
        drawn: Column that points show, if any.
        measure: Makes what is stored.
        summarize: Makes the table's rows of that.
        draw: Draws it, where these are no such points.
    """
    columns: dict[str, str]
    drawn: str | None
    measure: Callable[[], list[Row]]
    summarize: Callable[[list[Row]], list[Row]] = list
    draw: Callable[[list[Row], Path], None] | None = None


def chosen(args):
    """Return what the command line asks for; nothing runs yet."""
    what = f'{args.command} {vars(args).get("of", "")}'.strip()
    if what in ('model', 'train steps'):
        training = args.command == 'train'

        def subjects():
            peers = map(models.peer, models.PEERS) if args.peers else []
            ours = ([form for config in args.configs for form in models.forms(config, training)]
                    if args.forms else map(models.subject, args.configs))
            return [*peers, *ours]

        return Part(
            models.FORM_COLUMNS if args.forms else models.COLUMNS, 'seconds', lambda: models.
            measure(subjects(), training, args.device, args.batch_size, args.repeats))
    if what == 'train literal':
        from research import literal
        return Part(
            literal.COLUMNS, 'ratio',
            lambda: literal.measure(args.configs[0], args.device, args.batch_size, args.repeats))
    if what == 'train updates':
        return Part(
            finite_updates.COLUMNS, 'seconds', lambda: finite_updates.measure(
                args.configs[0], args.device, args.batch_size, args.repeats))
    if what == 'data annotations':
        return Part(
            annotations.COLUMNS, None,
            lambda: annotations.measure(args.clips, args.joints, args.workers, args.repeats))
    if not vars(args).get('configs', True) and not vars(args).get('checkpoint'):
        raise InputError('command line', 'CONFIG', 'nothing', 'a config, or a folder')
    if what == 'data skeletons':
        return Part(ntu_reader.COLUMNS, None,
                    lambda: ntu_reader.measure(args.configs[0], args.repeats))
    if what == 'data pipelines':
        return Part(pipelines.COLUMNS, None,
                    lambda: pipelines.measure(args.configs, args.peers, args.frames, args.repeats))
    if what == 'extract':
        return Part(
            extraction.COLUMNS, 'seconds', lambda: extraction.measure(NETWORKS[
                args.network], args.frames, args.persons, args.repeats))
    if what == 'infer sharing':
        return Part(
            sharing.COLUMNS, None,
            lambda: sharing.measure(args.configs, args.device, args.batch_size, args.repeats, args.
                                    checkpoint, args.videos, args.skeletons, args.window))
    if what == 'infer video':
        return Part(
            recognition.COLUMNS, 'seconds',
            lambda: recognition.measure(args.configs, args.device, args.seconds, args.repeats))
    if what == 'scaling machines':
        return Part(machines.COLUMNS, None, lambda: machines.measure(args.configs[0], args.repeats))
    return Part(
        growth.COLUMNS, None,
        lambda: [row for config in args.configs for row in growth.measure(models.subject(config))],
        growth.exponents, growth.draw)


def run(args, csv, plot, page, redraw=False):
    """Measure unless it is only drawn again; write CSV and plot, return the table as on a page."""
    part = chosen(args)
    if not redraw:
        write_rows(csv, part.measure(), where(vars(args).get('device', 'cpu')))
    rows = read_rows(csv)
    text = f'{table(part.summarize(rows), part.columns)}\n\n{rows[0]["machine"]}'
    if part.draw:
        part.draw(rows, plot)
    elif part.drawn:
        label = part.columns[part.drawn].format(reference=rows[0]['name'])
        draw_spans(rows, part.drawn, label, plot)
    else:
        return text
    return f'{text}\n\n![The table as a picture]({plot.relative_to(page.parent).as_posix()})'


def write_page(args):
    """Measure or read every part of docs/benchmarks.md, and renew the page."""
    parts, page = args.only or list(PAGE), args.docs / 'benchmarks.md'
    if len(parts) > 1 and not args.redraw:
        for name in track(parts, 'parts'):  # what one frees amid the heap would count for the next
            subprocess.run([
                sys.executable, __file__, 'page', '--only', name, '--repeats',
                str(args.repeats), '--docs', args.docs
            ], check=True)
        return
    for name in parts:
        command, *others = PAGE[name].split()  # a part may have fewer rounds
        measured = parse_args([command, '--repeats', str(args.repeats), *others])
        text = run(measured, args.docs / 'results' / f'benchmark_{name}.csv',
                   args.docs / 'images' / f'benchmark_{name}.png', page, args.redraw)
        fill(page, name, text)


def write_tables(args):
    """Measure full and stride attention on one core, and renew docs/complexity.md."""
    results, page = args.docs / 'results' / 'complexity.csv', args.docs / 'complexity.md'
    if not args.redraw:
        torch.set_num_threads(1)
        torch.manual_seed(0)
        total = args.repeats * 2 * len(stride.sweep_cases())
        rows = list(track(stride.measure(args.repeats), 'measurements', total))
        columns = stride_report.COLUMNS
        write_csv(
            results, columns,
            ([f'{row[key]:.6f}' if isinstance(row[key], float) else row[key] for key in columns]
             for row in rows))
    elif not results.is_file():
        raise InputError(results, '--redraw', 'no such file', 'stored results')
    rows = stride_report.read_rows(results)
    fill(page, 'tables', stride_report.tables(rows).strip())
    for attention in stride.SWEEPS:
        stride_report.draw(rows, attention, args.docs / 'images' / f'complexity_{attention}.png')


def main(argv=None):
    """Measure what the command line says."""
    args = parse_args(argv)
    init_default_scope('mmaction')
    if args.command == 'page':
        write_page(args)
    elif args.command == 'tables':
        write_tables(args)
    else:
        name = '_'.join(filter(None, [args.command, vars(args).get('of')]))
        out = Path(args.out)
        out.mkdir(parents=True, exist_ok=True)
        page = out / f'{name}.md'
        text = run(args, out / f'{name}.csv', out / f'{name}.png', page)
        write_text(page, f'{text}\n')
        print(text)
        configs = vars(args).get('configs')
        if configs and args.command in NEXT and configs[0].endswith('.py'):
            cli.next_step(*NEXT[args.command].split(), configs[0])


if __name__ == '__main__':
    cli.run(main)
