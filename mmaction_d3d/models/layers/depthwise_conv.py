"""A depthwise convolution over space and time in the form that each device runs fast."""
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DepthwiseConv3d(nn.Conv3d):
    """A depthwise k_t x k_h x k_w convolution without padding, stride 1; B x C x T x H x W.

    torch's own form runs as one convolution a channel on GPUs, and its gradient in slow direct
    kernels everywhere. Each form below computes the same sums:

    - on GPUs, matrix products with the filters' rows laid out as Toeplitz matrices;
    - on CPUs in training, planar convolutions, one for each of the k_t frames of the filter;
    - on CPUs in inference, torch's.

    Args:
        channels: Input and output channels.
        kernel_size: (k_t, k_h, k_w).
    """

    def __init__(self, channels: int, kernel_size: tuple[int, int, int]) -> None:
        super().__init__(channels, channels, kernel_size, groups=channels)

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if x.is_cuda:
            summed = depthwise_by_products(x, weight)
        elif torch.is_grad_enabled():
            summed = depthwise_by_planes(x, weight)
        else:
            return super()._conv_forward(x, weight, bias)
        return summed if bias is None else summed + bias.to(summed.dtype).view(-1, 1, 1, 1)


def depthwise_by_planes(x: Tensor, weight: Tensor) -> Tensor:
    """Sum k_t planar depthwise convolutions with time folded into the batch.

    Args:
        x: B x C x T x H x W.
        weight: C x 1 x k_t x k_h x k_w.

    Returns:
        B x C x T~ x H~ x W~, at least float32.
    """
    batch, channels, frames = x.shape[:3]
    kept_frames = frames - weight.shape[2] + 1
    # Time first: the frames under each plane of the filter are then one piece of memory.
    frames_first = x.movedim(2, 0).flatten(0, 1).contiguous(memory_format=torch.channels_last)
    parts = (F.conv2d(frames_first[index * batch:(index + kept_frames) * batch], plane,
                      groups=channels) for index, plane in enumerate(weight.unbind(2)))
    return _sum(parts).unflatten(0, (kept_frames, batch)).movedim(0, 2)


def depthwise_by_products(x: Tensor, weight: Tensor) -> Tensor:
    """Sum over a row of the filter as a product with a Toeplitz matrix, one batch of products.

    Of a product's sums only k_w / W are of use, but it runs on tensor cores, with accumulation in
    float32, at many times the rate of a direct convolution.

    Args:
        x: B x C x T x H x W.
        weight: C x 1 x k_t x k_h x k_w.

    Returns:
        B x C x T~ x H~ x W~, at least float32.
    """
    if torch.is_autocast_enabled(x.device.type):
        low = torch.get_autocast_dtype(x.device.type)
        x, weight = x.to(low), weight.to(low)
    batch, channels, frames, _, width = x.shape
    times, rows, columns = weight.shape[2:]
    kept_frames, kept_width = frames - times + 1, width - columns + 1
    # Multiples of 8, which the products' kernels want.
    padded_width, padded_kept = -(-width // 8) * 8, -(-kept_width // 8) * 8

    planes = F.pad(x.transpose(0, 1), (0, padded_width - width))  # C x B x T x H x W
    matrix = toeplitz(weight[:, 0], padded_width, padded_kept)  # C x k_t x k_h x W x W~
    matrix = matrix.permute(0, 2, 3, 1, 4).flatten(3).flatten(1, 2)  # C x (k_h W) x (k_t W~)
    with torch.autocast(x.device.type, enabled=False):
        product = _SlidingProduct.apply(planes, matrix, rows)
    product = product.view(channels, batch, frames, -1, times, padded_kept)
    # Frame t + i of the input meets plane i of the filter.
    parts = (plane[:, :, index:index + kept_frames, :, :kept_width]
             for index, plane in enumerate(product.unbind(4)))
    return _sum(parts).transpose(0, 1)


def _sum(parts: Iterator[Tensor]) -> Tensor:
    """Sum of tensors, at least float32."""
    wide = (part.to(torch.promote_types(part.dtype, torch.float32)) for part in parts)
    total = next(wide)
    for part in wide:
        total = total + part
    return total


class _SlidingProduct(torch.autograd.Function):
    """Each ``rows`` rows that follow one another, as one row, times a matrix, for every channel.

    C x B x T x H x W and C x (rows W) x N to C x (B T H~) x N. The rows under the filter, k_h times
    the volume, are laid out again in the backward pass instead of kept.
    """

    @staticmethod
    def forward(ctx: Any, planes: Tensor, matrix: Tensor, rows: int) -> Tensor:
        ctx.save_for_backward(planes, matrix)
        ctx.rows = rows
        return _rows_under_filter(planes, rows) @ matrix

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        planes, matrix = ctx.saved_tensors
        grad_matrix = _rows_under_filter(planes, ctx.rows).transpose(1, 2) @ grad
        grad_rows = (grad @ matrix.transpose(1, 2)).view(*planes.shape[:3], -1, ctx.rows,
                                                         planes.shape[4])
        grad_planes = torch.ops.aten.unfold_backward(grad_rows.transpose(-1, -2), planes.shape, 3,
                                                     ctx.rows, 1)
        return grad_planes, grad_matrix, None


def _rows_under_filter(planes: Tensor, rows: int) -> Tensor:
    """C x B x T x H x W to C x (B T H~) x (rows W)."""
    under = planes.unfold(3, rows, 1).transpose(-1, -2)  # C x B x T x H~ x rows x W
    return under.reshape(len(planes), -1, rows * planes.shape[4])


def toeplitz(rows: Tensor, inputs: int, outputs: int) -> Tensor:
    """Lay filters out as matrices: a row of ``inputs`` numbers times one is its correlation.

    Args:
        rows: ... x k.
        inputs: Numbers in a row of the input.
        outputs: Numbers in a row of the output.

    Returns:
        ... x inputs x outputs, whose column j holds the filter from row j on.
    """
    size = max(inputs, outputs + rows.shape[-1] - 1)
    # Repeating the filter with one zero more than a column has moves it by one from column to
    # column.
    padded = F.pad(rows, (0, size + 1 - rows.shape[-1])).unsqueeze(-2)
    repeated = padded.expand(*rows.shape[:-1], outputs, size + 1).flatten(-2)
    columns = repeated[..., :outputs * size].unflatten(-1, (outputs, size))
    return columns[..., :inputs].transpose(-1, -2)
