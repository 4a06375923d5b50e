"""Validation and test in mixed precision; without these loops they compute in float32."""
from contextlib import contextmanager

import torch
from mmaction.registry import LOOPS
from mmengine.runner import TestLoop, ValLoop

from .precision import compute_type


@LOOPS.register_module()
class AmpValLoop(ValLoop):
    """MMEngine's ``ValLoop`` under autocast.

    MMEngine's ``fp16=True`` is one type a device: float16 on a GPU, bfloat16 on a CPU.

    Args:
        *args: As of ``ValLoop``.
        dtype (str | torch.dtype, optional): bfloat16, float16 or float32. By default that of
            ``AutoAmpOptimWrapper``: a GPU's own, float32 without one.
        **kwargs: As of ``ValLoop``.

    Raises:
        InputError: ``dtype`` is another type.
    """

    def __init__(self, *args, dtype=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.dtype = compute_type(dtype, 'AmpValLoop')

    def run(self):
        """Validate; see :class:`ValLoop`."""
        with _autocast_method(self.runner.model, 'val_step', self.dtype):
            return super().run()


@LOOPS.register_module()
class AmpTestLoop(TestLoop):
    """MMEngine's ``TestLoop`` under autocast.

    Args:
        *args: As of ``TestLoop``.
        dtype (str | torch.dtype, optional): As of :class:`AmpValLoop`.
        **kwargs: As of ``TestLoop``.

    Raises:
        InputError: ``dtype`` is another type.
    """

    def __init__(self, *args, dtype=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.dtype = compute_type(dtype, 'AmpTestLoop')

    def run(self):
        """Test; see :class:`TestLoop`."""
        with _autocast_method(self.runner.model, 'test_step', self.dtype):
            return super().run()


@contextmanager
def _autocast_method(model, name, dtype):
    """Run a model's method under autocast.

    Around the loop it would not hold: MMEngine calls the method with autocast set by ``fp16``.
    """
    method = getattr(model, name)
    device = next(model.parameters()).device.type

    def step(data):
        with torch.autocast(device, dtype, enabled=dtype is not torch.float32):
            return method(data)

    setattr(model, name, step)
    try:
        yield
    finally:
        delattr(model, name)
