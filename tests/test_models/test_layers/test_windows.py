"""Windows of stride attention."""
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmaction_d3d.models.layers.windows import cached_windows, stride_windows

from .. import reference
from ..support import drawn


@st.composite
def settings_of_windows(draw):
    window = draw(st.integers(1, 9))
    return draw(st.integers(1, 40)), window, draw(st.none() | st.integers(1, window))


@given(settings_of_windows(), st.booleans())
@drawn(150)
def test_pairs_are_those_of_the_loops(setting, wrap):
    windows = stride_windows(*setting, wrap)
    expected = reference.windows(*setting, wrap)
    assert windows.query.tolist() == [query for query, _ in expected]
    assert windows.key.tolist() == [key for _, key in expected]


@given(settings_of_windows())
@drawn(150)
def test_every_position_is_a_query_and_a_key(setting):
    length = setting[0]
    windows = stride_windows(*setting)
    assert set(windows.query.flatten().tolist()) == set(range(length))
    assert set(windows.key.flatten().tolist()) == set(range(length))


@given(settings_of_windows())
@drawn(60)
def test_average_is_the_mean_over_the_windows_that_hold_a_position(setting):
    windows = stride_windows(*setting)
    values = torch.randn(windows.query.shape, generator=torch.Generator().manual_seed(0))
    for position, mean in enumerate(windows.average @ values.flatten()):
        torch.testing.assert_close(mean, values[windows.query == position].mean())


def test_default_stride_is_half_a_window():
    assert stride_windows(20, 8).query[:, 0].tolist() == [0, 4, 8, 12]


def test_windows_first_made_in_inference_serve_training():
    cached_windows.cache_clear()
    with torch.inference_mode():
        average = stride_windows(5, 3).average
    values = torch.ones(average.shape[1], requires_grad=True)
    (stride_windows(5, 3).average @ values).sum().backward()
    assert values.grad is not None
