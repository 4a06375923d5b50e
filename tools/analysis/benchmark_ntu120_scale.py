"""Measures the data set at the size of NTU RGB+D 120: memory of loading, sharing, first batch.

python tools/analysis/benchmark_ntu120_scale.py writes a made-up annotation file of 114,480 clips
and loads it in a process of its own. It prints

- the peak of memory above the interpreter's own, in bytes of the file's arrays;
- the unique memory (USS: pages that no other process has) of each data loader worker before and
  after it has read every annotation;
- the time from the loaded data set to the first batch.
"""
import multiprocessing
import pickle
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import av
import numpy as np
from mmaction.registry import DATASETS
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from torch.utils.data import DataLoader, Dataset

from mmaction_d3d import cli

BATCH, CLIP_LEN = 16, 12
MEAN_FRAMES, MUTUAL = 80, 26 / 120  # mean length; share of NTU's actions that show two people
SIZE = 256, 454  # height and width of the data set's videos, made small


def parse_args(argv=None):
    """Read the command line."""
    parser = cli.Parser(
        description='Writes an annotation file as large as that of NTU RGB+D 120, loads it, and '
        'prints the memory of that and of data loader workers, and the time to the first batch.')
    parser.add_argument('--clips', type=cli.number(least=BATCH), default=114480,
                        help='default: %(default)s')
    parser.add_argument('--joints', type=int, choices=(17, 25), default=25,
                        help="of a person: HRNet's or Kinect's (default: %(default)s)")
    parser.add_argument('--workers', type=cli.number(least=1), default=4,
                        help='default: %(default)s')
    return parser.parse_args(argv)


def write_annotations(path, clips, joints):
    """Write float16 arrays of one or two people in lengths as NTU's; give the arrays' bytes."""
    random = np.random.default_rng(0)
    frames = np.clip(random.normal(MEAN_FRAMES, 25, clips), 20, 300).astype(int)
    people = 1 + (random.random(clips) < MUTUAL)
    names = [
        f'S{i // 3600 + 1:03}C001P001R{i // 120 % 30:03}A{i % 120 + 1:03}' for i in range(clips)
    ]
    annotations, size = [], 0
    for i, name in enumerate(names):
        keypoint = np.full((people[i], frames[i], joints, 2), 1 + i % 1000, np.float16)
        score = np.ones((people[i], frames[i], joints), np.float16)
        size += keypoint.nbytes + score.nbytes
        annotations.append(
            dict(frame_dir=name, filename='clip.mp4', label=i % 120, img_shape=(1080, 1920),
                 original_shape=(1080, 1920), total_frames=int(frames[i]), keypoint=keypoint,
                 keypoint_score=score))
    with Path(path).open('wb') as file:
        pickle.dump(dict(split=dict(train=names), annotations=annotations), file, protocol=4)
    return size


def write_video(path):
    """Write the one video that all clips share."""
    with av.open(path, 'w') as container:
        stream = container.add_stream('libx264', rate=30)
        stream.height, stream.width = SIZE
        for index in range(MEAN_FRAMES):
            grey = np.full((*SIZE, 3), 2 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format='rgb24')))
        container.mux(stream.encode(None))


def kilobytes(path, *names):
    """Sum of the lines of a file in /proc that begin with the names, in bytes."""
    lines = [line.split() for line in Path(path).read_text().splitlines()]
    return 1024 * sum(int(line[1]) for line in lines if line[0].rstrip(':') in names)


def unique_memory():
    """Bytes of this process that it shares with no other."""
    return kilobytes('/proc/self/smaps_rollup', 'Private_Clean', 'Private_Dirty')


def resident(peak=False):
    """Bytes of this process in memory, now or at the most."""
    return kilobytes('/proc/self/status', 'VmHWM' if peak else 'VmRSS')


def load(path, joints):
    """Build the data set with the pipeline of the configs."""
    init_default_scope('mmaction')
    return DATASETS.build(
        dict(
            type='RGBPoseDataset', ann_file=path, split='train', num_classes=120,
            layout={17: 'coco17', 25:
                    'ntu25'}[joints], data_prefix=dict(video=str(Path(path).parent)), pipeline=[
                        dict(type='AlignedSampleFrames', clip_len=CLIP_LEN),
                        dict(type='AlignedDecode'),
                        dict(type='Resize', scale=(-1, 256)),
                        dict(type='RandomCrop', size=224),
                        dict(type='FormatShape', input_format='NCTHW'),
                        dict(type='PackRGBPose')
                    ]))


class Reader(Dataset):
    """Each item reads all annotations; give the unique memory before and after."""

    def __init__(self, dataset, items):
        self.dataset, self.items = dataset, items

    def __len__(self):
        return self.items

    def __getitem__(self, index):
        before = unique_memory()
        for clip in range(len(self.dataset)):
            self.dataset.get_data_info(clip)
        return before, unique_memory()


def measure(path, joints, workers, size):
    """Load and measure, in a process that has done nothing else; print."""
    multiprocessing.set_start_method('fork', force=True)  # as in training
    Path('/proc/self/clear_refs').write_text('5')  # the peak starts anew
    interpreter, start = resident(), time.monotonic()
    dataset = load(path, joints)
    seconds, peak = time.monotonic() - start, resident(peak=True) - interpreter
    print(f'load: {seconds:.1f} s, peak {peak / 2**20:.0f} MiB above the interpreter\'s '
          f'{interpreter / 2**20:.0f} MiB: {peak / size:.2f} times the arrays; '
          f'{(resident() - interpreter) / size:.2f} stay')
    start = time.monotonic()
    loader = DataLoader(dataset, BATCH, shuffle=True, num_workers=workers,
                        collate_fn=pseudo_collate)
    batches = iter(loader)
    next(batches)
    print(f'first batch: {time.monotonic() - start:.2f} s after the load, {workers} workers')
    del batches
    loader = DataLoader(Reader(dataset, workers), None, num_workers=workers)
    for worker, (before, after) in enumerate(loader):
        print(f'worker {worker}: unique memory {before / 2**20:.0f} MiB, {after / 2**20:.0f} MiB '
              f'after it read all annotations: {after / size:.3f} times the arrays')


def in_a_process(function, *args):
    """Call a function in a process of its own; give what it returns."""
    with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool:
        return pool.submit(function, *args).result()


def main(argv=None):
    """Write the file, measure, print."""
    args = parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        path = f'{folder}/annotations.pkl'
        write_video(f'{folder}/clip.mp4')
        size = in_a_process(write_annotations, path, args.clips, args.joints)
        print(f'{args.clips} clips, arrays of {size / 2**20:.0f} MiB', flush=True)
        in_a_process(measure, path, args.joints, args.workers, size)


if __name__ == '__main__':
    cli.run(main)
