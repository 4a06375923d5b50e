"""CSPNeXt, the backbone of RTMPose, where mmdet is not there to lend its own.

The configs of mmpose 1.1.0 name mmdet's, which needs mmcv with operators. Later versions of mmpose
have one of their own and need these operators to be imported at all. Names of the weights are those
of the published checkpoints.
"""
from collections.abc import Sequence
from typing import Any

import torch
from mmcv.cnn import ConvModule, DepthwiseSeparableConvModule
from mmengine.model import BaseModule
from torch import nn

#: Channels that go in and come out, blocks, whether they add their input, whether it pools.
STAGES = ((64, 128, 3, True, False), (128, 256, 6, True, False), (256, 512, 6, True, False),
          (512, 1024, 3, False, True))
POOLINGS = (5, 9, 13)  # windows


class CSPNeXt(BaseModule):
    """Five levels, each of half the size of the one before; arguments are those of mmdet's.

    Args:
        arch: Only ``'P5'``.
        deepen_factor: Blocks of a stage, as a share of those of :data:`STAGES`.
        widen_factor: Channels, likewise.
        out_indices: Levels that :meth:`forward` returns, 0 to 4.
        expand_ratio: Channels of each of the two paths of a stage, as a share of the stage's.
        channel_attention: Whether a stage weighs its channels.
        norm_cfg: Of the norms.
        act_cfg: Of the activations.
        init_cfg: mmengine's initialisation config.
    """

    def __init__(self, arch: str = 'P5', deepen_factor: float = 1.0, widen_factor: float = 1.0,
                 out_indices: Sequence[int] = (2, 3, 4), expand_ratio: float = 0.5,
                 channel_attention: bool = True, norm_cfg: dict | None = None,
                 act_cfg: dict | None = None, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if arch != 'P5':
            raise ValueError(f'CSPNeXt of the arch {arch}: only P5 is here')
        self.out_indices = out_indices
        parts: dict[str, Any] = dict(norm_cfg=norm_cfg or dict(type='BN', momentum=0.03, eps=1e-3),
                                     act_cfg=act_cfg or dict(type='SiLU'))
        width = int(STAGES[0][0] * widen_factor)
        half = int(STAGES[0][0] * widen_factor // 2)
        self.stem = nn.Sequential(ConvModule(3, half, 3, stride=2, padding=1, **parts),
                                  ConvModule(half, half, 3, padding=1, **parts),
                                  ConvModule(half, width, 3, padding=1, **parts))
        for number, (before, after, blocks, adds, pools) in enumerate(STAGES, 1):
            before, after = int(before * widen_factor), int(after * widen_factor)
            layers = [ConvModule(before, after, 3, stride=2, padding=1, **parts)]
            if pools:
                layers.append(_Pooling(after, parts))
            layers.append(
                _Paths(after, int(after * expand_ratio), max(round(blocks * deepen_factor), 1),
                       adds, channel_attention, parts))
            self.add_module(f'stage{number}', nn.Sequential(*layers))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the levels of ``out_indices`` of B x 3 x H x W."""
        levels = [self.stem(images)]
        for number in range(1, len(STAGES) + 1):
            levels.append(getattr(self, f'stage{number}')(levels[-1]))
        return tuple(level for index, level in enumerate(levels) if index in self.out_indices)


class _Pooling(nn.Module):
    """Maxima over windows of several sizes, side by side."""

    def __init__(self, channels: int, parts: dict) -> None:
        super().__init__()
        half = channels // 2
        self.conv1 = ConvModule(channels, half, 1, **parts)
        self.conv2 = ConvModule(half * (len(POOLINGS) + 1), channels, 1, **parts)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        pooled = [nn.functional.max_pool2d(x, size, 1, size // 2) for size in POOLINGS]
        return self.conv2(torch.cat([x, *pooled], dim=1))


class _Paths(nn.Module):
    """A long and a short path, joined (cross stage partial)."""

    def __init__(self, channels: int, width: int, blocks: int, adds: bool, attention: bool,
                 parts: dict) -> None:
        super().__init__()
        self.main_conv = ConvModule(channels, width, 1, **parts)
        self.short_conv = ConvModule(channels, width, 1, **parts)
        self.final_conv = ConvModule(2 * width, channels, 1, **parts)
        self.blocks = nn.Sequential(*(_Block(width, adds, parts) for _ in range(blocks)))
        self.attention = _ChannelAttention(2 * width) if attention else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        both = torch.cat([self.blocks(self.main_conv(x)), self.short_conv(x)], dim=1)
        return self.final_conv(self.attention(both))


class _Block(nn.Module):
    """A convolution, and a wide depthwise one."""

    def __init__(self, channels: int, adds: bool, parts: dict) -> None:
        super().__init__()
        self.conv1 = ConvModule(channels, channels, 3, padding=1, **parts)
        self.conv2 = DepthwiseSeparableConvModule(channels, channels, 5, padding=2, **parts)
        self.adds = adds

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        after = self.conv2(self.conv1(x))
        return after + x if self.adds else after


class _ChannelAttention(nn.Module):
    """Weights of the channels, from their means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * nn.functional.hardsigmoid(self.fc(x.mean((2, 3), keepdim=True)))
