"""What a transform draws depends on the seed, the epoch and the clip, and on nothing else."""
import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from mmaction_d3d.engine import AutoDeviceRunner
from mmaction_d3d.engine.seeded_loading import SeededDataset, SeededSampler


class Drawn(Dataset):
    """Seven clips of random numbers, of each generator."""
    metainfo = dict(classes=['a'])

    def __len__(self):
        return 7

    def __getitem__(self, index):
        return index, random.random(), np.random.rand(), torch.rand(1).item()


def loader(workers, seed=0, **kwargs):
    return AutoDeviceRunner.build_dataloader(
        dict(dataset=Drawn(), batch_size=2, num_workers=workers, persistent_workers=workers > 0,
             sampler=dict(type='DefaultSampler'), **kwargs), seed=seed)


def epochs(loader, count=2, first=0):
    epochs = []
    for epoch in range(first, first + count):
        loader.sampler.set_epoch(epoch)
        epochs.append([tuple(map(tuple, batch)) for batch in loader])
    return epochs


def clips(epoch):
    return {index: drawn for batch in epoch for index, *drawn in zip(*batch)}


def test_the_number_of_workers_changes_nothing():
    alone = epochs(loader(0))
    assert epochs(loader(1)) == epochs(loader(2)) == alone


def test_epochs_clips_and_seeds_have_numbers_of_their_own():
    first, second = map(clips, epochs(loader(0)))
    other = clips(epochs(loader(0, seed=1))[0])
    drawn = [number for part in (first, second, other) for row in part.values() for number in row]
    assert len(set(drawn)) == len(drawn) == 3 * 7 * 3


def test_an_epoch_needs_none_of_those_before():
    assert epochs(loader(0), 1, first=1) == epochs(loader(0))[1:]


@pytest.mark.parametrize('workers', [0, 1])
def test_batches_may_be_left_out_once(workers):
    whole = epochs(loader(workers))
    later = loader(workers)
    later.sampler.skip = 2 * later.batch_size
    assert epochs(later) == [whole[0][2:], whole[1]]


def test_the_process_s_own_random_numbers_stay():
    drawn = []
    for dataset in (Drawn(), loader(0).dataset):
        random.seed(0)
        np.random.seed(0)
        torch.manual_seed(0)
        if isinstance(dataset, SeededDataset):
            dataset[0]
        drawn.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert drawn[0] == drawn[1]


def test_a_sampler_without_end_counts_its_rounds():
    epochs = [draw.epoch for _, draw in zip(range(5), SeededSampler(Endless()))]
    assert epochs == [0, 0, 1, 1, 2]


class Endless:

    def __len__(self):
        return 2

    def __iter__(self):
        while True:
            yield from range(2)


def test_the_data_set_s_own_can_be_reached():
    assert loader(0).dataset.metainfo == dict(classes=['a'])
    with pytest.raises(AttributeError):
        getattr(loader(0).dataset, 'nothing')  # noqa: B009


def test_a_loader_that_is_built_or_has_no_seed_stays():
    built = DataLoader(Drawn())
    assert AutoDeviceRunner.build_dataloader(built, seed=0) is built
    assert isinstance(loader(0, seed=None).dataset, Drawn)
