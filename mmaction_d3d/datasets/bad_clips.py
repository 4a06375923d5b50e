"""Clips that turn out to be unusable in the middle of a training: a few may be left out."""
import logging

import torch
from mmengine.logging import print_log

from ..errors import InputError

#: Share of a split's clips that may be left out.
MOST_BAD = 0.05


class BadClips:
    """Which clips of a data set were left out, known to all its worker processes.

    Args:
        size: Clips of the data set.
        place: What the data set is, for messages.
    """

    def __init__(self, size: int, place: str) -> None:
        self.place = place
        self._bad = torch.zeros(size, dtype=torch.uint8).share_memory_()

    def add(self, index: int, error: InputError) -> None:
        """Note a clip, and say so the first time.

        Args:
            index: Which one.
            error: Why.

        Raises:
            InputError: These are more than :data:`MOST_BAD` of all.
        """
        if not self._bad[index]:
            self._bad[index] = 1
            print_log(f'Left out, another clip stands in: {error}', 'current', logging.WARNING)
        count, size = int(self._bad.sum()), len(self._bad)
        if count > MOST_BAD * size:
            raise InputError(
                self.place, 'on_bad_clip', f'{count} of {size} clips left out, the '
                f'last one because of {error}', f'at most {MOST_BAD:.0%} of them') from None
