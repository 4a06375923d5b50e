"""Mixed precision where a GPU is, plain float32 where none is."""
import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper

from mmaction.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module(name='AutoAmpOptimWrapper')
def auto_amp_optim_wrapper(dtype=None, loss_scale='dynamic', **kwargs):
    """Builds the optimiser wrapper that fits the machine, so that one config trains on any.

    Checkpoints saved with either kind resume with the other.

    Args:
        dtype (str | torch.dtype, optional): Type to compute in on a GPU. By default bfloat16
            where the GPU has it in hardware, and float16 elsewhere.
        loss_scale (str | float | dict): As in ``AmpOptimWrapper``; unused without a GPU.
        **kwargs: Arguments of ``OptimWrapper`` (``optimizer``, ``clip_grad``,
            ``accumulative_counts``).

    Returns:
        OptimWrapper: MMEngine's ``AmpOptimWrapper`` with a CUDA GPU; without one, which that
        class refuses, its float32 ``OptimWrapper``.
    """
    if not torch.cuda.is_available():
        return OptimWrapper(**kwargs)
    if dtype is None:
        # Unless told otherwise, torch counts a bfloat16 that it only emulates, slowly.
        in_hardware = torch.cuda.is_bf16_supported(including_emulation=False)
        dtype = 'bfloat16' if in_hardware else 'float16'
    return AmpOptimWrapper(dtype=dtype, loss_scale=loss_scale, **kwargs)
