"""Losses and gradients of a model by part, in any precision."""
import copy
from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Names of parameters to parts; the first that fits counts.
_D3D_PARTS = {
    'backbone.backbone.': 'backbone', 'backbone.pose_tokens.': 'pose tokens', 'backbone.blocks.':
    'blocks', 'cls_head.': 'head', 'backbone.': 'other tokens'
}
# torchvision's; its first stages are our backbone's.
_CONTROL_PARTS = {'stem.': 'backbone', 'layer4.': 'layer4', 'layer': 'backbone', 'fc.': 'head'}
_FLOAT16_SCALE = 1024.  # of the loss, as gradient scaling does; without it small gradients vanish


class Gradients(NamedTuple):
    """Logits and gradients of one batch, float64 on the CPU."""
    logits: Tensor
    parts: dict[str, Tensor]


def gradients(model: nn.Module, call: Callable, inputs: dict[str, Tensor], labels: Tensor,
              device: str, dtype: torch.dtype | None = None) -> Gradients:
    """Gradients of the cross entropy of one batch; the model stays as it is.

    Args:
        model: In training mode, float32.
        call: Takes model and inputs, returns logits.
        inputs: Float32.
        labels: Classes.
        device: Where to compute.
        dtype: bfloat16 or float16: under autocast; float64: everything in it. Defaults to None:
            float32.
    """
    whole = torch.float64 if dtype is torch.float64 else torch.float32
    mixed = dtype in (torch.bfloat16, torch.float16)
    model = copy.deepcopy(model).to(device=device, dtype=whole).train()
    inputs = {key: value.to(device=device, dtype=whole) for key, value in inputs.items()}
    scale = _FLOAT16_SCALE if dtype is torch.float16 else 1.
    with ExitStack() as stack:
        stack.enter_context(
            torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=False,
                                       allow_tf32=False))
        if device == 'cpu' and dtype is torch.bfloat16:
            # oneDNN's gradient of temporal convolutions on small maps holds memory that was never
            # written: infinite and different in each call.
            stack.enter_context(torch.backends.mkldnn.flags(enabled=False))
        with torch.autocast(device, dtype=dtype if mixed else torch.bfloat16, enabled=mixed):
            logits = call(model, inputs)
        logits = logits.to(whole)
        (scale * F.cross_entropy(logits, labels.to(device))).backward()
    table = _D3D_PARTS if hasattr(model, 'cls_head') else _CONTROL_PARTS
    parts: dict[str, list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        part = next(label for head, label in table.items() if name.startswith(head))
        if parameter.grad is None:
            raise ValueError(f'{name} has no part in the logits: it got no gradient')
        parts.setdefault(part, []).append(parameter.grad.double().cpu().flatten() / scale)
    return Gradients(logits.detach().double().cpu(),
                     {part: torch.cat(pieces) for part, pieces in parts.items()})


def cosines(measured: Gradients, wanted: Gradients) -> dict[str, float]:
    """Cosine of two gradients by part; of a gradient that is not finite, -1."""
    return {
        part:
        F.cosine_similarity(grad, wanted.parts[part], dim=0).item()
        if torch.isfinite(grad).all() else -1. for part, grad in measured.parts.items()
    }


def relative_error(measured: Tensor, wanted: Tensor) -> float:
    """Norm of the difference over the norm of what is wanted."""
    return ((measured - wanted).norm() / wanted.norm()).item()
