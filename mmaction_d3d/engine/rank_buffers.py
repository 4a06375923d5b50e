"""Buffers that the processes of a training have each for itself, in a checkpoint.

Between two epochs the running mean of a batch norm that is not synchronized is another on each
process, while a checkpoint's ``state_dict`` has that of the first one.
"""
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_gather_object, get_rank, get_world_size
from torch import nn

from ..errors import InputError
from ..unwrapping import unwrap_model

#: Key of a checkpoint: a dict of buffers for each process.
KEY = 'rank_buffers'


def differing_buffers(model: nn.Module) -> list[dict[str, torch.Tensor]]:
    """Collect the buffers of all processes, which all have to ask for; none where all are equal."""
    if get_world_size() == 1:
        return []
    network = unwrap_model(model)
    stored = network.state_dict()
    ours = {
        name: buffer.detach().cpu() for name, buffer in network.named_buffers() if name in stored
    }
    first, *others = everyone = all_gather_object(ours)
    equal = all(torch.equal(first[name], other[name]) for other in others for name in first)
    return [] if equal else everyone


def use_own_buffers(checkpoint: dict[str, Any], path: str | Path) -> None:
    """Put this process's buffers into a checkpoint's ``state_dict``, in place.

    Where there are as many processes as then; otherwise all have those of the first.

    Raises:
        InputError: They are none of this model.
    """
    everyone = checkpoint.get(KEY)
    if not isinstance(everyone, list) or len(everyone) != get_world_size():
        return
    weights, buffers = checkpoint['state_dict'], everyone[get_rank()]
    if not isinstance(buffers, dict):
        raise InputError(path, KEY, type(buffers).__name__, 'a dict of buffers for each process')
    for name, buffer in buffers.items():
        stored = weights.get(name)
        if (not isinstance(buffer, torch.Tensor) or stored is None
                or (buffer.shape, buffer.dtype) != (stored.shape, stored.dtype)
                or not torch.isfinite(buffer).all()):
            raise InputError(path, f'{KEY}.{str(name)[:100]}', 'another buffer than in state_dict',
                             'finite numbers of its shape and type')
        weights[name] = buffer.to(stored.device)
