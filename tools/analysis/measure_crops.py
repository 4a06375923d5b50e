"""Measures what crops lose of the visible joints: python tools/analysis/measure_crops.py X.pkl."""
import numpy as np
from mmaction.datasets.transforms import RandomCrop

from mmaction_d3d import cli
from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.datasets.annotations import read_annotations, split_scores
from mmaction_d3d.datasets.transforms import AlignedSampleFrames, PersonCrop
from mmaction_d3d.errors import InputError

CROPS = dict(RandomCrop=RandomCrop, PersonCrop=PersonCrop)


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(description='Crops clips at random, by both crops, and prints the share of '
                        'visible joints that is lost.')
    parser.add_argument('ann_file', help='annotation pickle')
    parser.add_argument('--short-side', type=cli.number(least=1), default=256, metavar='PIXELS',
                        help='of the pictures before the crop (default: %(default)s)')
    parser.add_argument('--size', type=cli.number(least=1), default=224, metavar='PIXELS',
                        help='of the crop (default: %(default)s)')
    parser.add_argument('--clip-len', type=cli.number(least=1), default=12, metavar='T',
                        help='frames of a clip (default: %(default)s)')
    parser.add_argument('--draws', type=cli.number(least=1), default=100, metavar='N',
                        help='crops of each clip (default: %(default)s)')
    return parser.parse_args(argv)


def lost_joints(annotation, crop, args):
    """Return the share of visible joints that each draw loses."""
    xy, score = split_scores(annotation)
    height, width = annotation['img_shape']
    scale = args.short_side / min(height, width)
    shape = round(height * scale), round(width * scale)
    sample, shares = AlignedSampleFrames(args.clip_len), []
    for _ in range(args.draws):
        frames = sample(dict(total_frames=annotation['total_frames'], start_index=0))['frame_inds']
        seen = np.nan_to_num(score[:, frames]) > 0
        if not seen.any():
            continue
        moved = crop(
            dict(imgs=[], img_shape=shape, keypoint=xy[:, frames] * scale,
                 keypoint_score=score[:, frames]))['keypoint'][seen]
        shares.append(1 - ((moved >= 0) & (moved < args.size)).all(-1).mean())
    return shares


def main(argv=None):
    """Measure as the command line says."""
    args = parse_args(argv)
    annotations, _ = read_annotations(safe_pickle.load(args.ann_file), args.ann_file)
    if args.size > args.short_side:
        raise InputError('command line', '--size', args.size, f'at most {args.short_side}')
    for name, kind in CROPS.items():
        np.random.seed(0)
        lost = np.concatenate([lost_joints(clip, kind(args.size), args) for clip in annotations])
        print(f'{name}: {lost.mean():.1%} of the visible joints lost, over half of them in '
              f'{(lost > 0.5).mean():.1%} of {len(lost)} draws, none in {(lost == 0).mean():.1%}')


if __name__ == '__main__':
    cli.run(main)
