"""A convolution over time that runs as a planar one."""

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
        y = F.conv2d(x.flatten(3), weight.flatten(3), bias, self.stride[:2], self.padding[:2])
        return y.unflatten(3, x.shape[3:])
