"""What the tests of the model share: small models, drawn inputs, the comparison with the loops."""
import contextlib
import logging

import torch
from hypothesis import settings
from hypothesis import strategies as st
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.logging import MMLogger
from mmengine.model import BaseModule

from .reference import Parameters, heatmaps

SMALL = dict(num_joints=3, num_person=2, clip_len=3, img_size=32, num_blocks=2, num_heads=2,
             ffn_ratio=2., kernel_size=2, joint_window=4, temporal_window=2)


def drawn(max_examples):
    """Hypothesis settings: always the same examples, however slow the machine is."""
    return settings(max_examples=max_examples, deadline=None, derandomize=True, database=None)


@st.composite
def volumes(draw, cells):
    """(T, H, W), T from 1 to 20, of `cells` cells at most, odd sides and even ones."""
    sides = [(h, w) for h in range(1, 6) for w in range(1, 6) if h * w <= cells]
    height, width = draw(st.sampled_from(sides))
    return draw(st.integers(1, min(20, cells // (height * width)))), height, width


@st.composite
def window_settings(draw):
    """Arguments of an attention over windows; axes of 1 to 4 are shorter than some windows."""
    window = draw(st.integers(1, 5))
    return dict(window=window, stride=draw(st.none() | st.integers(1, window)),
                wrap=draw(st.booleans()), norm=draw(st.booleans()))


# Every stride of every window of up to four positions, and the default.
STRIDES = [(window, stride) for window in range(1, 5) for stride in (None, *range(1, window + 1))]


def small_transformer(**changes):
    """Config of a small transformer on R2Plus1D with C = 4."""
    return dict(dict(SMALL, type='D3DTransformer', backbone=dict(type='R2Plus1D', base_channels=4)),
                **changes)


def small_recognizer(num_tokens=3, **changes):
    """Config of a recogniser of 5 classes that takes what MMAction2's loader hands out."""
    return dict(
        type='D3DRecognizer', backbone=small_transformer(**changes),
        cls_head=dict(type='D3DHead', num_classes=5, in_channels=16, num_tokens=num_tokens,
                      dropout=0., average_clips='prob'),
        data_preprocessor=dict(
            type='D3DDataPreprocessor', preprocessors=dict(
                imgs=dict(type='ActionDataPreprocessor', mean=[123.675, 116.28, 103.53],
                          std=[58.395, 57.12, 57.375], format_shape='NCTHW'))))


def build(config, seed=0):
    """Build a model whose parameters are all spread around their start, the zeros among them."""
    torch.manual_seed(seed)
    return spread(MODELS.build(config))


def spread(module, deviation=0.3):
    """Move every parameter and every running statistic off its initial value."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * deviation)
        for name, buffer in module.named_buffers():
            if name.endswith('running_mean'):
                buffer.normal_(0, deviation)
            elif name.endswith('running_var'):
                buffer.uniform_(0.5, 2)
    return module


def draw_joints(*lead, size, seed=0, missing=0.2):
    """Joints (x, y, score), lead x 3 float64, around and a little outside of (height, width)."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.rand(*lead, 2, generator=generator, dtype=torch.float64)
    height, width = size
    place = place * torch.tensor([width + 8, height + 8]) - 4
    score = torch.rand(*lead, 1, generator=generator, dtype=torch.float64) * 1.2 + 0.05
    gone = torch.rand(*lead, 1, generator=generator) < missing
    return torch.cat((place, score.masked_fill(gone, 0)), -1)


def draw_clip(batch=2, frames=3, size=(32, 32), joints=6, seed=0):
    """Arguments of the transformer, float32: normalised images and joints."""
    generator = torch.Generator().manual_seed(seed)
    imgs = torch.randn(batch, 3, frames, *size, generator=generator)
    keypoint = draw_joints(batch, frames, joints, size=size, seed=seed).float()
    return dict(imgs=imgs, keypoint=keypoint)


def draw_batch(samples=2, clips=1, frames=3, size=(32, 32), joints=6, seed=0):
    """A batch as the data loader hands it out: uint8 frames, joints and labels."""
    generator = torch.Generator().manual_seed(seed)
    shape = (clips, 3, frames, *size)
    imgs = [
        torch.randint(256, shape, generator=generator, dtype=torch.uint8) for _ in range(samples)
    ]
    keypoint = [
        draw_joints(clips, frames, joints, size=size, seed=seed + index).float()
        for index in range(samples)
    ]
    labels = [ActionDataSample().set_gt_label(index % 5) for index in range(samples)]
    return dict(inputs=dict(imgs=imgs, keypoint=keypoint), data_samples=labels)


class GivenMaps(BaseModule):
    """Feature extractor that returns what it was given in `maps`."""

    def forward(self, imgs):
        return self.maps


def assert_near(actual, expected, what='', tolerance=1e-5):
    """The largest difference is small beside the largest value."""
    assert actual.shape == expected.shape, f'{what}: {actual.shape} against {expected.shape}'
    if expected.numel():
        scale = 1 + expected.abs().max().item()
        worst = (actual.double() - expected.double()).abs().max().item()
        assert worst <= tolerance * scale, f'{what}: off by {worst:.3g} at a scale of {scale:.3g}'


def assert_matches_loops(module, forward, loops, tolerance=1e-5, **inputs):
    """Values and gradients of a float64 module are those of the loops.

    Reference points and averages of windows are float32 whatever the input: hence the tolerance.

    Args:
        module (nn.Module): Holds the parameters.
        forward (callable): Takes the inputs, returns the tensors to compare.
        loops (callable): Takes `Parameters` and the inputs, returns the same tensors.
        **inputs: Tensors; gradients are taken of the floating ones that require them.
    """
    module.double()
    copies = {
        name: value.detach().clone().requires_grad_(value.requires_grad)
        for name, value in inputs.items()
    }
    named = {
        name: value.detach().clone().requires_grad_() for name, value in module.named_parameters()
    }
    actual, expected = forward(**inputs), loops(Parameters(named), **copies)
    assert len(actual) == len(expected)
    for index, (a, e) in enumerate(zip(actual, expected)):
        assert_near(a, e, f'output {index}', tolerance)

    generator = torch.Generator().manual_seed(0)
    pulls = [torch.randn(e.shape, generator=generator, dtype=e.dtype) for e in expected]
    gradients = []
    for outputs, leaves, arguments in ((actual, dict(module.named_parameters()), inputs),
                                       (expected, named, copies)):
        leaves = dict(
            leaves,
            **{f'input {name}': value for name, value in arguments.items() if value.requires_grad})
        loss = sum((output * pull).sum() for output, pull in zip(outputs, pulls))
        gradients.append(
            dict(
                zip(
                    leaves,
                    torch.autograd.grad(loss, list(leaves.values()), allow_unused=True,
                                        materialize_grads=True))))
    for name, gradient in gradients[1].items():
        assert_near(gradients[0][name], gradient, f'gradient of {name}', tolerance)


def given_maps_transformer(**changes):
    """Transformer on maps of C = 3 and 4C = 4 that the caller puts into `backbone.maps`."""
    config = dict(dict(SMALL, num_joints=2, joint_window=3, img_size=24), **changes)
    return config, build(
        dict(config, type='D3DTransformer', backbone=dict(type=GivenMaps), in_channels=(3, 4)))


def draw_maps(frames, size, seed=1):
    """F_a and F_b of one clip of `size` pixels, float64, of which gradients are taken."""
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(1, channels, frames, *(-(-side // shrink) for side in size),
                    generator=generator, dtype=torch.float64, requires_grad=True)
        for channels, shrink in ((3, 2), (4, 8))
    ]


@contextlib.contextmanager
def logged():
    """Collects what is logged meanwhile."""
    messages, logger = [], MMLogger.get_current_instance()
    handler = logging.Handler()
    handler.emit = lambda record: messages.append((record.levelname, record.getMessage()))
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)


def draw_heatmaps(clip, **settings):
    """The same clip with the paper's heatmaps in place of joints."""
    grid = [-(-side // 2) for side in clip['imgs'].shape[-2:]]
    maps = torch.stack([heatmaps(joints, grid, **settings) for joints in clip['keypoint']])
    return dict(imgs=clip['imgs'], heatmap_imgs=maps.float())
