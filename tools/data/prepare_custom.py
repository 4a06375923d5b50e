"""Your own videos as a data set: python tools/data/prepare_custom.py ROOT --out X.pkl."""

from mmaction_d3d import cli
from mmaction_d3d.datasets.converters import command_line, custom
from mmaction_d3d.drop_report import DropReport


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Videos in a folder per class, or named in a CSV, as an annotation pickle: '
        'without skeletons, ready for their extraction, or with skeletons that another tool wrote.')
    parser.add_argument(
        'root', metavar='ROOT', help='folder of the videos: ROOT/CLASS/..., '
        'ROOT/SPLIT/CLASS/... (train, val, test), or as the CSV says')
    parser.add_argument('--csv', metavar='FILE', help='columns path,label,split; path below ROOT')
    parser.add_argument(
        '--val-ratio', type=cli.number(float, least=0, below=1), default=0.2, metavar='R',
        help='share of each class drawn for val, where folders do not say '
        '(default: %(default)s)')
    parser.add_argument('--seed', type=cli.number(least=0), default=0,
                        help='of that draw (default: %(default)s)')
    command_line.add_converter_arguments(parser, num_person=2)
    return parser.parse_args(argv)


def main():
    """List and decode the videos, attach skeletons, write the pickle."""
    args, report = parse_args(), DropReport()
    if args.csv:
        clips = custom.list_csv(args.csv, args.root, report)
    else:
        clips = custom.list_folders(args.root, report)
    clips = custom.check_names(clips, args.root, report)
    if any(clip.split is None for clip in clips):
        clips = custom.draw_splits(clips, args.val_ratio, args.seed)
    content, job = custom.make_annotations(clips, args.root, args.out, args.workers, report)
    content = command_line.attach_named_skeletons(content, args, report)
    command_line.finish(content, args.out, report)
    job.remove()
    command_line.say_next(content, args.root, args.out, args.num_person)


if __name__ == '__main__':
    cli.run(main)
