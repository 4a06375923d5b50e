"""Penn Action as a data set: python tools/data/prepare_pennaction.py ROOT --out X.pkl."""

from mmaction_d3d import cli
from mmaction_d3d.datasets.converters import command_line
from mmaction_d3d.datasets.converters.common import DropReport
from mmaction_d3d.datasets.converters.pennaction import read_pennaction


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description="Penn Action's frame folders and label files as an annotation pickle: the "
        "labels' 13 joints, or joints that another tool, such as HRNet, found in the frames.")
    parser.add_argument('root', metavar='ROOT', help='folder with frames/0001/000001.jpg ... and '
                        'labels/0001.mat ...')
    parser.add_argument('--out', required=True, metavar='X.pkl', help='the pickle to write')
    parser.add_argument('--workers', type=cli.number(least=1), metavar='N',
                        help='processes (default: one for each CPU)')
    command_line.add_skeleton_arguments(parser, num_person=1)
    return parser.parse_args(argv)


def main():
    """Read the labels, attach other skeletons where they are named, write the pickle."""
    args, report = parse_args(), DropReport()
    content = read_pennaction(args.root, args.workers, report)
    content = command_line.attach_named_skeletons(content, args, report)
    command_line.finish(content, args.out, report)


if __name__ == '__main__':
    cli.run(main)
