"""Classification head."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample

from .. import reference
from ..support import assert_matches_loops, assert_near, drawn, spread


def build(**changes):
    torch.manual_seed(0)
    return spread(
        MODELS.build(dict(dict(type='D3DHead', num_classes=5, in_channels=4, dropout=0.),
                          **changes)))


@given(st.integers(1, 20), st.sampled_from([1, 3]))
@example(20, 3)
@drawn(8)
def test_logits_and_gradients_are_those_of_the_loops(frames, num_tokens):
    module = build(num_tokens=num_tokens)
    tokens = torch.randn(2, frames, num_tokens, 4, dtype=torch.float64, requires_grad=True)
    assert_matches_loops(
        module, lambda tokens: [module(tokens)],
        lambda p, tokens: [torch.stack([reference.head(p, clip) for clip in tokens])],
        tokens=tokens)


def test_dropout_acts_in_training_alone():
    module = build(dropout=0.5)
    tokens = torch.randn(2, 3, 3, 4)
    assert not torch.equal(module(tokens), module(tokens))
    module.eval()
    assert torch.equal(module(tokens), module(tokens))


def test_classes_start_nearly_alike():
    module = MODELS.build(dict(type='D3DHead', num_classes=60, in_channels=256))
    scores = module(torch.randn(8, 12, 3, 256)).softmax(-1)
    assert_near(scores, torch.full_like(scores, 1 / 60), tolerance=0.02)


@pytest.mark.parametrize('average_clips', ['prob', 'score'])
def test_clips_of_a_sample_are_averaged(average_clips):
    module = build(average_clips=average_clips).eval()
    tokens = torch.randn(6, 2, 3, 4)
    samples = module.predict(tokens, [ActionDataSample(), ActionDataSample()])
    scores = module(tokens).unflatten(0, (2, 3))
    scores = (scores.softmax(-1) if average_clips == 'prob' else scores).mean(1)
    assert_near(torch.stack([sample.pred_score for sample in samples]), scores)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16], ids=str)
def test_autocast_leaves_the_head_in_float32(dtype):
    module, tokens = build(), torch.randn(2, 3, 3, 4)
    with torch.autocast('cpu', dtype=dtype):
        logits = module.forward(tokens)
    assert torch.equal(logits, module(tokens))
    assert module.to(dtype).forward(tokens.to(dtype)).dtype is torch.float32
