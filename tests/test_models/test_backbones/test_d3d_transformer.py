"""The transformer with its feature extractor: values, gradients and equivalences."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from mmaction.registry import MODELS

from mmaction_d3d.models.layers import AttentionRecord
from mmaction_d3d.models.layers.deformable_maps import DeformableRecord
from mmaction_d3d.models.layers.joint_maps import JointRecord

from .. import reference
from ..support import (
    assert_matches_loops,
    assert_near,
    build,
    draw_clip,
    draw_heatmaps,
    draw_joints,
    draw_maps,
    drawn,
    given_maps_transformer,
    small_transformer,
)


def tokens_and_gradients(model, **arguments):
    """What the head reads, and each parameter's gradient of a sum over it with drawn weights."""
    tokens = model(**arguments)
    pull = torch.randn(tokens.shape, generator=torch.Generator().manual_seed(0)).to(tokens)
    named = dict(model.named_parameters())
    return tokens, dict(
        zip(
            named,
            torch.autograd.grad((tokens * pull).sum(), named.values(), allow_unused=True,
                                materialize_grads=True)))


@pytest.mark.parametrize(
    'frames, size, changes', [
        (3, (16, 17), dict(num_joints=1)),
        (1, (17, 16), dict(num_person=1, joint_window=2, joint_stride=2)),
        (4, (16, 17),
         dict(num_person=3, num_joints=1, joint_window=2, joint_stride=1, temporal_stride=2,
              num_blocks=1)),
        (2, (16, 31), dict(modal_tokens='single', wrap=False, temporal_window=8)),
        (3, (16, 17), dict(modal_tokens='none', kernel_size=(3, 2, 1), attn_norm=False)),
        (2, (16, 16), dict(pose_embed='none', depthwise=False, offset_range=0.5, sigma=0.7)),
        (4, (16, 17),
         dict(pose_tokens=dict(body=True, motion_lags=(1, 2), order_people=True), num_blocks=1)),
        (2, (16, 16),
         dict(pose_tokens=dict(body=True, embed='none', use_score=False), modal_tokens='single')),
        (2, (16, 16), dict(attentions=('joint', ), num_blocks=2)),
        (2, (16, 16), dict(attentions=('deformable', ), use_score=False)),
    ], ids=[
        'plain', 'one person', 'three people', 'single', 'none', 'no embedding', 'body',
        'body in a single token', 'joint', 'deformable'
    ])
def test_tokens_and_gradients_are_those_of_the_loops(frames, size, changes):
    config, model = given_maps_transformer(**changes)
    maps = draw_maps(frames, size)
    joints = draw_joints(1, frames, config['num_person'] * config['num_joints'], size=size, seed=1)

    def forward(features_a, features_b, joints):
        model.backbone.maps = features_a, features_b
        return [model(torch.zeros(1, 3, frames, *size), joints)]

    def loops(p, features_a, features_b, joints):
        flat = {**config, **config.get('pose_tokens', {})}
        flat['pose_embed'] = flat.pop('embed', flat.get('pose_embed', 'coords'))
        return [reference.transformer(p, features_a[0], features_b[0], joints[0], flat)[None]]

    assert_matches_loops(model, forward, loops, features_a=maps[0], features_b=maps[1],
                         joints=joints)


@pytest.mark.parametrize('changes', [
    dict(),
    dict(use_score=False),
    dict(pose_embed='none'),
    dict(modal_tokens='none'),
    dict(pose_tokens=dict(body=True, motion_lags=(1, )))
], ids=str)
@pytest.mark.parametrize('size', [(32, 32), (25, 39)])
def test_heatmaps_give_the_tokens_of_keypoints(size, changes):
    model = build(small_transformer(**changes)).eval()
    clip = draw_clip(size=size, seed=3)
    clip['keypoint'][0, 0, 0] = torch.tensor([float('nan'), 3., 1.])
    clip['keypoint'][0, 1, 1] = torch.tensor([3., float('inf'), 1.])
    clip['keypoint'][1, 0, 2] = torch.tensor([400., 3., 1.])
    settings = dict(use_score=changes.get('use_score', True))
    assert_near(model(**draw_heatmaps(clip, **settings)), model(**clip), tolerance=1e-4)


