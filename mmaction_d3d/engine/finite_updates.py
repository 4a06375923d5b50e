"""Updates only from numbers that are finite: what a wrapper of the optimizer checks for that."""
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from mmengine.dist import all_reduce
from mmengine.logging import print_log
from torch import Tensor

from ..errors import InputError

if TYPE_CHECKING:
    from mmengine.optim import OptimWrapper as _BeforeOptimWrapper
else:
    _BeforeOptimWrapper = object

#: Updates that a loss scaler may skip one after the other; each halves the scale.
MOST_SKIPPED = 16
#: ``clip_grad`` that changes no gradient.
NO_CLIPPING = dict(max_norm=math.inf)


class NotFiniteError(InputError):
    """Training met a loss or a gradient that is nan or inf; no weight has changed by it."""


class FiniteUpdates(_BeforeOptimWrapper):
    """Stops where the norm of the gradient is nan or inf, before the weights are touched.

    For a subclass that has an ``OptimWrapper`` of MMEngine behind this one. One number that is not
    finite makes the norm one that is not, whichever gradient has it. The norm is what MMEngine
    waits for anyway, to log it, so that the check costs no wait for a GPU; without ``clip_grad``,
    or where it clips by value, the norm is computed for this.

    Mixed precision in float16 overflows now and then: its loss scaler skips such updates and
    scales less. :data:`MOST_SKIPPED` in a row are no longer normal; nor is a loss that is itself
    not finite.
    """

    clip_func: Callable[..., float | None]  # the wrapper's

    def __init__(self, *args: Any, clip_grad: dict | None = None, **kwargs: Any) -> None:
        super().__init__(*args, clip_grad=clip_grad or dict(NO_CLIPPING), **kwargs)
        self._start_checks()

    def _start_checks(self) -> None:
        self._clip, self.clip_func = self.clip_func, self._clip_finite
        self._losses: list[Tensor] = []  # since the last update
        self._skipped, self._warned = 0, False

    def backward(self, loss: Tensor, **kwargs: Any) -> None:
        self._losses.append(loss.detach())
        super().backward(loss, **kwargs)

    def zero_grad(self, **kwargs: Any) -> None:
        self._losses.clear()
        super().zero_grad(**kwargs)

    def step(self, **kwargs: Any) -> None:
        try:
            super().step(**kwargs)
        except RuntimeError as error:
            if 'without overflow' not in str(error):  # torch's, of a number that a float cannot be
                raise
            raise NotFiniteError('training', 'optimizer', 'a step that no weight can hold',
                                 'a finite number: a lower learning rate') from error

    def _clip_finite(self, parameters: Sequence[Tensor], **kwargs: Any) -> float | None:
        """Clip the gradients of one update; return what MMEngine logs."""
        by_norm = self._clip is torch.nn.utils.clip_grad_norm_
        given = kwargs if by_norm else NO_CLIPPING
        norm = float(torch.nn.utils.clip_grad_norm_(parameters, **given))
        self._check(norm)
        if not by_norm:
            self._clip(parameters, **kwargs)
        return norm if by_norm else None

    def _check(self, norm: float) -> None:
        if math.isfinite(norm):
            self._skipped = 0
            return
        # From here on it is an exception: it may take time, and all processes come here together.
        if self._any_loss_is_not_finite():
            raise NotFiniteError('training', 'loss', 'nan or inf', 'a finite number')
        scaler = getattr(self, 'loss_scaler', None)
        if scaler is None:
            raise NotFiniteError('training', 'gradient', f'a norm of {norm}', 'a finite number')
        self._skipped += 1
        scale = scaler.get_scale()
        if self._skipped >= MOST_SKIPPED:
            raise NotFiniteError(
                'training', 'gradient',
                f'a norm of {norm} in {MOST_SKIPPED} updates one after the other, at last with a '
                f'loss scale of {scale:g}', 'finite numbers (optim_wrapper.dtype=bfloat16 or '
                'float32 has their range)')
        if scale <= 1 and not self._warned:
            self._warned = True
            print_log(
                f'The loss scale has fallen to {scale:g}: gradients overflow in float16 without '
                'any scaling, and small ones are lost', 'current', level=30)

    def _any_loss_is_not_finite(self) -> bool:
        losses = torch.stack([loss.float() for loss in self._losses])
        count = (~losses.isfinite()).sum()
        all_reduce(count)
        return bool(count)
