"""Times the reader of NTU's .skeleton files against a plain one, on one core.

python tools/analysis/benchmark_ntu_reader.py DIR reads the files of DIR by both, in turns, and
prints the files per second of CPU time and their ratio: median, least and greatest of all rounds.
What other programs take of a shared core adds to all of these; the last line, the ratio of the
least time that each reader took for each file in any round, is nearly free of it.
"""
import statistics
import time
from pathlib import Path

import numpy as np

from mmaction_d3d import cli
from mmaction_d3d.datasets.converters.ntu import SKELETON_SUFFIX
from mmaction_d3d.datasets.converters.ntu_reader import SkeletonFile, read_skeleton
from mmaction_d3d.errors import InputError
from mmaction_d3d.media import files_by_name


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(description='Times the reader of .skeleton files against a '
                        'plain one that checks nothing.')
    parser.add_argument('skeletons', metavar='DIR', help='folder with .skeleton files')
    parser.add_argument('--files', type=cli.number(least=1), default=40, metavar='N',
                        help='read in a round (default: %(default)s)')
    parser.add_argument('--repeats', type=cli.number(least=1), default=11, metavar='N',
                        help='rounds (default: %(default)s)')
    return parser.parse_args(argv)


def read_plainly(path):
    """Return the plain reader: a line at a time, ``float`` of each number, no checks."""
    frames, ids, joints = [], [], []
    with Path(path).open() as file:
        num_frames = int(file.readline())
        for frame in range(num_frames):
            for _ in range(int(file.readline())):
                frames.append(frame)
                ids.append(int(file.readline().split()[0]))
                joints.append([[float(number) for number in file.readline().split()]
                               for _ in range(int(file.readline()))])
    values = np.array(joints, float).reshape(-1, 25, 12)
    return SkeletonFile(num_frames, np.array(frames, np.int64), ids, values)


def measure(reader, paths, least):
    """Files per second of CPU time; ``least`` keeps the least time of each path."""
    total = 0
    for path in paths:
        start = time.process_time()
        reader(path)
        seconds = time.process_time() - start
        least[path] = min(least.get(path, seconds), seconds)
        total += seconds
    return len(paths) / total


def same(one, other):
    """Whether two readings of a file are the same, to the last bit."""
    return (one.num_frames == other.num_frames and one.body_ids == other.body_ids and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ('frames', 'joints')))


def main():
    """Compare, time and print."""
    args = parse_args()
    found = [path for _, path in sorted(files_by_name(args.skeletons, [SKELETON_SUFFIX]).items())]
    if not found:
        raise InputError(args.skeletons, 'folder', f'no {SKELETON_SUFFIX} file', 'at least one')
    for path in found[:args.files]:
        if not same(read_skeleton(path), read_plainly(path)):
            raise InputError(path, 'reading', 'another content by the plain reader', 'the same')
    paths = (found * args.files)[:args.files]
    least_plain, least_ours = {}, {}
    rounds = [(measure(read_plainly, paths, least_plain), measure(read_skeleton, paths, least_ours))
              for _ in range(args.repeats)]
    columns = dict(plain=[plain for plain, _ in rounds], ours=[ours for _, ours in rounds],
                   ratio=[ours / plain for plain, ours in rounds])
    print(f'{args.repeats} rounds of {len(paths)} files, {min(len(found), len(paths))} different')
    for name, values in columns.items():
        unit = 'times' if name == 'ratio' else 'files/s'
        print(f'{name}: median {statistics.median(values):.2f} {unit}, '
              f'{min(values):.2f} to {max(values):.2f}')
    ratio = sum(least_plain.values()) / sum(least_ours.values())
    print(f'ratio of the least times: {ratio:.2f} times')


if __name__ == '__main__':
    cli.run(main)
