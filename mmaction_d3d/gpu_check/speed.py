"""Clips a second and memory: the whole model beside RGBPose-Conv3D, and the model's parts."""
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import Any, TypeVar

import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from torch import nn

from ..benchmarks.models import inference, mixed, noise, peer, training_step
from ..benchmarks.timing import Call, allocated, matrix_product, time_in_turn, warm_up
from ..bundled import ROOT
from ..models.layers import Tokens
from .checks import CheckFailed, Outcome, check
from .context import Context

Built = TypeVar('Built')


def our_model(context: Context, batch: int) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """Model of configs/d3d_ntu120_xset.py, of which a small size has less, and inputs of noise."""
    width, frames, side = context.size.speed_model
    cfg = Config.fromfile(str(ROOT / 'configs' / 'd3d_ntu120_xset.py')).model
    cfg.backbone.backbone.base_channels, cfg.cls_head.in_channels = width, 4 * width
    cfg.backbone.clip_len, cfg.backbone.img_size = frames, side
    joints = cfg.backbone.num_joints * cfg.backbone.num_person
    shapes = dict(imgs=(3, frames, side, side), keypoint=(frames, joints, 3))
    return MODELS.build(cfg).to(context.device), noise(shapes, batch, context.device)


def peer_model(context: Context, batch: int) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """RGBPose-Conv3D of MMAction2's own config with random weights, and inputs of noise."""
    frames, side = context.size.peer
    model = revert_sync_batchnorm(MODELS.build(peer('RGBPose-Conv3D').model))
    shapes = dict(imgs=(3, frames, side, side), heatmap_imgs=(17, 4 * frames, side // 4, side // 4))
    return model.to(context.device), noise(shapes, batch, context.device)


def fitting(build: Callable[[int], Built], first: int) -> tuple[Built, int]:
    """``build(batch)`` of the largest batch that fits: ``first``, or a half of a half of it.

    Returns:
        What it returned, and the batch.

    Raises:
        CheckFailed: Not even one clip fits.
    """
    batch = first
    while batch:
        try:
            return build(batch), batch
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
        batch //= 2
    raise CheckFailed('not even one clip fits into the memory of the GPU')


def _prepare(context: Context, make: Callable,
             batch: int) -> tuple[dict[str, Call], dict[str, float]]:
    """Both calls of a model, warm, and the memory of each in GiB."""
    base = allocated(context.device)
    model, inputs = make(context, batch)
    # Inference first: an optimiser keeps two numbers a weight.
    calls = dict(inference=inference(model, inputs, context.device, mixed),
                 training=training_step(model, inputs, context.device, mixed))
    return calls, {kind: _warm(call, context, base) for kind, call in calls.items()}


def _warm(call: Call, context: Context, base: int | None = None) -> float:
    """Run a call twice; GiB of the second above ``base`` bytes."""
    return warm_up(lambda: call, context.device, base)[1]


def _in_turn(calls: dict[str, Call], context: Context) -> dict[str, dict[str, float]]:
    """Milliseconds of each call and of the card's matrix product, and the latter's rate."""
    calls['GEMM'], macs = matrix_product(context.device, context.size.gemm)
    calls['GEMM']()
    figures = {
        name: dict(ms=1e3 * median(times), low=1e3 * min(times), high=1e3 * max(times))
        for name, times in time_in_turn(calls, context.device, context.size.repeats).items()
    }
    figures['GEMM']['tflops'] = 2 * macs / figures['GEMM']['ms'] / 1e9
    return figures


@check('speed')
def check_speed(context: Context) -> Outcome:
    """Training and inference beside RGBPose-Conv3D, one clip alone, and the card's product."""
    calls, batches, figures = {}, {}, {}
    for name, make in (('D3D', our_model), ('RGBPose-Conv3D', peer_model)):
        (made, memory), batch = fitting(partial(_prepare, context, make), context.size.speed_batch)
        for kind, call in made.items():
            calls[f'{name} {kind}'], batches[f'{name} {kind}'] = call, batch
            figures[f'{name} {kind}'] = dict(batch=batch, gib=memory[kind])
    model, inputs = our_model(context, 1)
    alone = 'D3D inference, one clip'
    calls[alone], batches[alone] = inference(model, inputs, context.device, mixed), 1
    figures[alone] = dict(batch=1, gib=_warm(calls[alone], context))
    for name, times in _in_turn(calls, context).items():
        figures.setdefault(name, {}).update(times)
        if name in batches:
            figures[name]['clips_per_second'] = 1e3 * batches[name] / times['ms']
    note = '; '.join(f'{name} {figure["clips_per_second"]:.1f} clips/s '
                     f'(batch {figure["batch"]}, {figure["gib"]:.2f} GiB)'
                     for name, figure in figures.items() if name in batches)
    return f'{note}; GEMM {figures["GEMM"]["tflops"]:.2f} TFLOP/s', figures


def captured(model: nn.Module, inputs: dict[str, torch.Tensor],
             device: str) -> dict[str, tuple[nn.Module, tuple, dict]]:
    """Modules of our model that are timed, each with the arguments of a forward pass.

    Raises:
        CheckFailed: A part was not called.
    """
    d3d: Any = model
    backbone = d3d.backbone
    first, last = backbone.blocks[0], backbone.blocks[-1]
    modules = {
        'backbone': backbone.backbone, 'pose tokens': backbone.pose_tokens, 'search':
        first.deformable.search, 'deformable, search included': first.deformable, 'joint':
        first.joint, 'temporal': first.temporal, 'temporal, last block': last.temporal, 'head':
        d3d.cls_head
    }
    arguments: dict[str, tuple[tuple, dict]] = {}
    hooks = [
        module.register_forward_pre_hook(
            lambda _, args, kwargs, name=name: arguments.setdefault(name, (args, kwargs)),
            with_kwargs=True) for name, module in modules.items()
    ]
    try:
        inference(model, inputs, device, mixed)()
    finally:
        for hook in hooks:
            hook.remove()
    for name in modules:
        if name not in arguments:
            raise CheckFailed(f'{name} was not called in a forward pass')
    return {name: (module, *arguments[name]) for name, module in modules.items()}


def _tensors(nested: Any) -> Iterator[torch.Tensor]:
    if torch.is_tensor(nested):
        yield nested
    elif isinstance(nested, (tuple, list)):
        for item in nested:
            yield from _tensors(item)


def _leaves(nested: Any) -> Any:
    """Return the same with tensors of its own, which take gradients."""
    if torch.is_tensor(nested):
        return nested.detach().clone().requires_grad_(nested.is_floating_point())
    return Tokens(*map(_leaves, nested)) if isinstance(nested, Tokens) else nested


def _part_calls(module: nn.Module, args: Sequence, kwargs: dict[str, Any],
                device: str) -> dict[str, Call]:
    """Inference and forward with backward of one part."""
    args = [_leaves(arg) for arg in args]

    def infer() -> None:
        module.eval()
        with torch.no_grad(), mixed(device):
            module(*args, **kwargs)

    def train() -> None:
        module.train()
        with mixed(device):
            outputs = module(*args, **kwargs)
        torch.stack([tensor.float().sum() for tensor in _tensors(outputs)
                     if tensor.requires_grad]).sum().backward()
        for tensor in _tensors((args, *module.parameters())):
            tensor.grad = None

    return dict(inference=infer, training=train)


@check('speed by part')
def check_speed_by_part(context: Context) -> Outcome:
    """Forward, and forward with backward, of each part of our model."""

    def build(batch: int) -> tuple[dict[str, Call], dict[str, float]]:
        calls, memory = {}, {}
        model, inputs = our_model(context, batch)
        for name, part in captured(model, inputs, context.device).items():
            for kind, call in _part_calls(*part, context.device).items():
                calls[f'{name}, {kind}'] = call
                memory[f'{name}, {kind}'] = _warm(call, context)
        return calls, memory

    (calls, memory), batch = fitting(build, context.size.speed_batch)
    figures = _in_turn(calls, context)
    for name, figure in figures.items():
        if name in memory:
            figure.update(batch=batch, gib=memory[name],
                          clips_per_second=1e3 * batch / figure['ms'])
    note = ', '.join(f'{name} {figure["ms"]:.1f}' for name, figure in figures.items()
                     if name in memory)
    return f'ms at batch {batch}: {note}', figures
