"""3D deformable attention."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.models.layers import DeformableAttention3D, Tokens

from .. import reference
from ..support import assert_matches_loops, assert_near, drawn, spread, volumes


def build(kernel=2, **changes):
    torch.manual_seed(0)
    return spread(DeformableAttention3D(4, kernel, num_heads=2, ffn_ratio=2., **changes),
                  0.5).double()


def run(module, rgb, modal, **kwargs):
    """New Z and modal tokens."""
    return module(Tokens(rgb, None, modal), **kwargs)[::2]


def draw(size, modal, batch=2):
    generator = torch.Generator().manual_seed(1)
    return [
        torch.randn(batch, size[0], *shape, 4, generator=generator, dtype=torch.float64,
                    requires_grad=True) for shape in (size[1:], (modal, ))
    ]


@given(volumes(24), st.tuples(*[st.integers(1, 3)] * 3), st.integers(0, 3), st.booleans(),
       st.booleans())
@example((20, 1, 1), (7, 2, 1), 1, True, True)
@example((2, 3, 5), (1, 2, 3), 2, True, False)
@drawn(14)
def test_tokens_and_gradients_are_those_of_the_loops(size, kernel, modal, norm, depthwise):
    module = build(kernel, norm=norm, depthwise=depthwise)
    config = dict(kernel_size=kernel, num_heads=2)

    def loops(p, rgb, modal):
        clips = [reference.deformable_attention(p, *clip, config) for clip in zip(rgb, modal)]
        return [torch.stack(part) for part in zip(*clips)]

    rgb, modal = draw(size, modal)
    assert_matches_loops(module, lambda rgb, modal: run(module, rgb, modal), loops, rgb=rgb,
                         modal=modal)


@pytest.mark.parametrize('modal', [1, 2])
def test_modal_queries_alone_are_those_of_the_whole(modal):
    module = build()
    rgb, modal = draw((2, 3, 4), modal)
    left_out, alone = run(module, rgb, modal, modal_only=True)
    assert left_out is None
    assert_near(alone, run(module, rgb, modal)[1])


@pytest.mark.parametrize('size', [(1, 2, 3), (3, 3, 2)])
def test_every_token_reaches_the_modal_tokens(size):
    module = build()
    with torch.no_grad():
        module.search.to_offset.weight *= 0.1  # positions inside, where offsets have gradients
    rgb, modal = draw(size, 2)
    run(module, rgb, modal)[1].sum().backward()
    assert (rgb.grad != 0).all(-1).all()
    assert (modal.grad != 0).all(-1).all()
