"""Logits are those of the loops in every way that the model runs; torch.compile: test_compile."""
import functools

import pytest
import torch
from mmaction.registry import MODELS
from torch import nn

from . import reference
from .support import assert_near, build, draw_clip, small_transformer, spread

CONFIG = dict(num_joints=2, num_person=2, clip_len=4, img_size=16, num_blocks=2, num_heads=2,
              ffn_ratio=2., kernel_size=(2, 1, 1), joint_window=3, temporal_window=2)


class Whole(nn.Module):
    """Transformer and head."""

    def __init__(self):
        super().__init__()
        backbone = dict(type='R2Plus1D', base_channels=1)
        self.backbone = build(small_transformer(**CONFIG) | dict(backbone=backbone))
        self.cls_head = spread(
            MODELS.build(dict(type='D3DHead', num_classes=5, in_channels=4, dropout=0.)))

    def forward(self, **clip):
        return self.cls_head(self.backbone(**clip))


def make(training):
    return Whole().train(training)


def draw():
    clip = draw_clip(batch=2, frames=4, size=(16, 16), joints=4)
    clip['keypoint'][..., :2].clamp_(2, 14)  # heatmaps of others are cut off
    return clip


@functools.cache
def loops(training):
    """Logits of the loops, of the feature maps that the plain backbone gives."""
    model, clip = make(training).double(), draw()
    maps = model.backbone.backbone(clip['imgs'].double())
    p = reference.Parameters(dict(model.named_parameters()))
    return torch.stack([
        reference.head(p.part('cls_head'),
                       reference.transformer(p.part('backbone'), *sample, joints.double(), CONFIG))
        for *sample, joints in zip(*maps, clip['keypoint'])
    ]).detach()


def folded(model, clip):
    model.backbone.backbone.fold_norms()
    assert not any(isinstance(part, nn.BatchNorm3d) for part in model.modules())
    return model(**clip)


def from_heatmaps(model, clip):
    maps = [reference.heatmaps(joints, (8, 8)) for joints in clip['keypoint']]
    return model(imgs=clip['imgs'], heatmap_imgs=torch.stack(maps).float())


def without_gradients(model, clip):
    with torch.no_grad():
        return model(**clip)


def in_bfloat16(model, clip):
    with torch.no_grad(), torch.autocast('cpu', dtype=torch.bfloat16):
        return model(**clip)


def from_known_features(model, clip):
    return model(**clip, features=model.backbone.backbone(clip['imgs']))


def recomputed(model, clip):
    model.backbone.with_cp = model.backbone.backbone.with_cp = True
    return model(**clip)


def as_it_is(model, clip):
    return model(**clip)


@pytest.mark.parametrize('run, training, tolerance', [
    (as_it_is, False, 1e-5),
    (without_gradients, False, 1e-5),
    (folded, False, 1e-5),
    (from_heatmaps, False, 1e-3),
    (from_known_features, False, 1e-5),
    (in_bfloat16, False, 0.1),
    (as_it_is, True, 1e-4),
    (recomputed, True, 1e-4),
], ids=lambda value: getattr(value, '__name__', None))
def test_logits_are_those_of_the_loops(run, training, tolerance):
    wanted = loops(training)
    assert wanted.std() > 0.1
    assert_near(run(make(training), draw()), wanted, tolerance=tolerance)
