"""Checks annotations and videos: python tools/data/check_dataset.py X.pkl --videos DIR."""
import sys
from pathlib import Path

from mmaction_d3d import cli
from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.datasets.annotations import read_annotations, source_of
from mmaction_d3d.datasets.checking import (
    MediaSource,
    check_contents,
    check_media,
    check_splits,
    format_findings,
    format_splits,
    mend,
    visible_shares,
    write_csv,
)
from mmaction_d3d.datasets.converters.next_step import CONFIGS, CUSTOM, next_command
from mmaction_d3d.datasets.joint_layout import find_layout
from mmaction_d3d.datasets.splits import write_annotations
from mmaction_d3d.errors import InputError
from mmaction_d3d.files import is_file, is_folder


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Lists all that is wrong with an annotation file, and with the videos or '
        'frames that it is about. Ends with exit code 1 where there are errors, 0 otherwise. '
        'Ctrl-C stops it; it then writes nothing.')
    parser.add_argument('ann_file', help='annotation pickle')
    media = parser.add_mutually_exclusive_group()
    media.add_argument('--videos', metavar='DIR', help='folder of the videos')
    media.add_argument('--frames', metavar='DIR', help="folder of the clips' folders of frames")
    parser.add_argument(
        '--filename-tmpl', metavar='TEMPLATE',
        help="name of a clip's video, such as '{frame_dir}_rgb.avi' (default: its "
        'filename, else frame_dir with any suffix)')
    parser.add_argument('--frame-tmpl', default='img_{:05}.jpg', metavar='TEMPLATE',
                        help='name of a frame (default: img_{:05}.jpg)')
    parser.add_argument('--start-index', type=cli.number(least=0), default=1, metavar='N',
                        help='number of the first frame in --frame-tmpl (default: %(default)s)')
    parser.add_argument(
        '--allow-outside', action='store_true',
        help='names may lead out of that folder, as with allow_outside=True in a config')
    parser.add_argument('--full', action='store_true',
                        help='decode all frames, not the first, middle and last')
    parser.add_argument(
        '--layout',
        help='joint layout (default: as the file says, else coco17 for 17 joints, else the only '
        'one of that number)')
    parser.add_argument('--num-classes', type=cli.number(least=1), metavar='N',
                        help="labels must be below it (default: the number of the file's classes)")
    parser.add_argument('--csv', metavar='FILE',
                        help='findings, one a row (default: work_dirs/check_dataset/NAME.csv)')
    parser.add_argument(
        '--fix', metavar='NEW.pkl',
        help='write what can be mended to a new file, and leave out clips that '
        'cannot')
    parser.add_argument('--workers', type=cli.number(least=1), metavar='N',
                        help='processes (default: one for each CPU)')
    args = parser.parse_args(argv)
    _check_args(args)
    return args


def _check_args(args):
    if args.full and not (args.videos or args.frames):
        raise InputError('command line', '--full', 'no folder to decode from',
                         '--videos or --frames')
    try:
        args.frame_tmpl.format(args.start_index)
    except (KeyError, IndexError, ValueError) as error:
        raise InputError('command line', '--frame-tmpl', repr(args.frame_tmpl),
                         "a name with the frame's number, such as 'img_{:05}.jpg'") from error
    for flag in ('fix', 'csv'):
        path = getattr(args, flag)
        if path is not None and is_folder(path):
            raise InputError(path, f'--{flag}', 'a folder', 'a file to write')
    if args.fix is not None and Path(args.fix).exists():
        raise InputError(args.fix, '--fix', 'a file that is there already',
                         'the name of a new file')
    files = [Path(file) for file in (args.csv, args.ann_file) if file is not None and is_file(file)]
    if len(files) == 2 and files[0].samefile(files[1]):
        raise InputError(args.csv, '--csv', 'the annotation file', 'another file')


def check(args):
    """Check, print and write; return whether there are errors."""
    content = safe_pickle.load(args.ann_file)
    annotations, splits = read_annotations(content, args.ann_file)
    classes = content.get('classes') if isinstance(content, dict) else None
    num_classes = args.num_classes or len(classes or ()) or None
    layout = find_layout(content, args.ann_file, args.layout)
    findings = check_contents(annotations, args.ann_file, layout, num_classes)
    of_splits, chosen = check_splits(annotations, splits, num_classes)
    shares = visible_shares(annotations, findings)
    findings += of_splits
    print('\n'.join(format_splits(annotations, chosen, shares)))
    said = args.layout or (isinstance(content, dict) and content.get('layout'))
    print(f'joint layout: {layout.name}{"" if said else ", which the file does not say"}')
    folder = args.videos or args.frames
    if folder:
        source = MediaSource(folder, bool(args.frames), args.filename_tmpl, args.frame_tmpl,
                             args.start_index, args.allow_outside)
        findings += check_media(annotations, findings, args.ann_file, source, args.full,
                                args.workers)
    else:
        print('no --videos and no --frames: the annotations alone are checked')
    print('\n'.join(format_findings(findings)))
    name = Path(args.ann_file).stem
    path = args.csv or f'work_dirs/check_dataset/{name}.csv'
    write_csv(path, findings)
    print(f'Findings: {path}')
    if args.fix is not None:
        new = mend(content, annotations, chosen, findings)
        write_annotations(args.fix, new)
        print(f'Mended: {args.fix}, {len(new["annotations"])} of {len(annotations)} clips')
    wrong = any(finding.severity == 'error' for finding in findings)
    command = following(args, content, wrong)
    if command is not None:
        cli.next_step(*command)
    return wrong


def following(args, content, wrong):
    """Return the command that comes next; None where it cannot have the paths."""
    folder = args.videos or args.frames
    where = [f'--{kind}={folder}' for kind in ('videos', 'frames') if getattr(args, kind)]
    if wrong and args.fix is None:
        mended = Path(args.ann_file).with_suffix('.mended.pkl')
        return ['data/check_dataset.py', args.ann_file, *where, '--fix', mended]
    if args.fix is not None:
        return ['data/check_dataset.py', args.fix, *where]
    if not folder:
        return ['data/check_dataset.py', args.ann_file, '--videos', 'DIR']
    content = content if isinstance(content, dict) else {}
    custom = CUSTOM if 'train' in (content.get('split') or ()) else None
    config = CONFIGS.get(source_of(content) or '', custom)
    if config is not None and (config.media == 'img') == bool(args.frames):
        return next_command(content, folder, args.ann_file)
    return ['train.py', 'my_config.py']


def main(argv=None):
    """Check as the command line says."""
    args = parse_args(argv)
    if check(args):
        sys.exit(1)


if __name__ == '__main__':
    cli.run(main)
