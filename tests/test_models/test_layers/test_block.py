"""One block: the order of the attentions, the merge of the class tokens, the switches."""
from itertools import combinations

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.models.backbones.d3d_transformer import block_configs
from mmaction_d3d.models.backbones.flat_keys import nest_flat_keys
from mmaction_d3d.models.layers import D3DBlock, Tokens

from .. import reference
from ..support import assert_matches_loops, assert_near, drawn, spread, volumes, window_settings

ATTENTIONS = ('deformable', 'joint', 'temporal')
SUBSETS = [subset for n in (1, 2, 3) for subset in combinations(ATTENTIONS, n)]
MODAL_TOKENS = dict(cross=3, single=1, none=0)
SETTINGS = dict(kernel_size=(1, 2, 2), depthwise=True, offset_range=1., joint_window=2,
                joint_stride=None, temporal_window=2, temporal_stride=None, wrap=True)


def build(attentions=ATTENTIONS, modal_tokens='cross', **changes):
    torch.manual_seed(0)
    settings = nest_flat_keys(
        dict(SETTINGS, attentions=attentions, num_heads=2, ffn_ratio=2., **changes))
    configs = block_configs(settings['block'], settings['layer'])
    block = D3DBlock(4, configs, modal_tokens == 'cross')
    return spread(block, 0.5)


def draw(modal, size=(3, 2, 3), joints=3):
    generator = torch.Generator().manual_seed(1)
    rgb, pose, modal = (torch.randn(1, size[0], *shape, 4, generator=generator, dtype=torch.float64,
                                    requires_grad=True)
                        for shape in (size[1:], (joints, ), (modal, )))
    return rgb, pose, modal, torch.rand(1, size[0], joints, generator=generator) < 0.7


def compare(attentions, modal_tokens, settings, **shape):
    block = build(attentions, modal_tokens, **settings)
    config = dict(SETTINGS, num_heads=2, attentions=attentions, modal_tokens=modal_tokens,
                  **settings)

    def loops(p, rgb, pose, modal, visible):
        return [
            part[None] for part in reference.block(p, rgb[0], pose[0], modal[0], visible[0], config)
        ]

    rgb, pose, modal, visible = draw(MODAL_TOKENS[modal_tokens], **shape)
    assert_matches_loops(block,
                         lambda rgb, pose, modal, visible: block(Tokens(rgb, pose, modal), visible),
                         loops, rgb=rgb, pose=pose, modal=modal, visible=visible)


@pytest.mark.parametrize('modal_tokens', MODAL_TOKENS)
@pytest.mark.parametrize('attentions', SUBSETS, ids='+'.join)
def test_tokens_and_gradients_are_those_of_the_loops(attentions, modal_tokens):
    compare(attentions, modal_tokens, {})


@st.composite
def drawn_settings(draw):
    settings = dict(kernel_size=draw(st.tuples(*[st.integers(1, 3)] * 3)),
                    depthwise=draw(st.booleans()), offset_range=draw(st.sampled_from([0.5, 2.])))
    for axis in ('joint', 'temporal'):
        window = draw(window_settings())
        settings.update({f'{axis}_window': window['window'], f'{axis}_stride': window['stride']})
    return dict(settings, wrap=draw(st.booleans()))


@given(volumes(12), st.integers(1, 6), st.sampled_from(list(MODAL_TOKENS)), drawn_settings())
@example((20, 1, 1), 1, 'cross', dict(temporal_window=4, kernel_size=(7, 1, 2)))
@example((2, 1, 3), 6, 'cross', dict(joint_window=4, joint_stride=3))
@drawn(10)
def test_drawn_shapes_and_settings_are_those_of_the_loops(size, joints, modal_tokens, settings):
    compare(ATTENTIONS, modal_tokens, settings, size=size, joints=joints)


@pytest.mark.parametrize('modal_tokens', ['cross', 'single'])
@pytest.mark.parametrize('attentions', SUBSETS, ids='+'.join)
def test_modal_tokens_alone_are_those_of_the_whole(attentions, modal_tokens):
    block = build(attentions, modal_tokens).double()
    rgb, pose, modal, visible = draw(MODAL_TOKENS[modal_tokens])
    tokens = Tokens(rgb, pose, modal)
    assert_near(block(tokens, visible, modal_only=True).modal, block(tokens, visible).modal)


def test_class_tokens_merge_as_their_mean_at_first():
    merge = D3DBlock(4, dict(temporal=dict(type='TemporalStrideAttention')), True).cls_merge
    from_rgb, from_pose = torch.randn(2, 3, 4)
    assert_near(merge(torch.cat((from_rgb, from_pose), -1)), (from_rgb + from_pose) / 2)
