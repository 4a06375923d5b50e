"""Memory of a large annotation file: of loading it, and of data loader workers."""
import runpy
import tracemalloc
from pathlib import Path

import pytest
from torch.utils.data import DataLoader

TOOL = Path(__file__).parents[2] / 'tools/analysis/benchmark_ntu120_scale.py'
CLIPS = 1500


@pytest.fixture(scope='module')
def benchmark():
    return runpy.run_path(str(TOOL))


@pytest.fixture(scope='module')
def file(benchmark, tmp_path_factory):
    """A file as the benchmark's, small, and the bytes of its arrays, about 20 MB."""
    folder = tmp_path_factory.mktemp('scale')
    (folder / 'clip.mp4').touch()
    size = benchmark['write_annotations'](str(folder / 'a.pkl'), CLIPS, 25)
    return str(folder / 'a.pkl'), size


def test_loading_takes_little_more_than_the_arrays(benchmark, file):
    path, size = file
    benchmark['load'](path, 25)  # imports and caches
    tracemalloc.start()
    try:
        dataset = benchmark['load'](path, 25)
        stays, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(dataset) == CLIPS and size < stays < peak < 1.3 * size


def test_workers_share_the_arrays(benchmark, file):
    path, size = file
    loader = DataLoader(benchmark['Reader'](benchmark['load'](path, 25), 2), None, num_workers=2,
                        multiprocessing_context='fork')
    for before, after in loader:
        assert after - before < 0.2 * size


def test_a_subset_shares_the_arrays(benchmark, file):
    path, size = file
    dataset = benchmark['load'](path, 25)
    tracemalloc.start()
    try:
        subset = dataset.get_subset([3, 1])
        stays = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert stays < 0.1 * size
    assert (subset.get_data_info(1)['keypoint'] == dataset.get_data_info(1)['keypoint']).all()
