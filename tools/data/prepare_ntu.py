"""NTU RGB+D as a data set: python tools/data/prepare_ntu.py --benchmark ntu60 ..."""
import sys
from pathlib import Path

from mmaction_d3d import cli
from mmaction_d3d.datasets.converters import command_line
from mmaction_d3d.datasets.converters.ntu import (
    prepare_ntu,
    reencode_videos,
    samples_of,
    with_videos,
)
from mmaction_d3d.datasets.converters.ntu_protocol import BENCHMARKS, parse_name
from mmaction_d3d.drop_report import DropReport
from mmaction_d3d.errors import InputError


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description="Kinect's .skeleton files of NTU RGB+D (60 or 120) as an annotation pickle "
        'with the official splits; the videos, too, in a smaller size. An interrupted run goes on '
        'where it stopped.')
    parser.add_argument('--benchmark', required=True, choices=BENCHMARKS)
    parser.add_argument('--skeletons', required=True, metavar='DIR',
                        help='folder with the .skeleton files, at any depth')
    parser.add_argument('--out', required=True, metavar='X.pkl', help='the pickle to write')
    parser.add_argument(
        '--videos', metavar='DIR',
        help='folder with the NAME_rgb.avi files, at any depth: they are written '
        'in a smaller size to the folder videos beside X.pkl')
    parser.add_argument('--short-side', type=cli.number(least=16), default=256, metavar='PIXELS',
                        help='of the smaller videos (default: %(default)s)')
    parser.add_argument('--num-person', type=cli.number(least=1), default=2, metavar='M',
                        help='people kept, those of the largest motion (default: %(default)s)')
    parser.add_argument('--workers', type=cli.number(least=1), metavar='N',
                        help='processes (default: one for each CPU)')
    command_line.add_shard_argument(parser)
    return parser.parse_args(argv)


def main():
    """Convert the skeletons, write the videos, then the pickle."""
    args, report = parse_args(), DropReport()
    folder = Path(args.out).parent / 'videos'
    if args.shard is not None:
        if not args.videos:
            raise InputError('command line', '--shard', 'no --videos', 'both: videos are shared')
        names = list(samples_of(args.benchmark, args.skeletons, report))
        reencode_videos(args.shard.of(names), args.videos, str(folder), args.short_side,
                        args.workers, report)
        report.say()  # the whole run that follows writes it down
        return
    annotations, work = prepare_ntu(args.benchmark, args.skeletons, args.out, args.num_person,
                                    args.workers, report)
    if args.videos:
        frames = reencode_videos([annotation['frame_dir'] for annotation in annotations],
                                 args.videos, str(folder), args.short_side, args.workers, report)
        annotations = with_videos(annotations, frames, args.videos, report)
    samples = [parse_name(annotation['frame_dir']) for annotation in annotations]
    split = BENCHMARKS[args.benchmark].splits(samples)
    content = dict(split=split, annotations=annotations, layout='ntu25',
                   source=f'NTU RGB+D {args.benchmark.removeprefix("ntu")}')
    command_line.finish(content, args.out, report)
    work.remove()
    if args.videos or folder.is_dir():
        command_line.say_next(content, str(folder), args.out, args.num_person)
    else:
        cli.next_step('data/prepare_ntu.py', *sys.argv[1:], '--videos', 'DIR')


if __name__ == '__main__':
    cli.run(main)
