"""No weight is changed by a number that is not finite."""
import copy
import math

import pytest
import torch
from mmaction.registry import OPTIM_WRAPPERS
from mmengine.logging import MessageHub

from mmaction_d3d.engine.finite_updates import MOST_SKIPPED, NotFiniteError
from tests.test_models.support import logged

CLIPS = [None, dict(max_norm=1.), dict(type='value', clip_value=1.)]


@pytest.fixture
def line():
    return torch.nn.Linear(2, 1, bias=False)


@pytest.fixture
def build(line, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)

    def build(**kwargs):
        kwargs = copy.deepcopy({key: value for key, value in kwargs.items() if value is not None})
        return OPTIM_WRAPPERS.build(
            dict(type='AutoAmpOptimWrapper', optimizer=torch.optim.SGD(line.parameters(), lr=0.5),
                 **kwargs))

    return build


def update(wrapper, line, factor):
    """One update whose gradient is ``factor`` for both weights."""
    wrapper.update_params(line(torch.full((1, 2), factor)).sum())


@pytest.mark.parametrize('clip_grad', CLIPS, ids=str)
@pytest.mark.parametrize('factor', [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_before_the_weights(build, line, clip_grad, factor):
    wrapper = build(clip_grad=clip_grad)
    update(wrapper, line, 1.)
    before = line.weight.detach().clone()
    with pytest.raises(NotFiniteError, match='training: loss: found nan or inf, want a finite'):
        update(wrapper, line, factor)
    assert torch.equal(line.weight, before)


@pytest.mark.parametrize('clip_grad', CLIPS, ids=str)
@pytest.mark.parametrize('wrong', [math.nan, math.inf, -math.inf])
def test_one_number_of_a_gradient_stops_before_the_weights(build, line, clip_grad, wrong):
    line.weight.register_hook(lambda gradient: gradient * torch.tensor([[1., wrong]]))
    before = line.weight.detach().clone()
    with pytest.raises(NotFiniteError, match='training: gradient: found a norm of (nan|inf)'):
        update(build(clip_grad=clip_grad), line, 1.)
    assert torch.equal(line.weight, before)


@pytest.mark.parametrize('clip_grad, changed', zip(CLIPS, [4., 2**-0.5, 1.]))
def test_finite_gradients_are_clipped_as_the_config_says(build, line, clip_grad, changed):
    before = line.weight.detach().clone()
    update(build(clip_grad=clip_grad), line, 4.)
    torch.testing.assert_close(line.weight, before - 0.5 * changed)


def test_a_batch_before_the_last_of_an_update_counts(build, line):
    wrapper = build(accumulative_counts=2)
    wrapper.initialize_count_status(line, 0, 4)
    update(wrapper, line, math.nan)
    with pytest.raises(NotFiniteError, match='loss'):
        update(wrapper, line, 1.)


def test_a_loss_scaler_may_skip_some_updates_in_a_row_and_no_more(build, line):
    """An overflow that scaling less does not cure."""
    wrapper = build(dtype='float16', loss_scale=dict(init_scale=2.**40))
    wrong = [math.inf]
    line.weight.register_hook(lambda gradient: gradient * wrong[0])
    before = line.weight.detach().clone()
    for _ in range(MOST_SKIPPED - 1):
        update(wrapper, line, 1.)
    wrong[0] = 1.
    update(wrapper, line, 1.)  # one that is fine: counted anew
    assert not torch.equal(line.weight, before)
    before, wrong[0] = line.weight.detach().clone(), math.inf
    for _ in range(MOST_SKIPPED - 1):
        update(wrapper, line, 1.)
    with pytest.raises(NotFiniteError, match='updates one after the other, at last with a loss sc'):
        update(wrapper, line, 1.)
    assert torch.equal(line.weight, before)


def test_a_loss_that_is_not_finite_is_none_of_the_scaler_s_skips(build, line):
    with pytest.raises(NotFiniteError, match='loss: found nan'):
        update(build(dtype='float16'), line, math.nan)


def test_a_loss_scale_without_effect_is_said_once(build, line):
    wrapper = build(dtype='float16', loss_scale=dict(init_scale=4.))
    line.weight.register_hook(lambda gradient: gradient * math.inf)
    with logged() as messages:
        for _ in range(8):
            update(wrapper, line, 1.)
    assert [text[:31] for _, text in messages] == ['The loss scale has fallen to 1:']


def test_the_norm_is_logged_without_clipping_too(build, line):
    update(build(), line, 4.)
    hub = MessageHub.get_current_instance()
    assert hub.get_scalar('train/grad_norm').current() == pytest.approx(32**0.5)
