"""Validation and test in mixed precision; without these loops they compute in float32."""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmaction.registry import LOOPS
from mmengine.runner import TestLoop, ValLoop
from torch import nn

from .precision import compute_type


@LOOPS.register_module()
class AmpValLoop(ValLoop):
    """MMEngine's ``ValLoop`` under autocast.

    MMEngine's ``fp16=True`` is one type a device: float16 on a GPU, bfloat16 on a CPU.

    Args:
        *args: As of ``ValLoop``.
        dtype: bfloat16, float16 or float32. By default that of ``AutoAmpOptimWrapper``: a GPU's
            own, float32 without one.
        **kwargs: As of ``ValLoop``.

    Raises:
        InputError: ``dtype`` is another type.
    """

    def __init__(self, *args: Any, dtype: str | torch.dtype | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dtype = compute_type(dtype, 'AmpValLoop')

    def run(self) -> dict[str, float]:
        """Validate; see :class:`ValLoop`."""
        with _autocast_method(self.runner.model, 'val_step', self.dtype):
            return super().run()


@LOOPS.register_module()
class AmpTestLoop(TestLoop):
    """MMEngine's ``TestLoop`` under autocast.

    Args:
        *args: As of ``TestLoop``.
        dtype: As of :class:`AmpValLoop`.
        **kwargs: As of ``TestLoop``.

    Raises:
        InputError: ``dtype`` is another type.
    """

    def __init__(self, *args: Any, dtype: str | torch.dtype | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dtype = compute_type(dtype, 'AmpTestLoop')

    def run(self) -> dict[str, float]:
        """Test; see :class:`TestLoop`."""
        with _autocast_method(self.runner.model, 'test_step', self.dtype):
            return super().run()


@contextmanager
def _autocast_method(model: nn.Module, name: str, dtype: torch.dtype) -> Iterator[None]:
    """Run a model's method under autocast.

    Around the loop it would not hold: MMEngine calls the method with autocast set by ``fp16``.
    """
    method = getattr(model, name)
    device = next(model.parameters()).device.type

    def step(data: dict[str, Any]) -> Any:
        with torch.autocast(device, dtype, enabled=dtype is not torch.float32):
            return method(data)

    setattr(model, name, step)
    try:
        yield
    finally:
        delattr(model, name)
