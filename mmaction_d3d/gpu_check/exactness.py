"""Float32 on the device against float64 on the CPU."""
import torch
from mmaction.registry import MODELS
from torch import nn

from ..evaluation.complexity import run_model
from .checks import CheckFailed, Outcome, check
from .context import Context
from .gradients import gradients, relative_error

# Relative errors. A ReLU whose input is within rounding of zero opens in one precision and not in
# the other, so that the gradient of a deep convolutional network cannot be closer.
TOLERANCE = {'logits': 1e-4, 'backbone': 5e-2, None: 5e-3}


@check('float32')
def check_float32(context: Context) -> Outcome:
    """Logits and gradients by part."""
    cfg, (inputs, labels) = context.read_config(), context.clips
    width = context.size.exact_width
    cfg.model.backbone.backbone.base_channels = width
    cfg.model.cls_head.in_channels = 4 * width
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    for block in model.backbone.blocks:
        # From zero, as they start, offsets and much of their gradient would go unseen.
        nn.init.normal_(block.deformable.search.to_offset.weight, std=0.3)
    batch = {key: value[:4] for key, value in inputs.items()}, labels[:4]
    wanted = gradients(model, run_model, *batch, 'cpu', torch.float64)
    tf32 = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        measured = gradients(model, run_model, *batch, context.device)
    finally:
        torch.backends.cuda.matmul.allow_tf32 = tf32
    errors = {
        part: relative_error(grad, wanted.parts[part]) for part, grad in measured.parts.items()
    }
    errors['logits'] = relative_error(measured.logits, wanted.logits)
    figures = dict(relative_error=errors, tolerance={str(k): v for k, v in TOLERANCE.items()})
    text = ', '.join(f'{part} {error:.1e}' for part, error in errors.items())
    wrong = [
        part for part, error in errors.items() if not error <= TOLERANCE.get(part, TOLERANCE[None])
    ]
    if wrong:
        raise CheckFailed(f'{", ".join(wrong)} beyond tolerance: relative errors {text}', figures)
    return f'relative errors to float64 on the CPU: {text}', figures
