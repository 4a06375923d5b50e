"""The parts that the three attentions share."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.errors import InputError
from mmaction_d3d.models.layers.attention import AttentionLayer, MultiHeadAttention

from .. import reference
from ..support import assert_matches_loops, assert_near, drawn, spread


def draw(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


@given(st.sampled_from([(2, ), (2, 3)]), st.sampled_from([1, 2, 3, 6]), st.integers(1, 5),
       st.integers(1, 6))
@example((2, 3), 2, 4, 5)
@drawn(10)
def test_attend_is_that_of_the_loops(lead, heads, queries, keys):
    module = MultiHeadAttention(6, heads)

    def loops(_, query, key, value):
        rows = [
            torch.stack([reference.attend(q, list(k), list(v), heads) for q in many])
            for many, k, v in zip(*(x.flatten(0, -3) for x in (query, key, value)))
        ]
        return [torch.stack(rows).view_as(query)]

    assert_matches_loops(module, lambda query, key, value: [module.attend(query, key, value)],
                         loops, query=draw(*lead, queries,
                                           6), key=draw(*lead, keys, 6), value=draw(*lead, keys, 6))


def test_weights_are_the_matrix_that_attend_never_stores():
    module = MultiHeadAttention(6, 2)
    query, key, value = (torch.randn(2, 3, n, 6) for n in (4, 5, 5))
    by_matrix = module.weights(query, key) @ module.split_heads(value)
    assert_near(module.attend(query, key, value),
                by_matrix.transpose(-3, -2).flatten(-2), tolerance=1e-5)


@given(st.sampled_from([0.5, 1., 2.5, 4.]), st.integers(1, 20))
@drawn(6)
def test_residual_is_that_of_the_loops(ratio, frames):
    module = spread(AttentionLayer(4, 2, ffn_ratio=ratio))
    assert_matches_loops(module, lambda tokens, attended: [module.residual(tokens, attended)],
                         lambda p, tokens, attended: [reference.residual(p, tokens, attended)],
                         tokens=draw(2, frames, 4), attended=draw(2, frames, 4))


def test_drop_path_leaves_whole_samples_out():
    module = spread(AttentionLayer(4, 2, drop_path=0.5))
    tokens, attended = torch.randn(64, 3, 4), torch.randn(64, 3, 4)
    torch.manual_seed(0)
    changed = (module.residual(tokens, attended) != tokens).flatten(1)
    assert 0 < changed.all(1).sum() < 64
    assert (changed.all(1) | ~changed.any(1)).all()


def test_drop_path_rests_in_test():
    whole, dropped = (AttentionLayer(4, 2, drop_path=rate).eval() for rate in (0., 0.9))
    dropped.load_state_dict(whole.state_dict())
    tokens, attended = torch.randn(4, 3, 4), torch.randn(4, 3, 4)
    assert_near(dropped.residual(tokens, attended), whole.residual(tokens, attended))


@pytest.mark.parametrize('heads', [4, 0, -1])
def test_heads_must_divide_the_width(heads):
    with pytest.raises(InputError, match=f'num_heads: found {heads}, want a divisor of .* 6'):
        MultiHeadAttention(6, heads)
