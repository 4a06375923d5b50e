"""From feature maps and joints to logits: the whole model against the loops, over drawn shapes."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from mmaction.registry import MODELS
from torch import nn

from . import reference
from .support import (
    STRIDES,
    assert_matches_loops,
    draw_joints,
    draw_maps,
    drawn,
    given_maps_transformer,
    spread,
)


def compare(frames, size, seed=1, **changes):
    config, transformer = given_maps_transformer(**changes)
    num_tokens = 3 if config.get('modal_tokens', 'cross') == 'cross' else 1
    model = nn.ModuleDict(
        dict(
            backbone=transformer, cls_head=spread(
                MODELS.build(
                    dict(type='D3DHead', num_classes=5, in_channels=4, num_tokens=num_tokens,
                         dropout=0.)))))
    joints = draw_joints(1, frames, config['num_person'] * config['num_joints'], size=size,
                         seed=seed)

    def forward(features_a, features_b, joints):
        transformer.backbone.maps = features_a, features_b
        return [model['cls_head'](transformer(torch.zeros(1, 3, frames, *size), joints))]

    def loops(p, features_a, features_b, joints):
        tokens = reference.transformer(p.part('backbone'), features_a[0], features_b[0], joints[0],
                                       config)
        return [reference.head(p.part('cls_head'), tokens)[None]]

    features_a, features_b = draw_maps(frames, size, seed)
    assert_matches_loops(model, forward, loops, features_a=features_a, features_b=features_b,
                         joints=joints)


@st.composite
def shapes(draw):
    """Frames, pixels and people of a clip, few enough cells and joints for the loops."""
    frames = draw(st.integers(1, 20))
    sides = [draw(st.integers(8, 33 if frames < 4 else 16)) for _ in range(2)]
    return frames, tuple(sides), draw(st.integers(1, 6 if frames < 8 else 2))


@given(shapes(), st.integers(1, 2), st.sampled_from(STRIDES), st.sampled_from(STRIDES),
       st.sampled_from(['cross', 'single', 'none']), st.integers(0, 99))
@example((20, (9, 15), 1), 1, (4, 2), (4, 3), 'cross', 0)
@example((3, (9, 21), 6), 1, (4, 3), (2, 1), 'cross', 1)
@example((2, (23, 15), 2), 2, (3, None), (4, None), 'cross', 2)
@drawn(8)
def test_logits_and_gradients_are_those_of_the_loops(shape, num_joints, joint_windows,
                                                     temporal_windows, modal_tokens, seed):
    frames, size, num_person = shape
    compare(frames, size, seed, num_person=num_person, num_joints=num_joints, num_blocks=1,
            joint_window=joint_windows[0], joint_stride=joint_windows[1],
            temporal_window=temporal_windows[0], temporal_stride=temporal_windows[1],
            modal_tokens=modal_tokens, kernel_size=(2, 1, 1), offset_range=2.)


@pytest.mark.parametrize('num_blocks', [2, 3])
def test_blocks_follow_each_other_as_in_the_loops(num_blocks):
    compare(2, (9, 17), num_blocks=num_blocks, num_joints=1, kernel_size=(1, 1, 2))
