"""Memory of a large annotation file: of loading it, and of data loader workers."""
import gc
import tracemalloc

import pytest
from torch.utils.data import DataLoader

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


def test_workers_share_the_arrays(file):
    path, size = file
    loader = DataLoader(annotations.Reader(annotations.load(path, 25), 2), None, num_workers=2,
                        multiprocessing_context='fork')
    gc.freeze()  # or a worker's collector would write to all that earlier tests have left
    try:
        for before, after in loader:
            assert after - before < 0.2 * size
    finally:
        gc.unfreeze()


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
