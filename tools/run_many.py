"""Runs shards or commands on many machines: python tools/run_many.py commands FILE."""
import csv
import importlib.util
import shlex
import sys
from pathlib import Path

from mmaction_d3d import cli
from mmaction_d3d.datasets.splits import write_annotations
from mmaction_d3d.drop_report import DropReport
from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction import find_media
from mmaction_d3d.extraction.output import merge, shard_file
from mmaction_d3d.files import numbered_lines
from mmaction_d3d.many_tasks import ENGINES, Settings, run_tasks
from mmaction_d3d.run_folder import RunFolder

EXTRACT = Path(__file__).with_name('extract_skeletons.py')
PREPARE = {name: EXTRACT.parent / 'data' / f'prepare_{name}.py' for name in ('ntu', 'finegym')}


def parse_args(argv=None):
    """Read the command line; what follows ``--`` is another tool's."""
    argv = list(sys.argv[1:] if argv is None else argv)
    mark = argv.index('--') if '--' in argv else len(argv)
    parser = cli.Parser(
        description='Runs tasks on many machines as an array of Slurm, watches them, and starts '
        'again those that are lost. The same command goes on after a stop.')
    commands = parser.add_subparsers(dest='command', required=True)
    extract = commands.add_parser('extract',
                                  help='skeletons of many videos, merged into one pickle',
                                  description='Shards of d3d extract, whose arguments follow "--".')
    prepare = commands.add_parser(
        'prepare', help='videos of a data set written anew, then its pickle',
        description='Shards of a prepare tool, whose arguments follow "--". Once all videos are '
        'written the tool runs as a whole and finds them.')
    prepare.add_argument('dataset', choices=PREPARE)
    for command in (extract, prepare):
        command.add_argument('--tasks', type=cli.number(least=1), required=True, metavar='N',
                             help='shards')
    queue = commands.add_parser('commands', help='the commands of a file, such as trainings',
                                description='Each line of a file as a task.')
    queue.add_argument(
        'file', metavar='FILE', help='a command a line, each of which goes on where '
        'it was stopped, such as trainings with --resume')
    for command in (extract, prepare, queue):
        command.add_argument(
            '--engine', choices=ENGINES, default='slurm',
            help='slurm, or local: this machine, without GPUs '
            '(default: %(default)s)')
        command.add_argument('--at-once', type=cli.number(least=1), default=100, metavar='K',
                             help='tasks at a time, at most (default: %(default)s)')
        command.add_argument('--minutes', type=cli.number(least=1), default=24 * 60, metavar='M',
                             help='time limit of a task (default: %(default)s)')
        command.add_argument('--retries', type=cli.number(least=0), default=3, metavar='R',
                             help='starts of a lost task after the first (default: %(default)s)')
        command.add_argument('--slurm', nargs='+', default=[], metavar='KEY=VALUE',
                             help='for sbatch, such as partition=gpu gpus_per_node=1')
    args = parser.parse_args(argv[:mark])
    args.rest = argv[mark + 1:]
    return args


def settings_of(args):
    """Return how the tasks run.

    Raises:
        InputError: An argument for ``sbatch`` has no value.
    """
    pairs = [text.partition('=') for text in args.slurm]
    for key, _, value in pairs:
        if not key or not value:
            raise InputError('command line', '--slurm', key or '=', 'KEY=VALUE')
    return Settings(args.engine, args.at_once, args.minutes, args.retries,
                    {key: value for key, _, value in pairs})


def tool_at(path):
    """Return a tool as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def prepare_many(args):
    """Write videos shard by shard, then run the tool as a whole; return the exit code."""
    path = PREPARE[args.dataset]
    tool = tool_at(path)
    asked = tool.parse_args(args.rest)
    if asked.shard is not None or not asked.videos:
        raise InputError('command line', '--shard, --videos',
                         'no --videos' if asked.shard is None else '--shard',
                         '--videos, which the tasks share, and no --shard')
    folder = RunFolder(f'{asked.out}.tasks', dict(tasks=args.tasks, arguments=args.rest),
                       resume=True)
    commands = [[sys.executable,
                 str(path), *args.rest, '--shard', f'{number}/{args.tasks}']
                for number in range(1, args.tasks + 1)]
    code = say_failed(run_tasks(commands, folder, settings_of(args)), folder)
    if not code:
        sys.argv = [str(path), *args.rest]
        tool.main()
        folder.remove()
    return code


def extract_many(args):
    """Extract shard by shard and merge; return the exit code."""
    tool = tool_at(EXTRACT)
    asked = tool.parse_args(args.rest)
    if asked.shard is not None or asked.resume:
        raise InputError('command line', '--shard, --resume', 'given', 'neither: they are set here')
    report = DropReport()
    count = min(args.tasks, len(find_media(asked.videos, report.add)))
    folder = RunFolder(f'{asked.out}.tasks', dict(tasks=count, arguments=args.rest), resume=True)
    parts = str(folder.folder / 'shards' / 'part.pkl')
    commands = [[
        sys.executable,
        str(EXTRACT), *args.rest, '--out', parts, '--shard', f'{number}/{count}', '--resume'
    ] for number in range(1, count + 1)]
    failed = run_tasks(commands, folder, settings_of(args))
    shards = [shard_file(parts, number, count) for number in range(1, count + 1)]
    for shard in shards:
        path = Path(f'{shard}.report.csv')
        if path.is_file():
            with path.open(newline='', encoding='utf-8') as file:
                for row in csv.DictReader(file):
                    report.add(row['reason'], row['name'])
    code = say_failed(failed, folder)
    if all(Path(shard).is_file() for shard in shards):
        content = merge(shards)
        write_annotations(asked.out, content)
        print(f'{asked.out}: {len(content["annotations"])} clips')
    report.say()
    if report.counts():
        report.write(f'{asked.out}.report.csv')
        print(f'every name: {asked.out}.report.csv')
    if not code:
        folder.remove()
        cli.next_step('data/check_dataset.py', asked.out, '--videos', 'DIR')
    return code


def run_queue(args):
    """Run the commands of a file; return the exit code."""
    commands = []
    for place, line in numbered_lines(args.file, 'a command a line'):
        try:
            commands.append(shlex.split(line, comments=True))
        except ValueError as error:
            raise InputError(args.file, place, str(error), 'a command') from error
    commands = list(filter(None, commands))
    if not commands:
        raise InputError(args.file, 'commands', 'nothing', 'a command a line')
    folder = RunFolder(f'{args.file}.tasks', dict(commands=commands), resume=True)
    code = say_failed(run_tasks(commands, folder, settings_of(args)), folder)
    print(f'logs: {folder.folder / "logs"}')
    return code


def say_failed(failed, folder):
    """List the tasks that failed; return the exit code."""
    for number, why in sorted(failed.items()):
        print(f'task {number + 1} failed: {why}')
    if failed:
        print(f'{len(failed)} tasks failed. The same command tries them again and keeps the '
              f'others, in {folder.folder}')
    return int(bool(failed))


def main():
    """Run the tasks that the command line says."""
    args = parse_args()
    code = dict(extract=extract_many, prepare=prepare_many, commands=run_queue)[args.command](args)
    if code:
        sys.exit(code)


if __name__ == '__main__':
    cli.run(main)