@pytest.mark.parametrize('modal_tokens', ['cross', 'single'])
@pytest.mark.parametrize('attentions', [('deformable', 'joint', 'temporal'),
                                        ('deformable', 'joint')], ids='+'.join)
def test_queries_that_the_last_block_skips_change_nothing(attentions, modal_tokens, monkeypatch):
    model = build(small_transformer(modal_tokens=modal_tokens, attentions=attentions)).eval()
    clip, last = draw_clip(), model.blocks[-1]
    expected, wanted = tokens_and_gradients(model, **clip)
    whole = type(last).forward
    monkeypatch.setattr(
        last, 'forward',
        lambda tokens, visible, modal_only, record: whole(last, tokens, visible, False, record))
    tokens, gradients = tokens_and_gradients(model, **clip)
    assert_near(tokens, expected)
    for name, gradient in gradients.items():
        assert_near(gradient, wanted[name], f'gradient of {name}', 1e-4)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(1, 6), st.integers(9, 40),
       st.integers(9, 40), st.integers(0, 99))
@example(6, 2, 3, 25, 39, 0)
@drawn(6)
def test_heatmaps_and_keypoints_have_the_same_tokens_and_gradients(num_person, num_joints, frames,
                                                                   height, width, seed):
    model = build(
        small_transformer(num_person=num_person, num_joints=num_joints, kernel_size=1,
                          joint_window=4)).double().eval()
    clip = draw_clip(1, frames, (height, width), num_person * num_joints, seed)
    other = draw_heatmaps(clip)
    clip, other = ({name: value.double() for name, value in form.items()} for form in (clip, other))
    tokens, gradients = tokens_and_gradients(model, **clip)
    same_tokens, same_gradients = tokens_and_gradients(model, **other)
    assert_near(same_tokens, tokens, tolerance=1e-4)
    for name, gradient in gradients.items():
        assert_near(same_gradients[name], gradient, f'gradient of {name}', 1e-3)


@given(st.permutations(range(2)), st.permutations(range(4)))
@example([2, 0, 1], [1, 0])
@example([5, 3, 0, 4, 1, 2], [1, 0])
@drawn(6)
def test_joints_of_one_window_may_be_exchanged_with_their_embeddings(people, parts):
    """People too: pose tokens are exchanged with them and modal tokens stay."""
    num_person, num_joints = len(people), len(parts)
    joints = num_person * num_joints
    model = build(small_transformer(num_person=num_person, num_joints=num_joints,
                                    joint_window=16)).eval()
    clip, seen = draw_clip(joints=joints), []
    model.blocks[0].register_forward_hook(lambda block, inputs, tokens: seen.append(tokens.pose))
    tokens = model(**clip)
    order = torch.arange(joints).view(num_person, num_joints)[people][:, parts].flatten()
    with torch.no_grad():
        for embedding, places in ((model.pose_tokens.person_embed, people),
                                  (model.pose_tokens.joint_embed, parts)):
            embedding.copy_(embedding[places].clone())
    assert_near(model(clip['imgs'], clip['keypoint'][:, :, order]), tokens)
    assert_near(seen[1], seen[0][:, :, order])


@pytest.mark.parametrize('frames, changes', [(1, dict()), (20, dict(num_blocks=1)),
                                             (5, dict(joint_stride=3, temporal_stride=2)),
                                             (4, dict(joint_stride=1, temporal_window=3)),
                                             (3, dict(num_person=6, num_blocks=1)),
                                             (4, dict(modal_tokens='single')),
                                             (4, dict(modal_tokens='none'))], ids=str)
