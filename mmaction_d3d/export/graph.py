"""A recognizer as one graph of tensors, for any batch, number of people, frames and size."""
from collections.abc import Callable
from typing import Any, cast

import torch
from mmaction.models.recognizers import BaseRecognizer
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from ..errors import InputError
from ..models.backbones import D3DTransformer

_MOST = dict(frames=1024, height=4096, width=4096)


class ClipScores(nn.Module):
    """Pixels and joints to logits, what MMAction2 does around the network included.

    Args:
        network: The recognizer.

    Raises:
        InputError: It is none of this package's, or prepares its input in another way.
    """
    mean: Tensor
    std: Tensor

    def __init__(self, network: BaseRecognizer) -> None:
        super().__init__()
        if not isinstance(network.backbone, D3DTransformer):
            raise InputError('model', 'backbone',
                             type(network.backbone).__name__, 'D3DTransformer, for an export')
        parts = getattr(network.data_preprocessor, 'preprocessors', {})
        pixels = parts['imgs'] if set(parts) == {'imgs'} else None
        if pixels is None or not hasattr(pixels, 'mean') or pixels.to_rgb:
            raise InputError('model', 'data_preprocessor',
                             type(network.data_preprocessor).__name__,
                             'D3DDataPreprocessor with mean and std of imgs alone, for an export')
        self.backbone, self.head = network.backbone, network.cls_head
        self.num_tokens = network.backbone.num_person * network.backbone.num_joints
        self.register_buffer('mean', pixels.mean.clone())
        self.register_buffer('std', pixels.std.clone())

    def forward(self, imgs: Tensor, keypoint: Tensor) -> Tensor:
        """Score clips.

        Args:
            imgs: RGB, B x 3 x T x H x W, uint8.
            keypoint: x, y in pixels of ``imgs`` and score, B x T x (people V) x 3; people who are
                fewer than the model takes are missing joints, as in :class:`PackRGBPose`.

        Returns:
            Logits, B x classes.
        """
        # As many absent people as there could be, then cut: a graph cannot pad by 0 or more.
        absent = keypoint.new_zeros(*keypoint.shape[:2], self.num_tokens, 3)
        keypoint = torch.cat((keypoint, absent), dim=2)[:, :, :self.num_tokens]
        return self.head(self.backbone(imgs=(imgs - self.mean) / self.std, keypoint=keypoint))


def export_graph(network: BaseRecognizer) -> tuple[ExportedProgram, dict[str, Any]]:
    """Trace a recognizer once, for inputs of any size.

    Args:
        network: In evaluation mode, on the CPU.

    Returns:
        The program, and the ranges of its sizes: ``frames``, ``height``, ``width``, ``people``,
        each least and most; the batch has none.

    Raises:
        InputError: See :class:`ClipScores`.
    """
    module = ClipScores(network).eval()
    backbone = module.backbone
    ranges = _ranges(backbone)
    dims = {
        name: Dim(name, min=least, max=most) for name, (least, most) in ranges.items()
        if least < most
    }
    clip: dict[int, Any] = {0: Dim('batch', min=1)}
    joints = dict(clip)
    for name, axis in (('frames', 2), ('height', 3), ('width', 4)):
        if name in dims:
            clip[axis] = dims[name]
    if 'frames' in dims:
        joints[1] = dims['frames']
    if 'people' in dims:
        joints[2] = backbone.num_joints * dims['people']
    with torch.no_grad():
        program = torch.export.export(module, example(network, batch=2),
                                      dynamic_shapes=dict(imgs=clip, keypoint=joints), strict=False,
                                      prefer_deferred_runtime_asserts_over_guards=True)
    return program, {name: list(bounds) for name, bounds in ranges.items()}


def _ranges(backbone: D3DTransformer) -> dict[str, tuple[int, int]]:
    """Least and most of each size; the same where the graph takes that of training alone."""
    clip_len, height, width = backbone.size
    trained = dict(frames=clip_len, height=8 * height, width=8 * width)
    least = dict(zip(trained, (backbone.least_frames, *backbone.min_size)))
    ranges = {
        # An axis that is one token or window long is a case of its own, which a graph leaves out.
        name: (least[name] + 1, _MOST[name]) if least[name] < size else (size, size)
        for name, size in trained.items()
    }
    return dict(ranges, people=(1, backbone.num_person))


def example(network: BaseRecognizer, batch: int = 1, people: int | None = None, frames: int = 0,
            grow: int = 0) -> tuple[Tensor, Tensor]:
    """Make an input of noise, of the training's size and so many frames and pixels more."""
    backbone = cast(D3DTransformer, network.backbone)
    clip_len, height, width = backbone.size
    clip_len, height, width = clip_len + frames, 8 * height + grow, 8 * width + 2 * grow
    draw = torch.Generator().manual_seed(0)
    people = backbone.num_person if people is None else people
    imgs = torch.randint(0, 256, (batch, 3, clip_len, height, width), dtype=torch.uint8,
                         generator=draw)
    keypoint = torch.rand(batch, clip_len, people * backbone.num_joints, 3, generator=draw)
    return imgs, keypoint * torch.tensor([width, height, 1.])


def largest_difference(network: BaseRecognizer, run: Callable[[Tensor, Tensor], Tensor],
                       ranges: dict[str, Any]) -> float:
    """Compare an exported graph with the recognizer, on noise of several sizes.

    Args:
        network: What was exported.
        run: The graph: pixels and joints to logits.
        ranges: Of :func:`export_graph`.

    Returns:
        Of the logits, the largest absolute difference.
    """
    module, worst = ClipScores(network).eval(), 0.
    longer, larger = (ranges[name][0] < ranges[name][1] for name in ('frames', 'height'))
    for sizes in (dict(batch=1), dict(batch=3,
                                      people=1), dict(batch=1, frames=3 * longer, grow=9 * larger)):
        inputs = example(network, **sizes)
        with torch.no_grad():
            worst = max(worst, float((module(*inputs) - run(*inputs)).abs().max()))
    return worst
