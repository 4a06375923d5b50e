"""Gradients in mixed precision against float64, beside torchvision's r2plus1d_18."""
import functools
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import nn
from torchvision.models.video import r2plus1d_18

from ..evaluation.complexity import run_model
from .checks import CheckFailed, Outcome, check
from .context import Context
from .gradients import Gradients, cosines, gradients

# 1 - cosine of a part may be this many times the control's worst, or below the floor.
MARGIN = 3.
FLOOR = 0.02


class Trained(NamedTuple):
    """A model after a few steps, on the CPU, and how to call it."""
    model: nn.Module
    call: Callable
    losses: list


def call_control(model: nn.Module, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """Logits of torchvision's network, which sees no skeletons."""
    return model(inputs['imgs'].flatten(0, 1))


@functools.lru_cache(maxsize=1)
def trained_pair(context: Context) -> tuple[Trained, Trained]:
    """Our model and the control, trained alike on the same batches."""
    torch.manual_seed(0)
    ours = MODELS.build(context.read_config().model)
    torch.manual_seed(0)
    control = r2plus1d_18(weights=None, num_classes=8)
    return _train(context, ours, run_model), _train(context, control, call_control)


def _train(context: Context, model: nn.Module, call: Callable) -> Trained:
    inputs, labels = context.clips
    model = model.to(context.device).train()
    steps = context.size.steps
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4)
    warmup = torch.optim.lr_scheduler.LinearLR(optimizer, 0.01, total_iters=max(1, steps // 3))
    order, losses = torch.Generator().manual_seed(0), []
    for _ in range(steps):
        picked = torch.randperm(len(labels), generator=order)[:context.size.batch]
        batch = {key: value[picked].to(context.device) for key, value in inputs.items()}
        loss = F.cross_entropy(call(model, batch).float(), labels[picked].to(context.device))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.)
        optimizer.step()
        warmup.step()
        losses.append(loss.item())
    return Trained(model.cpu(), call, losses)


@functools.lru_cache(maxsize=1)
def wanted_pair(context: Context) -> list[Gradients]:
    """Return the float64 gradients of both, on the device."""
    batch = _batch(context)
    return [
        gradients(trained.model, trained.call, *batch, context.device, torch.float64)
        for trained in trained_pair(context)
    ]


def _batch(context: Context) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    inputs, labels = context.clips
    count = context.size.batch
    return {key: value[:count] for key, value in inputs.items()}, labels[:count]


def verdict(ours: dict[str, float], control: dict[str, float]) -> list[str]:
    """Parts of ours that are worse than the margin lets them be, by cosines of both."""
    allowed = max(FLOOR, MARGIN * max(1 - cosine for cosine in control.values()))
    return [part for part, cosine in ours.items() if not 1 - cosine <= allowed]


def _check_precision(context: Context, dtype: torch.dtype) -> Outcome:
    if context.device == 'cuda' and dtype is torch.bfloat16 and (
            not torch.cuda.is_bf16_supported(including_emulation=False)):
        return 'the card has no bfloat16: float16 is used', {}
    measured = [
        gradients(trained.model, trained.call, *_batch(context), context.device, dtype)
        for trained in trained_pair(context)
    ]
    ours, control = (cosines(*both) for both in zip(measured, wanted_pair(context)))
    names = 'ours', 'r2plus1d_18'
    losses = dict(zip(names, (trained.losses for trained in trained_pair(context))))
    cosines_of = dict(zip(names, (ours, control)))
    figures = dict(cosines_of, margin=MARGIN, floor=FLOOR, losses=losses)
    text = 'cosines to float64: ' + '; '.join(
        f'{name} ' + ', '.join(f'{part} {cosine:.4f}'
                               for part, cosine in cosines_of[name].items()) +
        f' (loss {losses[name][0]:.2f} to {losses[name][-1]:.2f})' for name in names)
    if -1. in control.values():
        raise CheckFailed(f"the control's gradient is not finite; {text}", figures)
    wrong = verdict(ours, control)
    if wrong:
        raise CheckFailed(f'{", ".join(wrong)} worse than the control; {text}', figures)
    return text, figures


@check('gradient bfloat16')
def check_bfloat16(context: Context) -> Outcome:
    """Cosine by part under bfloat16 autocast."""
    return _check_precision(context, torch.bfloat16)


@check('gradient float16')
def check_float16(context: Context) -> Outcome:
    """Cosine by part under float16 autocast."""
    return _check_precision(context, torch.float16)
