"""3D token search."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.models.layers import TokenSearch, depthwise_conv

from .. import reference
from ..support import assert_matches_loops, assert_near, drawn, spread, volumes

WIDTH = 4


def draw_volume(size, batch=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, *size, WIDTH, generator=generator, dtype=torch.float64)


def build(kernel, seed=0, deviation=0.5, **changes):
    torch.manual_seed(seed)
    return spread(TokenSearch(WIDTH, kernel, **changes), deviation).double()


def compare(module, size):
    """Match the loops; return what was found."""

    def forward(volume):
        searched = module(volume)
        return [searched.tokens, searched.positions, searched.offsets]

    def loops(p, volume):
        searched = [
            reference.search(p, sample, module.kernel_size, module.offset_range,
                             module.searched_frames)[:3] for sample in volume
        ]
        return [
            torch.stack([torch.stack(list(part)) for part in parts]) for parts in zip(*searched)
        ]

    volume = draw_volume(size)
    assert_matches_loops(module, forward, loops, volume=volume.clone().requires_grad_())
    return module(volume)


@given(volumes(40), st.tuples(*[st.integers(1, 3)] * 3), st.booleans(),
       st.sampled_from([0.3, 1., 2.]))
@example((20, 1, 2), (7, 1, 2), True, 1.)
@example((2, 3, 5), (1, 3, 2), False, 1.)
@example((5, 3, 2), (3, 1, 2), True, 1.)
@drawn(12)
def test_tokens_places_and_gradients_are_those_of_the_loops(size, kernel, depthwise, reach):
    compare(build(kernel, depthwise=depthwise, offset_range=reach), size)


@given(volumes(40), st.tuples(*[st.integers(1, 3)] * 3), st.integers(1, 6), st.booleans())
@example((20, 1, 2), (7, 1, 2), 3, True)
@example((9, 2, 1), (2, 1, 1), 8, False)
@drawn(12)
def test_a_bounded_number_of_frames_is_searched_as_by_the_loops(size, kernel, count, depthwise):
    module = build(kernel, depthwise=depthwise, searched_frames=count)
    grid = compare(module, size).grid
    assert grid == module.grid_size(size) and grid[0] <= count


def test_a_clip_that_is_short_enough_is_searched_as_without_a_bound():
    volume = draw_volume((5, 3, 3))
    for bounded, free in zip(build(3, searched_frames=3)(volume), build(3)(volume)):
        assert bounded == free if isinstance(free, (tuple, float)) else torch.equal(bounded, free)


@pytest.mark.parametrize('size, kernel', [((9, 4, 10), (7, 3, 3)), ((2, 3, 5), (1, 3, 2))])
def test_the_form_of_gpus_gives_what_the_loops_give(size, kernel, monkeypatch):
    monkeypatch.setattr(depthwise_conv, 'depthwise_by_planes', depthwise_conv.depthwise_by_products)
    compare(build(kernel), size)


@pytest.mark.parametrize('size', [(2, 3, 4), (4, 3, 2), (3, 1, 4)])
def test_offsets_that_leave_the_volume_are_those_of_the_loops(size):
    module = build(1, offset_range=2.)
    with torch.no_grad():
        module.to_offset.weight *= 3
    outside = (compare(module, size).positions.abs() > 1).double().mean((0, 1))
    assert (outside > 0.1).all() and (outside < 1).any()


@pytest.mark.parametrize('size, kernel, grid', [((12, 28, 28), 7, (6, 22, 22)),
                                                ((1, 7, 9), 7, (1, 1, 3)),
                                                ((5, 3, 8), (2, 4, 8), (4, 1, 1))])
def test_grid_is_what_a_convolution_without_padding_leaves(size, kernel, grid):
    assert build(kernel).grid_size(size) == grid


@given(st.tuples(*[st.integers(1, 5)] * 3), st.tuples(*[st.integers(1, 4)] * 3))
@drawn(30)
def test_grid_size_tells_the_grid_of_the_search(size, kernel):
    module = build(kernel)
    searched = module(draw_volume(size, batch=1))
    assert searched.grid == module.grid_size(size)
    assert searched.tokens.shape[1] == torch.tensor(searched.grid).prod()


@given(volumes(120))
@example((2, 3, 4))
@example((20, 2, 3))
@drawn(20)
def test_search_starts_as_the_identity_on_an_equal_grid(size):
    volume = draw_volume(size)
    searched = TokenSearch(WIDTH, 1).double()(volume)
    assert_near(searched.tokens, volume.flatten(1, 3))


@pytest.mark.parametrize('axis', range(3))
def test_offsets_leave_the_volume_at_no_more_than_their_range(axis):
    """Large offsets along one axis end at the border cells of that axis alone."""
    module = build(1, deviation=0)
    with torch.no_grad():
        module.norm.weight.zero_()
        module.norm.bias.fill_(1)
        module.to_offset.weight[axis] = 50.
    volume = draw_volume((2, 3, 4))
    searched = module(volume)
    wanted = torch.zeros(3, dtype=torch.float64)
    wanted[axis] = 1
    assert_near(searched.offsets, wanted.expand_as(searched.offsets))
    # Half of the volume is shifted past the last cell of the axis: x, y, z are the axes 3, 2, 1.
    last = volume.select(3 - axis, -1)
    assert_near(searched.tokens.view_as(volume).select(3 - axis, -1), last)


@pytest.mark.parametrize('depthwise, mixed', [(True, 1), (False, WIDTH)])
def test_a_dense_search_mixes_channels_and_a_depthwise_one_does_not(depthwise, mixed):
    assert build((2, 3, 1), depthwise=depthwise).conv.weight.shape == (WIDTH, mixed, 2, 3, 1)


def test_offsets_stay_float32_under_autocast():
    module = build(2).float()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        searched = module(draw_volume((3, 3, 3)).float())
    assert searched.positions.dtype == searched.offsets.dtype == torch.float32
