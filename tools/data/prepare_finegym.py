"""FineGYM (Gym99) as a data set: python tools/data/prepare_finegym.py --annotations DIR ..."""
import argparse
from pathlib import Path

from mmaction_d3d import __version__, cli
from mmaction_d3d.datasets.converters import command_line
from mmaction_d3d.datasets.converters.finegym import VERSIONS, prepare_finegym
from mmaction_d3d.drop_report import DropReport


class _Version(argparse.Action):
    """``--version V`` is FineGYM's, ``--version`` alone the program's, as of every tool."""

    def __call__(self, parser, namespace, values, option_string=None):
        if values is None:
            print(f'mmaction_d3d {__version__}')
            parser.exit()
        namespace.version = values


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        conflict_handler='resolve',
        description="Gym99's clips, cut out of full videos by FineGYM's annotation files, and "
        'their annotation pickle with the official splits: without skeletons, ready for their '
        "extraction, or with those of another tool, such as PYSKL's gym_hrnet.pkl. An interrupted "
        'run goes on where it stopped. Clips go to the folder videos beside the pickle.')
    parser.add_argument('--annotations', required=True, metavar='DIR',
                        help='folder with the official files, under their own names')
    parser.add_argument(
        '--videos', required=True, metavar='DIR',
        help='folder with the full videos, named by their YouTube ids, at any '
        'depth')
    parser.add_argument('--events', metavar='DIR',
                        help="folder to write the clips' whole events to, too")
    parser.add_argument(
        '--version', nargs='?', action=_Version, choices=VERSIONS, default=VERSIONS[0],
        help='of the annotation files; the split val is the same; alone, '
        "show this program's version and exit "
        '(default: %(default)s)')
    parser.add_argument('--short-side', type=cli.number(least=16), default=256, metavar='PIXELS',
                        help='of the clips (default: %(default)s)')
    command_line.add_converter_arguments(parser, num_person=1)
    command_line.add_shard_argument(parser)
    return parser.parse_args(argv)


def read(args, report):
    """Cut the clips that the command line names."""
    clips = str(Path(args.out).parent / 'videos')
    return prepare_finegym(args.annotations, args.videos, clips, args.events, args.version,
                           args.short_side, args.workers, report, args.shard)


def main():
    """Cut the clips, attach skeletons, write the pickle; of a shard, cut."""
    args = parse_args()
    if args.shard is None:
        command_line.convert(read, args, spread=True)
        return
    report = DropReport()
    read(args, report)
    report.say()  # the whole run that follows writes it down


if __name__ == '__main__':
    cli.run(main)
