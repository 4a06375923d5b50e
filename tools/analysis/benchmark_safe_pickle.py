"""Measures the safe loader against pickle.load: python tools/analysis/benchmark_safe_pickle.py."""
import gc
import pickle
import tempfile
import time
from pathlib import Path

import numpy as np

from mmaction_d3d import cli
from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.progress import track


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Writes a made-up annotation file and reads it by pickle.load and by the '
        "project's safe loader in turns. Prints the loader's speed as a share of pickle.load's.")
    parser.add_argument('--clips', type=cli.number(least=1), default=100000,
                        help='default: %(default)s')
    parser.add_argument('--frames', type=cli.number(least=1), default=84,
                        help="frames a clip (default: %(default)s, the mean of NTU RGB+D's)")
    parser.add_argument('--joints', type=cli.number(least=1), default=25,
                        help='of one person (default: %(default)s)')
    parser.add_argument('--repeats', type=cli.number(least=5), default=7,
                        help='default: %(default)s')
    return parser.parse_args(argv)


def write_annotations(file, clips, frames, joints):
    """Write an annotation file as published ones are: float16, one person a clip."""
    random = np.random.default_rng(0)
    keypoint = random.uniform(0, 1080, (1, frames, joints, 2)).astype(np.float16)
    score = random.uniform(0, 1, (1, frames, joints)).astype(np.float16)
    names = [f'S{i // 1000:03}C001P{i:06}R001A{i % 60 + 1:03}' for i in range(clips)]
    annotations = [
        dict(frame_dir=name, label=i % 60, img_shape=(1080, 1920), original_shape=(1080, 1920),
             total_frames=frames, keypoint=keypoint.copy(), keypoint_score=score.copy())
        for i, name in enumerate(names)
    ]
    half = clips // 2
    pickle.dump(dict(split=dict(train=names[:half], test=names[half:]), annotations=annotations),
                file, protocol=4)


def load_plainly(path):
    """Return what the safe loader is measured against."""
    with Path(path).open('rb') as file:
        return pickle.load(file)


def seconds(load, path):
    """Wall time and this process' time of a load."""
    gc.collect()
    wall, process = time.perf_counter(), time.process_time()
    content = load(path)
    spent = time.perf_counter() - wall, time.process_time() - process
    del content
    return spent


def measure(path, repeats):
    """Time of both loaders, repeats x (plain, safe) x (wall, process); one round warms up."""
    rounds = []
    for repeat in track(range(repeats + 1), 'rounds'):
        pair = [load_plainly, safe_pickle.load]
        order = (0, 1) if repeat % 2 else (1, 0)
        times = {index: seconds(pair[index], path) for index in order}
        rounds.append([times[0], times[1]])
    return np.array(rounds[1:])


def main(argv=None):
    """Measure and print."""
    args = parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'annotations.pkl')
        with path.open('wb') as file:
            write_annotations(file, args.clips, args.frames, args.joints)
        print(f'{args.clips} clips, {path.stat().st_size / 2**20:.0f} MiB')
        times = measure(path, args.repeats)
    for index, name in enumerate(('wall clock', "process' own time")):
        plain, safe = times[:, 0, index], times[:, 1, index]
        ratio = plain / safe
        print(f'{name}: pickle.load {np.median(plain):.2f} s, safe loader {np.median(safe):.2f} s, '
              f'ratio {np.median(ratio):.2f} ({ratio.min():.2f} to {ratio.max():.2f})')


if __name__ == '__main__':
    cli.run(main)
