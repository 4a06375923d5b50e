"""Local joint stride attention."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from mmaction_d3d.models.layers import JointStrideAttention, Tokens

from .. import reference
from ..support import STRIDES, assert_matches_loops, assert_near, drawn, spread, window_settings


def build(**changes):
    torch.manual_seed(0)
    return spread(JointStrideAttention(4, num_heads=2, ffn_ratio=2., **changes)).double()


def run(module, pose, modal, visible, **kwargs):
    """New P and modal tokens."""
    return module(Tokens(None, pose, modal), visible, **kwargs)[1:]


def draw(frames, joints, modal, batch=2):
    generator = torch.Generator().manual_seed(1)
    pose, modal = (torch.randn(batch, frames, n, 4, generator=generator, dtype=torch.float64,
                               requires_grad=True) for n in (joints, modal))
    return pose, modal, torch.rand(batch, frames, joints, generator=generator) < 0.6


def compare(frames, joints, modal, setting):
    module = build(**setting)
    config = dict(num_heads=2, joint_window=setting['window'], joint_stride=setting.get('stride'),
                  wrap=setting.get('wrap', True))

    def loops(p, pose, modal, visible):
        clips = [
            reference.joint_stride_attention(p, *clip, config)
            for clip in zip(pose, modal, visible)
        ]
        return [torch.stack(part) for part in zip(*clips)]

    pose, modal, visible = draw(frames, joints, modal)
    visible[0] = False  # nobody is seen in the first clip
    assert_matches_loops(module, lambda pose, modal, visible: run(module, pose, modal, visible),
                         loops, pose=pose, modal=modal, visible=visible)


@given(st.integers(1, 2), st.integers(1, 12), st.integers(0, 2), window_settings())
@drawn(12)
def test_tokens_and_gradients_are_those_of_the_loops(frames, joints, modal, setting):
    compare(frames, joints, modal, setting)


@given(st.integers(3, 20), st.integers(1, 3), window_settings())
@example(20, 3, dict(window=2))
@drawn(4)
def test_long_clips_are_those_of_the_loops(frames, joints, setting):
    compare(frames, joints, 1, setting)


@pytest.mark.parametrize('window, stride', STRIDES)
def test_every_stride_is_that_of_the_loops(window, stride):
    compare(1, 7, 1, dict(window=window, stride=stride))


@pytest.mark.parametrize('joints', [3, 7])
def test_modal_queries_alone_are_those_of_the_whole(joints):
    module = build(window=3)
    pose, modal, visible = draw(2, joints, 2)
    left_out, alone = run(module, pose, modal, visible, modal_only=True)
    assert left_out is None
    assert_near(alone, run(module, pose, modal, visible)[1])


@pytest.mark.parametrize('joints, window, stride', [(5, 2, 1), (5, 2, 2), (7, 3, None), (17, 8, 3),
                                                    (17, 8, 8), (3, 8, None), (1, 1, 1)])
def test_every_joint_reaches_the_modal_tokens(joints, window, stride):
    module = build(window=window, stride=stride)
    pose, modal, visible = draw(2, joints, 2)
    run(module, pose, modal, torch.ones_like(visible))[1].sum().backward()
    assert (pose.grad != 0).all(-1).all()
    assert (modal.grad != 0).all(-1).all()


def test_joints_in_one_window_may_be_exchanged():
    module = build(window=8)
    pose, modal, visible = draw(2, 6, 2)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    tokens, modal_tokens = run(module, pose, modal, visible)
    exchanged, same_modal = run(module, pose[:, :, order], modal, visible[:, :, order])
    assert_near(exchanged, tokens[:, :, order])
    assert_near(same_modal, modal_tokens)


def test_windows_without_visible_joints_do_not_move_the_modal_tokens():
    module = build(window=2, stride=2)
    pose, modal, visible = draw(2, 4, 1)
    visible[:] = torch.tensor([True, True, False, False])
    hidden = pose.detach().clone()
    hidden[:, :, 2:] += 1
    assert_near(run(module, hidden, modal, visible)[1], run(module, pose, modal, visible)[1])