def test_every_token_moves_what_the_head_reads(frames, changes):
    """No joint, cell, frame or modal token has a gradient of zero."""
    config, model = given_maps_transformer(kernel_size=1, **changes)
    model.double()
    seen = []
    model.blocks[0].register_forward_pre_hook(lambda block, inputs: seen.extend(inputs[0]))
    joints = draw_joints(1, frames, config['num_person'] * config['num_joints'], size=(17, 24))
    model.backbone.maps = draw_maps(frames, (17, 24))
    read = model(torch.zeros(1, 3, frames, 17, 24), joints)
    pull = torch.randn(read.shape, generator=torch.Generator().manual_seed(0), dtype=read.dtype)
    for gradient in torch.autograd.grad(read, [part for part in seen if part.numel()], pull):
        assert (gradient.abs().amax(-1) > 1e-9).all()


def test_joints_of_one_window_may_be_exchanged_where_tokens_are_the_papers_letter():
    model = build(small_transformer(pose_embed='none', joint_window=8)).eval()
    clip = draw_clip()
    exchanged = dict(clip, keypoint=clip['keypoint'][:, :, [4, 2, 0, 5, 1, 3]])
    assert_near(model(**exchanged), model(**clip))


def test_embeddings_tell_two_exchanged_tracks_apart():
    model = build(small_transformer(joint_window=8)).eval()
    clip = draw_clip()
    exchanged = dict(clip, keypoint=clip['keypoint'][:, :, [1, 0, 2, 3, 4, 5]])
    assert (model(**exchanged) - model(**clip)).abs().max() > 1e-3


def test_fewer_joints_than_a_window_are_one_window():
    narrow, wide = (build(small_transformer(joint_window=window)).eval() for window in (6, 50))
    clip = draw_clip()
    assert_near(wide(**clip), narrow(**clip))


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('modal_tokens', ['cross', 'none'])
def test_mixed_precision_is_close_to_float32(modal_tokens, training):
    torch.manual_seed(0)
    model = MODELS.build(small_transformer(modal_tokens=modal_tokens)).train(training)
    model.backbone.eval()  # batch statistics of so few values blow rounding up
    with torch.no_grad():
        for block in model.blocks:
            block.deformable.search.to_offset.weight.normal_(0, 0.2)
    parameters = [p for name, p in model.named_parameters() if not name.startswith('backbone')]
    clip, tokens, gradients = draw_clip(), [], []
    for enabled in (False, True):
        with torch.autocast('cpu', torch.bfloat16, enabled=enabled):
            tokens.append(model(**clip).float())
            loss = tokens[-1].square().sum()
        gradients.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, parameters)]))
    for exact, mixed in (tokens, gradients):
        assert mixed.isfinite().all()
        assert (mixed - exact).norm() < 0.03 * exact.norm()


def test_mixed_precision_trains_the_feature_extractor_too():
    model = MODELS.build(small_transformer()).train()
    with torch.autocast('cpu', torch.bfloat16):
        model(**draw_clip()).float().square().sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_recording_changes_nothing_and_holds_every_block():
    model = build(small_transformer(num_blocks=3)).eval()
    clip, record = draw_clip(), AttentionRecord()
    assert torch.equal(model(**clip, record=record), model(**clip))
    assert [len(block) for block in record.blocks] == [2, 2, 2]
    for maps in (entry.cells for entry in record.of(DeformableRecord)):
        assert maps.shape == (2, 2, 2, 3, 3, 4, 4)
        assert (maps.sum((-3, -2, -1)) <= 1 + 1e-5).all()
    for maps in (entry.received for entry in record.of(JointRecord)):
        assert maps.shape == (2, 2, 3, 6)


def test_training_returns_the_pathways_before_the_first_block():
    model = build(small_transformer(pathways=True)).train()
    imgs, keypoint = torch.randn(2, 3, 3, 32, 32), draw_joints(2, 3, 6, size=(32, 32)).float()
    features = model(imgs, keypoint)
    tokens, _ = model._tokenise(imgs, keypoint, None, None)
    assert_near(features.rgb, tokens.rgb.flatten(1, 3).mean(1))
    assert_near(features.pose, tokens.pose.mean(1))
    assert isinstance(model.eval()(imgs, keypoint), torch.Tensor)
