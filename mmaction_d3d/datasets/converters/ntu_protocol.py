"""Names, classes and splits of NTU RGB+D (60 classes) and NTU RGB+D 120.

Sources: Shahroudy et al., CVPR 2016, section 3.2, and Liu et al., TPAMI 2019, section 3.3 (splits);
the README of https://github.com/shahroudy/NTURGB-D (names, missing skeletons, numbers of samples).
"""
import re
from dataclasses import dataclass

from .ntu_missing import MISSING_SKELETONS

_NAME = re.compile(r'S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})')

_TRAIN_SUBJECTS_60 = frozenset(
    (1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38))
_TRAIN_SUBJECTS_120 = _TRAIN_SUBJECTS_60 | frozenset(
    (45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85, 86, 89,
     91, 92, 93, 94, 95, 97, 98, 100, 103))
_TRAIN_CAMERAS = frozenset((2, 3))


@dataclass(frozen=True)
class Sample:
    """What a sample's name, such as ``S001C002P003R002A013``, says; numbers count from 1."""
    name: str
    setup: int
    camera: int
    subject: int
    replication: int
    action: int


def parse_name(name: str) -> Sample | None:
    """Read a sample's name.

    Args:
        name: Such as ``S001C002P003R002A013``.

    Returns:
        None where it is no such name.
    """
    match = _NAME.fullmatch(name)
    return match and Sample(name, *map(int, match.groups()))


@dataclass(frozen=True)
class Benchmark:
    """One of the two benchmarks.

    Attributes:
        num_classes: Actions 1 to ``num_classes`` belong to it.
        num_setups: And setups 1 to ``num_setups``.
        num_samples: Samples in all, those with missing skeletons too.
        train: By protocol, what is for training; the rest is for validation.
    """
    num_classes: int
    num_setups: int
    num_samples: int
    train: dict

    def holds(self, sample: Sample) -> bool:
        """Whether a sample belongs to the benchmark."""
        return 1 <= sample.action <= self.num_classes and 1 <= sample.setup <= self.num_setups

    def is_missing(self, sample: Sample) -> bool:
        """Whether the skeleton of a sample is officially missing or incomplete."""
        return sample.name in MISSING_SKELETONS

    def splits(self, samples: list[Sample]) -> dict[str, list[str]]:
        """Split samples by every protocol.

        Args:
            samples: The samples.

        Returns:
            ``PROTOCOL_train`` and ``PROTOCOL_val``: names, in order.
        """
        return {
            f'{protocol}_{part}':
            [sample.name for sample in samples if is_train(sample) == (part == 'train')]
            for protocol, is_train in self.train.items() for part in ('train', 'val')
        }


BENCHMARKS = dict(
    ntu60=Benchmark(
        60, 17, 56880,
        dict(xsub=lambda sample: sample.subject in _TRAIN_SUBJECTS_60,
             xview=lambda sample: sample.camera in _TRAIN_CAMERAS)), ntu120=Benchmark(
                 120, 32, 114480,
                 dict(xsub=lambda sample: sample.subject in _TRAIN_SUBJECTS_120,
                      xset=lambda sample: sample.setup % 2 == 0)))
