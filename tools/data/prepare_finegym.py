"""FineGYM (Gym99) as a data set: python tools/data/prepare_finegym.py --annotations DIR ..."""
import argparse
import os

from mmaction_d3d import cli
from mmaction_d3d.datasets.converters import command_line
from mmaction_d3d.datasets.converters.common import DropReport
from mmaction_d3d.datasets.converters.finegym import VERSIONS, prepare_finegym
from mmaction_d3d.errors import InputError


def parse_args(argv=None):
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description="Gym99's clips, cut out of full videos by FineGYM's annotation files, and "
        'their annotation pickle with the official splits: without skeletons, ready for their '
        "extraction, or with those of another tool, such as PYSKL's gym_hrnet.pkl. An interrupted "
        'run goes on where it stopped.')
    parser.add_argument('--annotations', required=True, metavar='DIR',
                        help='folder with the official files, under their own names')
    parser.add_argument('--videos', required=True, metavar='DIR',
                        help='folder with the full videos, named by their YouTube ids, at any '
                        'depth')
    parser.add_argument('--out', required=True, metavar='X.pkl',
                        help='the pickle to write; clips go to the folder videos beside it')
    parser.add_argument('--events', metavar='DIR',
                        help="folder to write the clips' whole events to, too")
    parser.add_argument('--version', choices=VERSIONS, default=VERSIONS[0],
                        help='of the annotation files; the split val is the same '
                        '(default: %(default)s)')
    parser.add_argument('--short-side', type=int, default=256, metavar='PIXELS',
                        help='of the clips (default: %(default)s)')
    parser.add_argument('--workers', type=int, metavar='N',
                        help='processes (default: one for each CPU)')
    command_line.add_skeleton_arguments(parser, num_person=1)
    parser.add_argument('--debug', action='store_true',
                        help='show the traceback of a wrong input, too')
    return parser.parse_args(argv)


def main():
    """Cuts the clips, attaches skeletons, writes the pickle."""
    args, report = parse_args(), DropReport()
    if args.short_side < 16:
        raise InputError('command line', '--short-side', args.short_side, 'at least 16')
    clips = os.path.join(os.path.dirname(args.out), 'videos')
    content = prepare_finegym(args.annotations, args.videos, clips, args.events, args.version,
                              args.short_side, args.workers, report)
    content = command_line.attach_named_skeletons(content, args, report, spread=True)
    command_line.finish(content, args.out, report)
    if args.skeletons is None:
        print('no skeletons yet: extract them, or give --skeletons')


if __name__ == '__main__':
    cli.run(main)
