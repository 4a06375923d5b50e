"""Memory of a large annotation file: of loading it, and of data loader workers."""
import os
import subprocess
import sys
import tracemalloc

import pytest
from running import ROOT

from mmaction_d3d.benchmarks import annotations

CLIPS = 1500


@pytest.fixture(scope='module')
def file(tmp_path_factory):
    """A file as the benchmark's, small, and the bytes of its arrays, about 20 MB."""
    folder = tmp_path_factory.mktemp('scale')
    (folder / 'clip.mp4').touch()
    size = annotations.write_annotations(str(folder / 'a.pkl'), CLIPS, 25)
    return str(folder / 'a.pkl'), size


def test_loading_takes_little_more_than_the_arrays_and_keeps_none(file):
    path, size = file
    annotations.load(path, 25)  # imports and caches
    tracemalloc.start()
    try:
        dataset = annotations.load(path, 25)
        stays, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(dataset) == CLIPS and stays < 0.2 * size < peak < 1.3 * size


WORKERS = """
import sys
from torch.utils.data import DataLoader
from mmaction_d3d.benchmarks import annotations
dataset = annotations.load(sys.argv[1], 25)
for workers in 1, 2:
    loader = DataLoader(annotations.Reader(dataset, workers), None, num_workers=workers,
                        multiprocessing_context='fork')
    print(*(after - before for before, after in loader))
"""


def test_workers_share_the_arrays(file):
    """In a process of its own: workers copy what earlier tests have left in this one.

    Of one worker, too: the pages of the store that no other process reads are not its own.
    """
    path, size = file
    ended = subprocess.run([sys.executable, '-c', WORKERS, path], text=True, check=True,
                           stdout=subprocess.PIPE, env=dict(os.environ, PYTHONPATH=str(ROOT)))
    grown = [int(bytes_) for line in ended.stdout.splitlines()[-2:] for bytes_ in line.split()]
    assert len(grown) == 3 and max(grown) < 0.2 * size


def test_a_subset_shares_the_arrays(file):
    path, size = file
    dataset = annotations.load(path, 25)
    tracemalloc.start()
    try:
        subset = dataset.get_subset([3, 1])
        stays = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert stays < 0.1 * size
    assert (subset.get_data_info(1)['keypoint'] == dataset.get_data_info(1)['keypoint']).all()
