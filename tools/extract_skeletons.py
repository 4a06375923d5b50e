"""Finds the skeletons of any videos: python tools/extract_skeletons.py VIDEOS --out X.pkl."""
import sys

from mmaction_d3d import cli
from mmaction_d3d.datasets.converters.next_step import next_command
from mmaction_d3d.datasets.splits import write_annotations
from mmaction_d3d.drop_report import DropReport
from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction import (
    BACKENDS,
    DetectedPeople,
    GivenBoxes,
    SkeletonExtractor,
    WholeFrame,
    find_media,
)
from mmaction_d3d.extraction.job import Results, extract_all
from mmaction_d3d.extraction.output import join_labels, merge, shard_file


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Writes the skeletons of videos as a pickle that the data sets read: every '
        'frame, people who are not there with score 0. With "merge" as the first of VIDEOS, the '
        'others are pickles that --shard wrote, joined into one.')
    parser.add_argument(
        'videos', nargs='+', metavar='VIDEOS',
        help='videos, folders of frames, folders or glob patterns of these, or '
        '.txt files with one of these a line')
    parser.add_argument('--out', required=True, metavar='X.pkl', help='the pickle to write')
    parser.add_argument(
        '--labels', metavar='FILE', help='CSV with the columns path,label and '
        'perhaps split, or a pickle of a prepare_*.py tool')
    parser.add_argument('--backend', choices=BACKENDS, default='mmpose',
                        help='(default: %(default)s)')
    parser.add_argument(
        '--pose-config', metavar='C',
        help="mmpose config: a file, or mmpose::NAME of mmpose's own (default: HRNet-W32, COCO, "
        '256x192); with --backend onnx the name of its joints, such as coco17')
    parser.add_argument(
        '--pose-checkpoint', metavar='P', help='its weights, file or URL (default: '
        "those that mmpose publishes for its own config); with --backend onnx the file .onnx")
    people = parser.add_mutually_exclusive_group()
    people.add_argument('--det-config', metavar='C', help='people by this config of mmdet, a file '
                        'or mmdet::NAME')
    people.add_argument(
        '--boxes', metavar='F', help='people by the boxes in this pickle (bbox, '
        'M x T x 4) or JSON ({CLIP: [[[x1, y1, x2, y2], ...] for each frame]})')
    people.add_argument('--whole-frame', action='store_true',
                        help='one person, somewhere in the frame')
    parser.add_argument('--det-checkpoint', metavar='P', help='weights for --det-config')
    parser.add_argument('--max-persons', type=cli.number(least=1), default=2, metavar='M',
                        help='people kept (default: %(default)s)')
    parser.add_argument('--batch-size', type=cli.number(least=1), default=16, metavar='N',
                        help='crops that the network gets together (default: %(default)s)')
    parser.add_argument('--device', metavar='D', help='such as cuda:0 (default: the first GPU, '
                        'else the CPU)')
    parser.add_argument(
        '--shard', type=cli.Shard.parse, metavar='I/N',
        help='only every Nth video, the Ith, 1 to N: '
        'writes X.IofN.pkl, for "merge"')
    parser.add_argument('--resume', action='store_true', help='go on with what a stopped run left')
    return parser.parse_args(argv)


def find_people(args):
    """Return what finds people, as the command line says; None leaves it to the extractor."""
    if args.det_config is not None:
        return DetectedPeople(args.det_config, args.det_checkpoint, args.device)
    if args.det_checkpoint is not None:
        raise InputError('command line', '--det-checkpoint', 'no --det-config', 'both')
    if args.boxes is not None:
        return GivenBoxes(args.boxes)
    return WholeFrame() if args.whole_frame else None


def main():
    """Extract, or merge, as the command line says."""
    args = parse_args()
    if args.videos[0] == 'merge':
        content = merge(args.videos[1:])
        write_annotations(args.out, content)
        print(f'{args.out}: {len(content["annotations"])} clips')
        cli.next_step('data/check_dataset.py', args.out, '--videos', 'DIR')
        return
    report = DropReport()
    media = find_media(args.videos, report.add)
    out = args.out
    settings = {
        key: getattr(args, key)
        for key in ('backend', 'pose_config', 'pose_checkpoint', 'det_config', 'det_checkpoint',
                    'boxes', 'whole_frame', 'max_persons')
    }
    if args.shard is not None:
        out = shard_file(out, *args.shard)
        number, total = args.shard
        if number > len(media):
            raise InputError('command line', '--shard', f'{number}/{total}',
                             f'no more shards than videos, which are {len(media)}')
        media = args.shard.of(media)
        settings['shard'] = list(args.shard)
    results = Results(out, settings, args.resume)
    extractor = SkeletonExtractor(args.backend, args.pose_config, args.pose_checkpoint,
                                  find_people(args), args.max_persons, args.batch_size, args.device)
    if extractor.backend.top_down and isinstance(extractor.people, WholeFrame):
        print('no detector and no boxes: one person a frame is found, whoever it is')
    if extractor.backend.missing:
        print(f'joints of {extractor.layout} that this network does not find: '
              f'{" ".join(extractor.backend.missing)}')
    failed = extract_all(extractor, media, results)
    code = finish(args, out, media, results, failed, settings, extractor.layout, report)
    if code:
        sys.exit(code)


def finish(args, out, media, results, failed, settings, layout, report):
    """Merge the results, write the pickle and the report; return the exit code."""
    annotations = []
    for clip in media:
        annotation = results.read(clip)
        if annotation is not None:
            for note in annotation.pop('notes'):
                report.add(note, clip.name)
            annotations.append(annotation)
    for clip, error in failed:
        report.add('video that cannot be used: left out', f'{clip.name}: {error}')
    if annotations:
        content = dict(join_labels(annotations, args.labels, report), layout=layout,
                       extraction=settings)
        write_annotations(out, content)
        print(f'{out}: {len(content["annotations"])} clips')
    report.say()
    if report.counts():
        report.write(f'{out}.report.csv')
        print(f'every name: {out}.report.csv')
    if failed:
        print(f'{len(failed)} of {len(media)} videos failed:')
        for clip, error in failed:
            print(f'  {clip.name}: {cli.one_line(error)}')
        print('--resume tries them again and keeps the others')
        return 1
    results.remove()
    command = following(args, out, content)
    if command is not None:
        cli.next_step(*command)
    return 0


def following(args, out, content):
    """Return the command that comes next; None where it cannot have the paths."""
    if args.shard is not None:
        total = args.shard[1]
        parts = [shard_file(args.out, number, total) for number in range(1, total + 1)]
        return ['extract_skeletons.py', 'merge', *parts, '--out', args.out]
    if args.labels is not None and len(args.videos) == 1:
        return next_command(content, args.videos[0], out, args.max_persons)
    return ['infer.py', *args.videos, '--skeletons', out]


if __name__ == '__main__':
    cli.run(main)
