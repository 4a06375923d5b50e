"""Trilinear sampling of tokens."""
import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.models.layers.token_search import reference_points
from mmaction_d3d.models.layers.trilinear import sample_tokens, trilinear_corners

from .. import reference
from ..support import assert_matches_loops, assert_near, drawn, volumes

CPU = torch.device('cpu')


def draw(size, points, reach=1.6, seed=0):
    """Two volumes of tokens and positions of which some lie outside of them."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randn(2, *size, 3, generator=generator, dtype=torch.float64)
    positions = torch.rand(2, points, 3, generator=generator, dtype=torch.float64) * 2 - 1
    return tokens, positions * reach


@given(volumes(60), st.integers(1, 4), st.integers(0, 99))
@example((20, 1, 3), 4, 0)
@example((2, 3, 5), 4, 1)
@drawn(12)
def test_tokens_and_gradients_are_those_of_the_loops(size, points, seed):
    tokens, positions = draw(size, points, seed=seed)

    def loops(_, tokens, positions):
        return [
            torch.stack([
                torch.stack([reference.trilinear(volume, place) for place in places])
                for volume, places in zip(tokens, positions)
            ])
        ]

    assert_matches_loops(torch.nn.Identity(),
                         lambda tokens, positions: [sample_tokens(tokens, positions)], loops,
                         tokens=tokens.requires_grad_(), positions=positions.requires_grad_())


@pytest.mark.parametrize('size', [(2, 3, 5), (5, 2, 3), (1, 4, 1), (4, 1, 2)])
def test_tokens_are_those_of_grid_sample(size):
    tokens, positions = draw(size, 50)
    sampled = F.grid_sample(tokens.movedim(-1, 1), positions[:, :, None, None], mode='bilinear',
                            padding_mode='border', align_corners=False)
    assert_near(sample_tokens(tokens, positions), sampled[..., 0, 0].transpose(1, 2))


def test_weights_add_up_to_one_and_cells_lie_inside():
    _, positions = draw((2, 3, 5), 200, reach=3)
    cells, weights = trilinear_corners(positions, (2, 3, 5))
    assert cells.min() >= 0 and cells.max() < 30
    assert weights.min() >= 0
    assert_near(weights.sum(-1), torch.ones(2, 200, dtype=torch.float64))


@st.composite
def shifts(draw):
    """A volume's size, an axis of x, y, z and whole cells along it, fewer than there are."""
    size, axis = draw(volumes(80)), draw(st.integers(0, 2))
    return size, axis, draw(st.integers(1 - size[2 - axis], size[2 - axis] - 1))


@given(shifts())
@example(((3, 4, 5), 0, 1))
@example(((3, 4, 5), 1, -2))
@example(((3, 4, 5), 2, 2))
@example(((20, 2, 3), 2, 13))
@drawn(30)
def test_a_shift_by_whole_cells_rolls_the_inside(shift_of):
    size, axis, cells = shift_of
    length = size[2 - axis]
    tokens, _ = draw(size, 1)
    shift = torch.zeros(3, dtype=torch.float64)
    shift[axis] = cells * 2 / length  # 2 / length is a cell's width
    positions = (reference_points(size, CPU).double() + shift).expand(2, -1, -1)
    sampled = sample_tokens(tokens, positions).view_as(tokens)
    volume_axis = 3 - axis  # x, y, z are the axes 3, 2, 1 of B x T x H x W x 4C
    inside = torch.arange(max(0, -cells), min(length, length - cells))
    assert_near(sampled.index_select(volume_axis, inside),
                tokens.roll(-cells, volume_axis).index_select(volume_axis, inside))


def test_a_position_that_is_no_number_gives_no_number():
    """A wild index instead would end the process on a GPU."""
    tokens, positions = draw((2, 3, 5), 4)
    positions[0, 1, 2] = float('nan')
    sampled = sample_tokens(tokens, positions)
    assert sampled[0, 1].isnan().all() and sampled.isnan().sum() == tokens.shape[-1]
