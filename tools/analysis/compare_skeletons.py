"""Compares skeletons with known ones: tools/analysis/compare_skeletons.py KNOWN.pkl X.pkl."""

import numpy as np

from mmaction_d3d import cli
from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.datasets.annotations import AnnotationChecker, ids_of, read_annotations
from mmaction_d3d.datasets.joint_layout import find_layout
from mmaction_d3d.datasets.splits import select_split
from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.pck import count_near, interval
from mmaction_d3d.evaluation.people_found import NEAR, match_people
from mmaction_d3d.skeletons import LAYOUTS


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='PCK of skeletons against known ones: the share of joints within --threshold '
        'times the torso (left shoulder to right hip), by joint and with an interval. Then how '
        'many people were found, how near they are, and how often they jump to someone else.')
    parser.add_argument('known', metavar='KNOWN.pkl', help='annotations with the known skeletons')
    parser.add_argument('found', metavar='X.pkl', help='those of extract_skeletons.py')
    parser.add_argument('--split', help='clips of KNOWN.pkl to compare (default: all)')
    parser.add_argument('--num-person', type=cli.number(least=1), metavar='M',
                        help='only clips of KNOWN.pkl with '
                        'so many people')
    parser.add_argument('--threshold', type=cli.number(float, above=0), default=0.2,
                        help='(default: %(default)s)')
    parser.add_argument('--layout', choices=LAYOUTS,
                        help='joints of both (default: as the first file says, else coco17)')
    return parser.parse_args(argv)


def people_of(annotation, total, shape):
    """M x T x V x 3 in pixels of ``shape``."""
    scale = np.divide(shape, annotation['img_shape'])[::-1]
    return np.concatenate([
        np.nan_to_num(annotation['keypoint'].astype(np.float64)) * scale,
        annotation['keypoint_score'][..., None]
    ], axis=-1)[:, :total]


def main():
    """Print the share of near joints."""
    args = parse_args()
    contents = [safe_pickle.load(path) for path in (args.known, args.found)]
    known, splits = read_annotations(contents[0], args.known)
    extracted, _ = read_annotations(contents[1], args.found)
    layout, pairs = find_layout(contents[0], args.known, args.layout), []
    find_layout(contents[1], args.found, layout.name)
    named = {name: index for index, info in enumerate(extracted) for name in ids_of(info) if name}
    check = AnnotationChecker(args.known, layout, None, 100)
    check_found = AnnotationChecker(args.found, layout, None, 100)
    unlabelled = dict(label=0)  # extraction without --labels gives none, which is no matter here
    for index in select_split(known, splits, args.split, args.known):
        info = check(index, {**unlabelled, **known[index]})
        if args.num_person not in (None, len(info['keypoint'])):
            continue
        other = next((named[name] for name in ids_of(info) if name in named), None)
        if other is None:
            raise InputError(args.found, ids_of(info)[0], 'no such clip', 'all clips of the split')
        pairs.append((info, check_found(other, {**unlabelled, **extracted[other]})))
    if not pairs:
        raise InputError(args.known, '--num-person', f'no clip with {args.num_person}',
                         'at least one')
    counts, matches = [], []
    for info, other in pairs:
        if info['total_frames'] != other['total_frames']:
            raise InputError(args.found, f'{ids_of(info)[0]}.total_frames', other['total_frames'],
                             info['total_frames'])
        both = [people_of(each, info['total_frames'], info['img_shape']) for each in (info, other)]
        counts.append(count_near(*both, layout, args.threshold))
        matches.append(match_people(*both))
    near, of = (sum(getattr(count, key) for count in counts) for key in ('near', 'known'))
    if not of.sum():
        raise InputError(args.known, 'keypoint_score', 'no frame with both shoulder and hip',
                         'at least one')
    for name, part, whole in zip(layout.joints, near, of):
        print(f'{name:16} {part / whole if whole else float("nan"):.3f} of {whole}')
    low, high = interval(counts)
    print(f'PCK@{args.threshold:g}: {near.sum() / of.sum():.4f}, 95 % interval {low:.4f} to '
          f'{high:.4f} over {len(counts)} clips, {of.sum()} joints')
    frames = sum(info['total_frames'] for info, _ in pairs)
    ways = np.concatenate([match.distances for match in matches])
    people, jumps = (sum(getattr(match, key) for match in matches) for key in ('known', 'jumps'))
    print(f'people of a frame: {len(ways) / frames:.2f} of {people / frames:.2f} found (the median '
          f'joint within {NEAR:g} bodies), median distance '
          f'{np.median(ways) if len(ways) else float("nan"):.4f} bodies')
    print(f'jumps: {jumps} in {sum(match.jumps > 0 for match in matches)} of {len(matches)} clips')


if __name__ == '__main__':
    cli.run(main)
