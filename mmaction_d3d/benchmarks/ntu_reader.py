"""The reader of NTU's .skeleton files against a plain one, on one core."""
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..datasets.converters.ntu import SKELETON_SUFFIX
from ..datasets.converters.ntu_reader import SkeletonFile, read_skeleton
from ..errors import InputError
from ..media import files_by_name
from .report import Row
from .timing import ratios, spread

COLUMNS = dict(name='reader', files_per_second='files/s', ratio='time, ratio to {reference}')


def read_plainly(path: str | Path) -> SkeletonFile:
    """Read a line at a time, ``float`` of each number, no checks."""
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


def is_same(one: SkeletonFile, other: SkeletonFile) -> bool:
    """Whether two readings of a file are the same, to the last bit."""
    return (one.num_frames == other.num_frames and one.body_ids == other.body_ids and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ('frames', 'joints')))


def _cpu_seconds(reader: Callable[[str], object], paths: list[str]) -> float:
    start = time.process_time()
    for path in paths:
        reader(path)
    return time.process_time() - start


def measure(folder: str, repeats: int, files: int = 40) -> list[Row]:
    """Read the files of a folder by both, in turns, and compare; rows of :data:`COLUMNS`.

    Args:
        folder: With .skeleton files.
        repeats: Rounds.
        files: Read in a round.

    Raises:
        InputError: There is no such file, or both do not read the same.
    """
    paths = [path for _, path in sorted(files_by_name(folder, [SKELETON_SUFFIX]).items())]
    if not paths:
        raise InputError(folder, 'folder', f'no {SKELETON_SUFFIX} file', 'at least one')
    for path in paths[:files]:
        if not is_same(read_skeleton(path), read_plainly(path)):
            raise InputError(path, 'reading', 'another content by the plain reader', 'the same')
    paths = (paths * files)[:files]
    readers: dict[str, Callable] = dict(plain=read_plainly, ours=read_skeleton)
    times: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(repeats):
        for name, reader in readers.items():
            times[name].append(_cpu_seconds(reader, paths))
    return [
        dict(name=name, **spread('files_per_second', (len(paths) / each for each in taken)),
             **spread('ratio', ratios(taken, times['plain']))) for name, taken in times.items()
    ]
