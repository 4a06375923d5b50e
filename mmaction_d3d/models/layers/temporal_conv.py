"""Convolutions over time, or over space, that run as planar ones: views of channels-last data."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TemporalConv3d(nn.Conv3d):
    """A k x 1 x 1 convolution computed over T x (H W) as a k x 1 one: a view of channels-last data.

    On one CPU thread and a batch below 16, torch runs the three-dimensional form outside oneDNN,
    8 to 12 times slower at 16 to 64 channels.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        kernel_size: k, odd; padding keeps the number of frames.
        stride: Temporal stride. Defaults to 1.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int,
                 stride: int = 1) -> None:
        super().__init__(in_channels, out_channels, (kernel_size, 1, 1), (stride, 1, 1),
                         (kernel_size // 2, 0, 0), bias=False)

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        weight = weight.flatten(3)
        if x.is_cpu and not (torch.is_grad_enabled() or torch.compiler.is_compiling()):
            # A batch of 1 may be taken for one of another order, which is 13 times slower, and
            # then so is all that follows; not if the weight says it.
            weight = weight.contiguous(memory_format=torch.channels_last)
        y = F.conv2d(x.flatten(3), weight, bias, self.stride[:2], self.padding[:2])
        return y.unflatten(3, x.shape[3:])


class SpatialConv3d(nn.Conv3d):
    """A 1 x k x k convolution computed over (B T) x H x W as a k x k one.

    On one CPU thread torch runs the three-dimensional form of a single small clip outside oneDNN,
    3.6 times slower at 16 channels and 40 x 40.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        kernel_size: k, odd; padding keeps height and width.
        stride: Spatial stride. Defaults to 1.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int,
                 stride: int = 1) -> None:
        super().__init__(in_channels, out_channels, (1, kernel_size, kernel_size),
                         (1, stride, stride), (0, kernel_size // 2, kernel_size // 2), bias=False)

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        y = F.conv2d(planes(x), weight.squeeze(2), bias, self.stride[1:], self.padding[1:])
        return y.unflatten(0, (x.shape[0], x.shape[2])).transpose(1, 2)


def planes(x: Tensor) -> Tensor:
    """B x C x T x H x W to (B T) x C x H x W."""
    return x.transpose(1, 2).flatten(0, 1)
