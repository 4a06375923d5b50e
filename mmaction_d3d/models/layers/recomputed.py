"""Activation checkpointing: what lies within a module is computed again, not stored."""
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def recomputed(module: nn.Module, *inputs: Any) -> Any:
    """Run a module, in training without storing what lies between its inputs and outputs.

    That is computed again in the backward pass, with the random numbers of the first time. Batch
    norms count the batch once.

    Args:
        module: The module.
        *inputs: Its arguments.

    Returns:
        Its output.
    """
    # A compiler decides itself what to recompute.
    if not (module.training and torch.is_grad_enabled()) or torch.compiler.is_compiling():
        return module(*inputs)
    return checkpoint(module, *inputs, use_reentrant=False, context_fn=partial(_contexts, module))


def _contexts(module: nn.Module) -> tuple[AbstractContextManager, AbstractContextManager]:
    """Return what surrounds the first run, and each run that follows."""
    return nullcontext(), _StatisticsKept(module)


class _StatisticsKept(AbstractContextManager):
    """Batch norms within update copies of their running statistics, which are then forgotten."""

    def __init__(self, module: nn.Module) -> None:
        self._norms = [part for part in module.modules() if isinstance(part, _BatchNorm)]
        self._statistics: list[dict[str, Tensor]] = []

    def __enter__(self) -> None:
        self._statistics = [dict(norm.named_buffers(recurse=False)) for norm in self._norms]
        for norm, statistics in zip(self._norms, self._statistics):
            for name, value in statistics.items():
                setattr(norm, name, value.clone())

    def __exit__(self, *error: object) -> None:
        for norm, statistics in zip(self._norms, self._statistics):
            for name, value in statistics.items():
                setattr(norm, name, value)
