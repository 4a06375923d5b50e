"""Which number type a forward pass computes in."""
import torch

from ..errors import InputError

TYPES = {'bfloat16': torch.bfloat16, 'float16': torch.float16, 'float32': torch.float32}


def compute_type(dtype: str | torch.dtype | None, place: str) -> torch.dtype:
    """Return the type of a config's ``dtype`` on this machine.

    Args:
        dtype: bfloat16, float16 or float32. None chooses: on a GPU bfloat16 where it has that in
            hardware and float16 elsewhere, on a CPU float32.
        place: What has the argument, for the error, such as ``AutoAmpOptimWrapper``.

    Returns:
        The type.

    Raises:
        InputError: It is another type.
    """
    if dtype is None:
        if not torch.cuda.is_available():
            return torch.float32
        # Unless told otherwise, torch counts a bfloat16 that it only emulates, slowly.
        in_hardware = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if in_hardware else torch.float16
    name = str(dtype).rpartition('torch.')[2]
    if name not in TYPES:
        raise InputError(place, 'dtype', dtype, f'one of {", ".join(TYPES)}, or None')
    return TYPES[name]
