"""R(2+1)D-18 cut after its third stage, the feature extractor of the paper (section 3.1)."""
import math
from collections.abc import Sequence
from itertools import pairwise
from pickle import UnpicklingError
from typing import cast

import torch
from mmaction.registry import MODELS
from mmengine.logging import print_log
from mmengine.model import BaseModule
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from ...engine.checks import state_of
from ...errors import InputError
from ..layers.norm_relu_conv import norm_relu_conv
from ..layers.recomputed import recomputed
from ..layers.temporal_conv import SpatialConv3d, TemporalConv3d

_WANTED = "torchvision's r2plus1d_18 weights"
_STILL = 0.02
"""Deviation of normalised pixels, about one gray level, below which motion is not magnified."""


def with_motion(imgs: Tensor) -> Tensor:
    """Add what moves to the channels: frames less the clip's mean frame, of deviation 1.

    Args:
        imgs: Normalised RGB, B x 3 x T x H x W.

    Returns:
        B x 6 x T x H x W.
    """
    motion = imgs - imgs.mean(2, keepdim=True)
    spread = motion.square().mean((1, 2, 3, 4), keepdim=True).sqrt()
    return torch.cat((imgs, motion / spread.clamp(min=_STILL)), 1)


class Conv2Plus1D(nn.Sequential):
    """A k x k spatial convolution followed by a temporal one, with separate strides.

    torchvision's class of this name ties the temporal stride to the spatial one; the key names are
    the same, so that its published weights load.

    Args:
        in_planes: Input channels.
        planes: Output channels.
        midplanes: Channels between the two convolutions.
        stride: Temporal and spatial stride. Defaults to (1, 1).
    """

    def __init__(self, in_planes: int, planes: int, midplanes: int,
                 stride: tuple[int, int] = (1, 1)) -> None:
        time, space = stride
        super().__init__(SpatialConv3d(in_planes, midplanes, 3, space), nn.BatchNorm3d(midplanes),
                         nn.ReLU(inplace=True), TemporalConv3d(midplanes, planes, 3, time))

    def forward(self, x: Tensor) -> Tensor:
        """B x in_planes x T x H x W to B x planes x T / time stride x H / stride x W / stride."""
        return self.after_spatial(self[0](x))

    def after_spatial(self, x: Tensor) -> Tensor:
        """Run the rest, for a caller that has run the spatial convolution."""
        return norm_relu_conv(x, self[1], self[3])


