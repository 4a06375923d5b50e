"""Makes the embedded data set: python tools/data/make_synthetic.py --out DIR."""

from mmaction_d3d import cli
from mmaction_d3d.datasets.synthetic import generate


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Makes videos and keypoints of people who move a thing: 4 motions x 2 objects. '
        'An interrupted run goes on where it stopped; the same arguments give the same data.')
    parser.add_argument('--out', default='data/synthetic', metavar='DIR',
                        help='folder to write to (default: %(default)s)')
    parser.add_argument('--seed', type=cli.number(least=0), default=0, help='default: %(default)s')
    parser.add_argument(
        '--difficulty', choices=('pair', 'easy', 'hard'), default='pair',
        help='pair: two people act, the skeleton of one is given; '
        'easy: one person acts, frames alone suffice; hard: cluttered moving backgrounds, things '
        'of any colour, noisier keypoints, more second people (default: %(default)s)')
    for split, number in (('train', 1200), ('val', 160), ('test', 240)):
        parser.add_argument(f'--num-{split}', type=int, default=number, metavar='N',
                            help=f'clips in {split} (default: %(default)s)')
    parser.add_argument('--size', type=int, default=96, metavar='PIXELS',
                        help='side of the square frames (default: %(default)s)')
    parser.add_argument('--num-frames', type=cli.number(least=1), default=32, metavar='T',
                        help='frames in a clip (default: %(default)s)')
    parser.add_argument('--workers', type=cli.number(least=1), metavar='N',
                        help='processes (default: one for each CPU)')
    return parser.parse_args(argv)


def main():
    """Make the data and say where it is."""
    args = parse_args()
    ann_file = generate(args.out, seed=args.seed, difficulty=args.difficulty,
                        num_train=args.num_train, num_val=args.num_val, num_test=args.num_test,
                        size=args.size, num_frames=args.num_frames, workers=args.workers)
    print(f'clips and keypoints: {ann_file}')
    cli.next_step('train.py', 'configs/d3d_quickstart.py', '--data-root', args.out)


if __name__ == '__main__':
    cli.run(main)
