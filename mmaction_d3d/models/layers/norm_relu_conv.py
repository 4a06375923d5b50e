"""Batch norm, ReLU and convolution that keep one activation for the backward pass, not two."""
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .temporal_conv import SpatialConv3d, TemporalConv3d, planes


def norm_relu_conv(x: Tensor, norm: nn.Module, conv: nn.Module) -> Tensor:
    """conv(relu(norm(x))), in training without storing what enters the convolution.

    That activation is recomputed from ``x`` in the backward pass, elementwise: a fifth of the
    backbone's memory for about 2 % of its time. Used where statistics are those of this batch
    alone; otherwise the three layers run as they are.

    Args:
        x: B x C x T x H x W.
        norm: Batch norm over C channels.
        conv: Convolution without bias.

    Returns:
        Output of the convolution.
    """
    # A compiler decides itself what to recompute.
    if (not (type(norm) is nn.BatchNorm3d and norm.training and norm.momentum is not None
             and isinstance(conv, nn.Conv3d) and torch.is_grad_enabled())
            or torch.compiler.is_compiling()):
        return conv(F.relu(norm(x), inplace=True))
    if norm.num_batches_tracked is not None:
        norm.num_batches_tracked.add_(1)
    dtype = x.dtype
    if torch.is_autocast_enabled(x.device.type):
        dtype = torch.get_autocast_dtype(x.device.type)
    # Autocast would keep its copies of weights for others, cut off from the graph in here.
    with torch.autocast(x.device.type, enabled=False):
        return _NormReLUConv.apply(x, norm.weight, norm.bias, conv.weight, norm, conv, dtype)


class _NormReLUConv(torch.autograd.Function):

    @staticmethod
    def forward(ctx: Any, x: Tensor, gamma: Tensor, beta: Tensor, weight: Tensor,
                norm: nn.BatchNorm3d, conv: nn.Conv3d, dtype: torch.dtype) -> Tensor:
        assert norm.momentum is not None  # as norm_relu_conv has seen
        y, mean, inv_std = torch.native_batch_norm(x, gamma, beta, norm.running_mean,
                                                   norm.running_var, True, norm.momentum, norm.eps)
        ctx.save_for_backward(x, gamma, beta, weight, mean, inv_std)
        ctx.eps, ctx.conv, ctx.dtype = norm.eps, conv, dtype
        return conv._conv_forward(y.relu_().to(dtype), weight.to(dtype), None)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, gamma, beta, weight, mean, inv_std = ctx.saved_tensors
        # The statistics and parameters are of x's type or, beside half precision, float32.
        scale = gamma * inv_std
        shape = (1, -1, 1, 1, 1)
        y = torch.addcmul((beta - mean * scale).view(shape), x, scale.view(shape)).relu_()
        y = y.to(ctx.dtype)
        grad_y, grad_weight = _conv_backward(ctx.conv, grad, y, weight.to(ctx.dtype))
        grad_y = torch.ops.aten.threshold_backward(grad_y, y, 0).to(x.dtype)
        del y
        grad_x, grad_gamma, grad_beta = torch.ops.aten.native_batch_norm_backward(
            grad_y, x, gamma, None, None, mean, inv_std, True, ctx.eps, (True, True, True))
        return grad_x, grad_gamma, grad_beta, grad_weight.to(weight.dtype), None, None, None


def _conv_backward(conv: nn.Conv3d, grad: Tensor, x: Tensor, weight: Tensor) -> list[Tensor]:
    """Gradients of a convolution with respect to its input and its weight."""
    shapes, axes = (x.shape, weight.shape), 3
    if isinstance(conv, SpatialConv3d):
        grad_x, grad_weight, _ = torch.ops.aten.convolution_backward(planes(grad), planes(x),
                                                                     weight.squeeze(2), None,
                                                                     conv.stride[1:],
                                                                     conv.padding[1:], (1, 1),
                                                                     False, (0, 0), 1,
                                                                     (True, True, False))
        grad_x = grad_x.unflatten(0, (x.shape[0], x.shape[2])).transpose(1, 2)
        return [grad_x, grad_weight.view(weight.shape)]
    if isinstance(conv, TemporalConv3d):
        grad, x, weight, axes = grad.flatten(3), x.flatten(3), weight.flatten(3), 2
    grads = torch.ops.aten.convolution_backward(grad, x, weight, None, conv.stride[:axes],
                                                conv.padding[:axes], (1, ) * axes, False,
                                                (0, ) * axes, 1, (True, True, False))
    return [grad.view(shape) for grad, shape in zip(grads, shapes)]