class Stem(nn.Sequential):
    """A 7 x 7 spatial convolution and a temporal one, each with batch norm and ReLU.

    Args:
        in_planes: Input channels.
        planes: Output channels.
        midplanes: Channels between the two convolutions.
    """

    def __init__(self, in_planes: int, planes: int, midplanes: int) -> None:
        super().__init__(SpatialConv3d(in_planes, midplanes, 7, 2), nn.BatchNorm3d(midplanes),
                         nn.ReLU(inplace=True), TemporalConv3d(midplanes, planes, 3),
                         nn.BatchNorm3d(planes), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        """B x in_planes x T x H x W to B x planes x T x H/2 x W/2."""
        spatial, norm, _, temporal, last_norm, relu = self
        return relu(last_norm(norm_relu_conv(spatial(x), norm, temporal)))


class PointwiseConv3d(nn.Conv3d):
    """A 1 x 1 x 1 convolution whose weight's gradient lies in memory as the weight does.

    Of channels-last inputs torch gives one with other strides, which distributed training copies at
    each step, with a warning.

    Args:
        in_channels: Input channels.
        out_channels: Output channels.
        stride: Strides over (T, H, W).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: tuple[int, int, int]) -> None:
        super().__init__(in_channels, out_channels, 1, stride, bias=False)

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return super()._conv_forward(x, weight.flatten().view_as(weight), bias)


class ResidualBlock(nn.Module):
    """Two (2+1)D convolutions and a shortcut, with the key names of torchvision's basic block.

    Args:
        in_planes: Input channels.
        planes: Output channels.
        stride: Temporal and spatial stride of the first convolution. Defaults to (1, 1).
    """

    def __init__(self, in_planes: int, planes: int, stride: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        # As many weights as a 3 x 3 x 3 convolution (Tran et al., 2018).
        midplanes = 27 * in_planes * planes // (9 * in_planes + 3 * planes)
        self.conv1 = nn.Sequential(Conv2Plus1D(in_planes, planes, midplanes, stride),
                                   nn.BatchNorm3d(planes), nn.ReLU(inplace=True))
        self.conv2 = nn.Sequential(Conv2Plus1D(planes, planes, midplanes), nn.BatchNorm3d(planes))
        self.downsample = None
        if stride != (1, 1) or in_planes != planes:
            time, space = stride
            self.downsample = nn.Sequential(
                PointwiseConv3d(in_planes, planes, (time, space, space)), nn.BatchNorm3d(planes))

    def forward(self, x: Tensor) -> Tensor:
        """B x in_planes x T x H x W to B x planes x T x H x W, over the strides."""
        (first, norm, relu), (_, last_norm) = self.conv1, self.conv2
        second = cast(Conv2Plus1D, self.conv2[0])
        out = norm_relu_conv(first(x), norm, second[0])
        out = last_norm(second.after_spatial(out))
        out += x if self.downsample is None else self.downsample(x)
        return relu(out)


@MODELS.register_module()
class R2Plus1D(BaseModule):
    """R(2+1)D-18 that returns F_a and F_b.

    Paper symbols: F_a -> output of ``layer1`` (C channels, H/2 x W/2), F_b -> output of ``layer3``
    (4C channels, H/8 x W/8). Layout and key names are torchvision's ``r2plus1d_18``.

    Args:
        base_channels: C, the channels of F_a. Defaults to 64.
        temporal_strides: Temporal strides of the three stages. Defaults to (1, 1, 1).
        out_stages: Stages whose output is returned; later ones are not built. Defaults to (1, 3),
            that is F_a and F_b.
        pretrained: Path or URL of torchvision's ``r2plus1d_18`` weights (Kinetics-400). Needs
            ``base_channels=64``. Defaults to None, training from scratch as in the paper.
        motion: Whether the stem also sees what moves, see :func:`with_motion`; published weights
            start without it. For cameras that stand still. Defaults to False.
        with_cp: Whether training computes activations within the stem and each residual block
            again instead of storing them. Defaults to False.
        init_cfg: mmengine's initialisation config. Defaults to None.

    Attributes:
        temporal_stride: Frames from one of F_b to the next.
    """

    def __init__(self, base_channels: int = 64, temporal_strides: Sequence[int] = (1, 1, 1),
                 out_stages: Sequence[int] = (1, 3), pretrained: str | None = None,
                 motion: bool = False, with_cp: bool = False, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.motion, self.with_cp = motion, with_cp
        self.out_stages = tuple(out_stages)
        self.pretrained = pretrained
        self.temporal_stride = math.prod(temporal_strides[:max(out_stages)])
        self.stage_channels = tuple(base_channels * 2**i for i in range(max(out_stages)))
        stem_planes = max(1, round(45 * base_channels / 64))
        self.stem = Stem(6 if motion else 3, base_channels, stem_planes)
        in_planes = base_channels
        for stage, planes in enumerate(self.stage_channels, start=1):
            stride = (temporal_strides[stage - 1], 1 if stage == 1 else 2)
            self.add_module(
                f'layer{stage}',
                nn.Sequential(ResidualBlock(in_planes, planes, stride),
                              ResidualBlock(planes, planes)))
            in_planes = planes
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')

    def init_weights(self) -> None:
        """Load ``pretrained`` and log which of its keys were used.

        Raises:
            InputError: The file does not hold this network's weights.
        """
        super().init_weights()
        if self.pretrained is None:
            return
        weights, expected = self._read_pretrained(self.pretrained), self.state_dict()
        if self.motion and 'stem.0.weight' in weights:
            stem = weights['stem.0.weight']
            weights = dict(weights, **{'stem.0.weight': torch.cat((stem, 0 * stem), 1)})
        used = {k: v for k, v in weights.items() if k in expected and v.shape == expected[k].shape}
        missing = sorted(set(expected) - set(used))
        if missing:
            raise InputError(
                self.pretrained, 'state_dict',
                f'{len(used)} of {len(expected)} weights of R2Plus1D (first lacking or of '
                f'another shape: {missing[0]})', _WANTED)
        unused = sorted(set(weights) - set(used))
        self.load_state_dict(used)
        print_log(
            f'R2Plus1D: {len(used)} keys of {self.pretrained} used, {len(unused)} unused' +
            (f' ({", ".join(unused)})' if unused else ''), logger='current')

    def _read_pretrained(self, path: str) -> dict[str, Tensor]:
        """State dict of the file ``pretrained``."""
        try:
            checkpoint = CheckpointLoader.load_checkpoint(path, map_location='cpu')
        except (OSError, EOFError, RuntimeError, UnpicklingError) as error:
            raise InputError(path, 'pretrained', str(error).partition('\n')[0], _WANTED) from error
        return state_of(path, checkpoint, _WANTED)

    def forward(self, imgs: Tensor) -> tuple[Tensor, ...]:
        """Compute the feature maps.

        Args:
            imgs: Normalised RGB, B x 3 x T x H x W.

        Returns:
            F_a, B x C x T x H/2 x W/2, and F_b, B x 4C x T x H/8 x W/8 (sizes rounded up; frames
            divided by the temporal strides).
        """
        if self.motion:
            imgs = with_motion(imgs)
        # Channels-last runs the 3D convolutions about 1.2 times faster, on CPUs as on GPUs.
        x = self._run(self.stem, imgs.contiguous(memory_format=torch.channels_last_3d))
        maps = []
        for stage in range(1, len(self.stage_channels) + 1):
            for block in getattr(self, f'layer{stage}'):
                x = self._run(block, x)
            if stage in self.out_stages:
                maps.append(x)
        return tuple(maps)

    def _run(self, module: nn.Module, x: Tensor) -> Tensor:
        return recomputed(module, x) if self.with_cp else module(x)

    def fold_norms(self) -> None:
        """Move each batch norm into the convolution before it, in place, for inference alone."""
        parts = [(name, part) for name, part in self.named_modules() if not list(part.children())]
        for (_, conv), (name, norm) in pairwise(parts):
            if isinstance(conv, nn.Conv3d) and isinstance(norm, nn.BatchNorm3d):
                assert norm.running_mean is not None and norm.running_var is not None
                conv.weight, conv.bias = fuse_conv_bn_weights(conv.weight, conv.bias,
                                                              norm.running_mean, norm.running_var,
                                                              norm.eps, norm.weight, norm.bias)
                self.set_submodule(name, nn.Identity())
