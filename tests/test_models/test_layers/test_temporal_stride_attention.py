"""Temporal stride attention."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.models.layers import TemporalStrideAttention

from .. import reference
from ..support import STRIDES, assert_matches_loops, assert_near, drawn, spread, window_settings


def build(**changes):
    torch.manual_seed(0)
    return spread(TemporalStrideAttention(4, num_heads=2, ffn_ratio=2., **changes)).double()


def draw(frames, tokens, batch=2):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, frames, tokens, 4, generator=generator, dtype=torch.float64,
                       requires_grad=True)


def compare(frames, tokens, setting):
    module = build(**setting)
    config = dict(num_heads=2, temporal_window=setting['window'],
                  temporal_stride=setting.get('stride'), wrap=setting.get('wrap', True))
    assert_matches_loops(
        module, lambda tokens: [module.attend_frames(tokens)], lambda p, tokens:
        [torch.stack([reference.temporal_stride_attention(p, clip, config) for clip in tokens])],
        tokens=draw(frames, tokens))


@given(st.integers(1, 20), st.integers(1, 3), window_settings())
@example(20, 2, dict(window=4))
@drawn(15)
def test_tokens_and_gradients_are_those_of_the_loops(frames, tokens, setting):
    compare(frames, tokens, setting)


@pytest.mark.parametrize('window, stride', STRIDES)
def test_every_stride_is_that_of_the_loops(window, stride):
    compare(7, 1, dict(window=window, stride=stride))


@pytest.mark.parametrize('frames', [1, 3, 6])
@pytest.mark.parametrize('queries', [1, 3])
def test_last_queries_alone_are_those_of_the_whole(frames, queries):
    module = build(window=3, stride=2)
    tokens = draw(frames, 5)
    assert_near(module.attend_frames(tokens, queries),
                module.attend_frames(tokens)[:, :, -queries:])


@pytest.mark.parametrize('frames, window, stride', [(1, 4, None), (2, 4, None), (5, 4, None),
                                                    (12, 4, None), (7, 3, 3), (7, 3, 1), (5, 1, 1)])
def test_every_token_reaches_the_others(frames, window, stride):
    module = build(window=window, stride=stride)
    tokens = draw(frames, 3)
    module.attend_frames(tokens, num_queries=1).sum().backward()
    assert (tokens.grad != 0).all(-1).all()
