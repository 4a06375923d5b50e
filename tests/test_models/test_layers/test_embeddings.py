"""Embeddings that follow the input's size."""
import runpy

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.models.layers import CrossModalTokens, RGBTokens, embeddings
from mmaction_d3d.models.layers.embeddings import resize_space, resize_time

from .. import reference
from ..support import assert_matches_loops, assert_near, drawn, spread, volumes


@pytest.mark.parametrize('frames', [1, 2, 5, 12, 20])
def test_time_is_resized_linearly(frames):
    embedding = torch.randn(5, 2, 3, dtype=torch.float64)
    assert_near(resize_time(embedding, frames), reference.resize(list(embedding), frames))


@pytest.mark.parametrize('size', [(3, 4), (4, 3), (1, 1), (7, 2), (8, 9)])
def test_space_is_resized_bilinearly(size):
    embedding = torch.randn(3, 4, 2, dtype=torch.float64)
    assert_near(resize_space(embedding, size), reference.resize_plane(embedding, *size))


def test_resizing_stays_float32_under_autocast():
    embedding = torch.randn(5, 4, 2)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert_near(resize_space(embedding, (7, 3)), reference.resize_plane(embedding, 7, 3))


@given(volumes(60))
@example((2, 3, 4))
@example((3, 4, 3))
@example((20, 1, 3))
@drawn(10)
def test_rgb_tokens_are_those_of_the_loops(volume):
    frames, *size = volume
    module = spread(RGBTokens(4, (3, 4)))
    assert_matches_loops(
        module, lambda maps, time: [module(maps, time)],
        lambda p, maps, time: [torch.stack([reference.rgb_tokens(p, clip, time) for clip in maps])],
        maps=torch.randn(2, 4, frames, *size, dtype=torch.float64,
                         requires_grad=True), time=torch.randn(frames, 4, dtype=torch.float64,
                                                               requires_grad=True))


@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 3]))
@example(12, 20, 3)
@example(4, 4, 1)
@drawn(10)
def test_modal_tokens_are_those_of_the_loops(clip_len, frames, num_tokens):
    module = CrossModalTokens(5, clip_len, num_tokens)
    assert_matches_loops(
        module, lambda: [module(2, frames)],
        lambda p: [reference.resize(list(p('modal_tokens')), frames).expand(2, -1, -1, -1)])


def test_sizes_are_kept_and_changed_where_pytorch_cannot_tell_an_export(monkeypatch):
    monkeypatch.delattr(torch.compiler, 'is_exporting', raising=False)  # as in 2.4
    earlier = runpy.run_path(embeddings.__file__)
    embedding = torch.randn(5, 4, 2, dtype=torch.float64)
    assert earlier['resize_space'](embedding, (5, 4)) is embedding
    assert_near(earlier['resize_space'](embedding, (3, 7)), reference.resize_plane(embedding, 3, 7))
    monkeypatch.setattr(torch.compiler, 'is_compiling', lambda: True)
    compiled = runpy.run_path(embeddings.__file__)['resize_time'](embedding, 5)
    assert compiled is not embedding and torch.equal(compiled, embedding)
