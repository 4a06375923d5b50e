"""Random numbers of transforms that depend on the clip and the epoch alone, not on the process."""
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from torch.utils.data import BatchSampler, DataLoader, Dataset, Sampler

from ..seeding import seeded


def seed_of(*numbers: int) -> int:
    """Mix numbers, none below 0, into one seed of 32 bits."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


class _Draw(int):
    """Index of a clip that knows the epoch it was drawn in; it reaches any worker with it."""
    epoch: int = 0


class SeededSampler(Sampler):
    """Another sampler's indices with their epochs; the first ones may be left out.

    Args:
        sampler: That one.

    Attributes:
        skip: Indices that the next iteration leaves out, which a run that was stopped has used.
    """

    def __init__(self, sampler: Iterable[int]) -> None:
        self.sampler, self.epoch, self.skip = sampler, 0, 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, of the other sampler too where it has such."""
        self.epoch = epoch
        if hasattr(self.sampler, 'set_epoch'):
            self.sampler.set_epoch(epoch)

    def __iter__(self) -> Iterator[int]:
        skip, self.skip = self.skip, 0
        for place, index in enumerate(self.sampler):
            if place >= skip:
                draw = _Draw(index)
                draw.epoch = self.epoch + place // len(self)  # of a sampler without end
                yield draw

    def __len__(self) -> int:
        return len(self.sampler)  # type: ignore[arg-type]  # PyTorch's class lacks __len__


class SeededDataset(Dataset):
    """Another data set, whose random numbers are drawn anew from (seed, epoch, index) for a clip.

    Whatever it has besides can be reached through this one.

    Args:
        dataset: That one.
        seed: The run's.
    """

    def __init__(self, dataset: Dataset, seed: int) -> None:
        self.dataset, self.seed = dataset, seed % 2**32

    def __getitem__(self, index: int) -> Any:
        with seeded(seed_of(self.seed, getattr(index, 'epoch', 0), index % len(self))):
            return self.dataset[int(index)]

    def __len__(self) -> int:
        return len(self.dataset)  # type: ignore[arg-type]  # PyTorch's class lacks __len__

    def __getattr__(self, name: str) -> Any:
        if name == 'dataset' or name.startswith('__'):  # asked for while it is unpickled
            raise AttributeError(name)
        return getattr(self.dataset, name)


def seeded_loader(loader: DataLoader, seed: int) -> DataLoader:
    """Return a loader of the same batches, whose random numbers are those of their clips.

    One with a batch sampler of its own is left as it is.
    """
    if type(loader.batch_sampler) is not BatchSampler:
        return loader
    names = ('batch_size', 'num_workers', 'collate_fn', 'pin_memory', 'drop_last', 'timeout',
             'worker_init_fn', 'multiprocessing_context', 'generator', 'prefetch_factor',
             'persistent_workers', 'pin_memory_device')
    return DataLoader(SeededDataset(loader.dataset, seed), sampler=SeededSampler(loader.sampler),
                      **{name: getattr(loader, name) for name in names})
