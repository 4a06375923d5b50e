"""Bytes of tensors that a call makes: counted, whatever libraries and allocators take beside."""
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..evaluation.complexity import shapes_only
from .timing import Call


class _Live(TorchDispatchMode):
    """Counts the bytes of all storages that are made within, as long as they live.

    Attributes:
        peak: The most at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.peak = self._now = 0
        self._sizes: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        outputs = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(outputs):
            if isinstance(tensor, Tensor) and id(tensor.untyped_storage()) not in self._sizes:
                self._count(tensor.untyped_storage())
        return outputs

    def _count(self, storage: torch.UntypedStorage) -> None:
        self._sizes[id(storage)] = storage.nbytes()
        self._now += storage.nbytes()
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._drop, id(storage))

    def _drop(self, which: int) -> None:
        self._now -= self._sizes.pop(which)


def most_bytes(call: Call) -> int:
    """Return the most bytes of tensors that a call makes and has at once."""
    with _Live() as live:
        call()
    return live.peak


def bytes_of_a_step(make: Callable[[], Call]) -> int:
    """Return :func:`most_bytes` of the second run of a call, without computing it.

    Args:
        make: Makes the call, with the model and the inputs that it needs, which do not count.
    """
    with shapes_only():
        call = make()
        call()
        return most_bytes(call)
