"""Mixed precision where a GPU is or the config names a type, plain float32 elsewhere."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmaction.registry import OPTIM_WRAPPERS
from mmengine.logging import print_log
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import nn

from .finite_updates import NO_CLIPPING, FiniteUpdates
from .precision import compute_type


@OPTIM_WRAPPERS.register_module(name='AutoAmpOptimWrapper')
def auto_amp_optim_wrapper(dtype: str | torch.dtype | None = None,
                           loss_scale: str | float | dict = 'dynamic',
                           **kwargs: Any) -> OptimWrapper:
    """Build the optimiser wrapper that fits the machine, so that one config trains on any.

    Checkpoints saved with either kind resume with the other.

    Args:
        dtype: Type to compute in: bfloat16, float16 or float32. By default bfloat16 on a GPU that
            has it in hardware, float16 on another GPU, and float32 without one.
        loss_scale: As in ``AmpOptimWrapper``; unused in float32.
        **kwargs: Arguments of ``OptimWrapper`` (``optimizer``, ``clip_grad``,
            ``accumulative_counts``).

    Returns:
        MMEngine's ``OptimWrapper`` in float32; in another type its ``AmpOptimWrapper``, or without
        a GPU, where that class refuses to work, the same for a CPU. All are :class:`FiniteUpdates`.

    Raises:
        InputError: ``dtype`` is another type.
    """
    chosen, dtype = dtype is None, compute_type(dtype, 'AutoAmpOptimWrapper')
    if chosen and dtype is torch.float16:
        print_log('This GPU has no bfloat16 in hardware: training computes in float16',
                  logger='current')
    if dtype is torch.float32:
        return FiniteOptimWrapper(**kwargs)
    kind = FiniteAmpOptimWrapper if torch.cuda.is_available() else CPUAmpOptimWrapper
    return kind(dtype=dtype, loss_scale=loss_scale, **kwargs)


class FiniteOptimWrapper(FiniteUpdates, OptimWrapper):
    """MMEngine's ``OptimWrapper`` that stops at numbers that are not finite."""


class FiniteAmpOptimWrapper(FiniteUpdates, AmpOptimWrapper):
    """MMEngine's ``AmpOptimWrapper`` that stops at numbers that are not finite."""


class CPUAmpOptimWrapper(FiniteAmpOptimWrapper):
    """MMEngine's ``AmpOptimWrapper`` on a CPU.

    That class takes a GPU's loss scaler, and its autocast knows only bfloat16 on a CPU.

    Args:
        dtype: bfloat16 or float16.
        loss_scale: As in ``AmpOptimWrapper``.
        clip_grad: As in ``OptimWrapper``.
        **kwargs: Other arguments of ``OptimWrapper``.
    """

    def __init__(self, dtype: torch.dtype, loss_scale: str | float | dict = 'dynamic',
                 clip_grad: dict | None = None, **kwargs: Any) -> None:
        # The parent's own asserts that there is a GPU.
        OptimWrapper.__init__(self, clip_grad=clip_grad or dict(NO_CLIPPING), **kwargs)
        self._start_checks()
        self.cast_dtype = dtype
        self._scale_update_param = None
        options = loss_scale if isinstance(loss_scale, dict) else {}
        if isinstance(loss_scale, float):
            options = dict(init_scale=loss_scale)
            self._scale_update_param = loss_scale
        self.loss_scaler = torch.amp.GradScaler('cpu', **options)

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Return the context of a forward pass; see :class:`OptimWrapper`.

        Args:
            model: The training model.
        """
        with OptimWrapper.optim_context(self, model), torch.autocast('cpu', self.cast_dtype):
            yield
