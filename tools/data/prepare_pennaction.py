"""Penn Action as a data set: python tools/data/prepare_pennaction.py ROOT --out X.pkl."""
from pathlib import Path

from mmaction_d3d import cli
from mmaction_d3d.datasets.converters import add_converter_arguments, convert
from mmaction_d3d.datasets.converters.pennaction import read_pennaction


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description="Penn Action's frame folders and label files as an annotation pickle: the "
        "labels' 13 joints, or joints that another tool, such as HRNet, found in the frames.")
    parser.add_argument('root', metavar='ROOT', help='folder with frames/0001/000001.jpg ... and '
                        'labels/0001.mat ...')
    add_converter_arguments(parser, num_person=1)
    return parser.parse_args(argv)


def read(args, report):
    """Read the labels that the command line names."""
    return read_pennaction(args.root, args.workers, report)


def main():
    """Read the labels, attach other skeletons where they are named, write the pickle."""
    args = parse_args()
    convert(read, args, media=Path(args.root, 'frames'))


if __name__ == '__main__':
    cli.run(main)
