"""An annotation file as large as NTU RGB+D 120's: loading, memory, workers, first batch."""
import multiprocessing
import pickle
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from mmaction.registry import DATASETS
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from torch.utils.data import DataLoader, Dataset

from ..datasets import safe_pickle
from .report import Row
from .timing import process_memory, ratios, seconds, spread
from .videos import write_video

COLUMNS = dict(name='what', value='median', unit='unit')
_BATCH, _CLIP_LEN = 16, 12
_MEAN_FRAMES, _MUTUAL = 80, 26 / 120  # mean length; share of NTU's actions that show two people


def write_annotations(path: str, clips: int, joints: int) -> int:
    """Write float16 arrays of one or two people in lengths as NTU's; give the arrays' bytes."""
    random = np.random.default_rng(0)
    frames = np.clip(random.normal(_MEAN_FRAMES, 25, clips), 20, 300).astype(int)
    people = 1 + (random.random(clips) < _MUTUAL)
    names = [
        f'S{i // 3600 + 1:03}C001P001R{i // 120 % 30:03}A{i % 120 + 1:03}' for i in range(clips)
    ]
    annotations, size = [], 0
    for i, name in enumerate(names):
        keypoint = np.full((people[i], frames[i], joints, 2), 3 + i % 1000, np.float16)
        score = np.ones((people[i], frames[i], joints), np.float16)
        size += keypoint.nbytes + score.nbytes
        annotations.append(
            dict(frame_dir=name, filename='clip.mp4', label=i % 120, img_shape=(1080, 1920),
                 original_shape=(1080, 1920), total_frames=int(frames[i]), keypoint=keypoint,
                 keypoint_score=score))
    with Path(path).open('wb') as file:
        pickle.dump(dict(split=dict(train=names), annotations=annotations), file, protocol=4)
    return size


def unique_memory() -> int:
    """Bytes that this process has written and shares with no other.

    Pages of a mapped file count as written, too, until the system has stored the file: they
    belong to the file and are left out.
    """
    kib, shared = 0, False
    with Path('/proc/self/smaps').open() as lines:  # line by line: a list of them is memory, too
        for line in lines:
            first, second, *_ = line.split()
            if not first.endswith(':'):  # the head of a mapping: addresses, permissions
                shared = second.endswith('s')
            elif first == 'Private_Dirty:' and not shared:
                kib += int(second)
    return 1024 * kib


def load(path: str, joints: int) -> Any:
    """Build the data set with the pipeline of the configs."""
    init_default_scope('mmaction')
    return DATASETS.build(
        dict(
            type='RGBPoseDataset', ann_file=path, split='train', num_classes=120,
            layout={17: 'coco17', 25:
                    'ntu25'}[joints], data_prefix=dict(video=str(Path(path).parent)), pipeline=[
                        dict(type='AlignedSampleFrames', clip_len=_CLIP_LEN),
                        dict(type='AlignedDecode'),
                        dict(type='Resize', scale=(-1, 256)),
                        dict(type='RandomCrop', size=224),
                        dict(type='FormatShape', input_format='NCTHW'),
                        dict(type='PackRGBPose')
                    ]))


class Reader(Dataset):
    """Each item reads all annotations; gives the unique memory before and after."""

    def __init__(self, dataset: Any, items: int) -> None:
        self.dataset, self.items = dataset, items

    def __len__(self) -> int:
        return self.items

    def __getitem__(self, index: int) -> tuple[int, int]:
        before = unique_memory()
        for clip in range(len(self.dataset)):
            self.dataset.get_data_info(clip)
        return before, unique_memory()


def _measure_loading(path: str, joints: int, workers: int, size: int) -> list[Row]:
    """Load and measure, in a process that has done nothing else."""
    multiprocessing.set_start_method('fork', force=True)  # as in training
    Path('/proc/self/clear_refs').write_text('5')  # the peak starts anew
    interpreter, start = process_memory(), time.monotonic()
    dataset = load(path, joints)
    taken, peak = time.monotonic() - start, process_memory(peak=True) - interpreter
    rows = [
        dict(name='load', value=taken, unit='s'),
        dict(name='peak of the load above the interpreter', value=peak / size,
             unit='times the arrays'),
        dict(name='stays', value=(process_memory() - interpreter) / size, unit='times the arrays')
    ]
    start = time.monotonic()
    batches = iter(
        DataLoader(dataset, _BATCH, shuffle=True, num_workers=workers, collate_fn=pseudo_collate))
    next(batches)
    rows.append(
        dict(name=f'first batch after the load, {workers} workers', value=time.monotonic() - start,
             unit='s'))
    del batches
    grown = [after for _, after in DataLoader(Reader(dataset, workers), None, num_workers=workers)]
    rows.append(
        dict(name='own memory of a worker that has read every annotation', value=max(grown) / 2**20,
             unit='MiB'))
    return rows


def _load_plainly(path: str) -> object:
    """Read as the safe loader is measured against."""
    with Path(path).open('rb') as file:
        # Written by this benchmark.
        return pickle.load(file)  # nosec B301


def _measure_reading(path: str, repeats: int) -> list[Row]:
    """Time the safe loader against pickle.load, in turn; one round warms up."""
    times: dict[Callable, list[float]] = {_load_plainly: [], safe_pickle.load: []}
    for _ in range(repeats + 1):
        for loader, taken in times.items():
            taken.append(seconds(partial(loader, path)))
    plain, safe = (taken[1:] for taken in times.values())
    ratio = spread('value', ratios(safe, plain))
    return [dict(name="time of the safe loader, ratio to pickle.load's", unit='times', **ratio)]


def _in_a_process(function: Callable, *args: Any) -> Any:
    """Call a function in a process of its own; give what it returns."""
    with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool:
        return pool.submit(function, *args).result()


def measure(clips: int, joints: int, workers: int, repeats: int) -> list[Row]:
    """Write a made-up file and measure it; rows of :data:`COLUMNS`.

    Args:
        clips: As many, at least 16.
        joints: Of a person, 17 or 25.
        workers: Of the loader.
        repeats: Rounds of reading.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = f'{folder}/annotations.pkl'
        write_video(f'{folder}/clip.mp4', _MEAN_FRAMES, (256, 454))
        size = _in_a_process(write_annotations, path, clips, joints)
        rows = [dict(name=f'arrays of {clips:,} clips', value=size / 2**20, unit='MiB')]
        rows += _in_a_process(_measure_loading, path, joints, workers, size)
        return rows + _in_a_process(_measure_reading, path, repeats)
