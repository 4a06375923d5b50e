"""The transformer with its feature extractor: values, equivalences, odd inputs and bad ones."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from mmaction.registry import MODELS
from mmengine.model import BaseModule

from mmaction_d3d.errors import InputError
from mmaction_d3d.models.layers import AttentionRecord
from mmaction_d3d.models.layers.deformable_maps import DeformableRecord
from mmaction_d3d.models.layers.joint_maps import JointRecord

from .. import reference
from ..support import (
    assert_matches_loops,
    assert_near,
    build,
    draw_clip,
    draw_joints,
    draw_maps,
    drawn,
    given_maps_transformer,
    small_transformer,
)

FULL_KERNEL = dict(kernel_size=7, clip_len=12, img_size=64, joint_window=8, temporal_window=4)


def draw_heatmaps(clip, **settings):
    """The same clip with the paper's heatmaps in place of joints."""
    grid = [-(-side // 2) for side in clip['imgs'].shape[-2:]]
    maps = torch.stack(
        [reference.heatmaps(joints, grid, **settings) for joints in clip['keypoint']])
    return dict(imgs=clip['imgs'], heatmap_imgs=maps.float())


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


@pytest.mark.parametrize('num_person', [1, 2, 3])
@pytest.mark.parametrize('frames, size', [(1, (56, 56)), (2, (75, 57)), (5, (57, 75)),
                                          (12, (56, 64)), (20, (56, 57))])
def test_a_model_of_12_frames_takes_any_length_and_size(frames, size, num_person):
    model = build(small_transformer(num_person=num_person, num_blocks=1, **FULL_KERNEL))
    clip = draw_clip(batch=1, frames=frames, size=size, joints=3 * num_person)
    tokens = model(**clip)
    assert tokens.shape == (1, frames, 3, 16)
    tokens.sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize('form', ['keypoint', 'heatmaps'])
def test_a_clip_without_visible_joints_is_like_any_other_in_its_batch(form):
    model = build(small_transformer())
    clip = draw_clip()
    clip['keypoint'][0, ..., 2] = 0
    arguments = clip if form == 'keypoint' else draw_heatmaps(clip)
    model(**arguments).square().sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    model.eval()
    together = model(**arguments)
    assert together.isfinite().all()
    for index in range(2):
        alone = model(**{name: value[index:index + 1] for name, value in arguments.items()})
        assert_near(alone[0], together[index])


def test_fewer_joints_than_a_window_are_one_window():
    narrow, wide = (build(small_transformer(joint_window=window)).eval() for window in (6, 50))
    clip = draw_clip()
    assert_near(wide(**clip), narrow(**clip))


@pytest.mark.parametrize('frames', [1, 4, 5])
def test_joints_of_the_frames_that_a_temporal_stride_drops_are_not_read(frames):
    backbone = dict(type='R2Plus1D', base_channels=4, temporal_strides=(1, 2, 1))
    model = build(small_transformer(backbone=backbone)).eval()
    clip = draw_clip(frames=frames)
    tokens = model(**clip)
    assert tokens.shape[1] == -(-frames // 2)
    clip['keypoint'][:, 1::2] = 0
    assert torch.equal(model(**clip), tokens)
    clip['keypoint'][:, ::2] = 0
    assert not torch.equal(model(**clip), tokens)


@pytest.mark.parametrize('strides', [(2, 1, 1), (1, 2, 2)])
@pytest.mark.parametrize('form', ['keypoint', 'heatmaps'])
def test_temporal_strides_train_with_either_form_of_the_skeleton(strides, form):
    backbone = dict(type='R2Plus1D', base_channels=4, temporal_strides=strides)
    model = build(small_transformer(backbone=backbone))
    clip = draw_clip(frames=5)
    model(**(clip if form == 'keypoint' else draw_heatmaps(clip))).sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


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


class TwoConvolutions(BaseModule):
    """Some other feature extractor with two maps."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv3d(3, 5, (1, 2, 2), (1, 2, 2))
        self.second = torch.nn.Conv3d(5, 12, (1, 4, 4), (1, 4, 4))

    def forward(self, imgs):
        first = self.first(imgs)
        return first, self.second(first)


def test_any_backbone_with_two_maps_serves():
    model = build(small_transformer(backbone=dict(type=TwoConvolutions), in_channels=(5, 12)))
    model(**draw_clip()).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_a_backbone_that_does_not_tell_its_channels_is_refused():
    with pytest.raises(InputError, match='in_channels'):
        MODELS.build(small_transformer(backbone=dict(type=TwoConvolutions)))


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


@pytest.mark.parametrize('changes, field',
                         [(dict(attentions=()), 'attentions'),
                          (dict(attentions=('spatial', )), 'attentions'),
                          (dict(modal_tokens='two'), 'modal_tokens'),
                          (dict(drop_path=1.), 'drop_path'),
                          (dict(joint_window=3, joint_stride=4), 'stride'),
                          (dict(temporal_window=2, temporal_stride=3), 'stride'),
                          (dict(temporal_window=2, temporal_stride=-1), 'stride'),
                          (dict(joint_window=0), 'window'), (dict(temporal_window=0), 'window'),
                          (dict(kernel_size=0), 'kernel_size'),
                          (dict(kernel_size=(2, 0, 2)), 'kernel_size'),
                          (dict(kernel_size=(2, 2)), 'kernel_size'),
                          (dict(num_blocks=0), 'num_blocks'), (dict(num_joints=0), 'num_joints'),
                          (dict(num_person=0), 'num_person'), (dict(clip_len=0), 'clip_len'),
                          (dict(sigma=0.), 'sigma'), (dict(num_heads=3), 'num_heads'),
                          (dict(pose_embed='joints'), 'embed'),
                          (dict(pose_embed='joints', attentions=('deformable', )), 'embed'),
                          (dict(block=dict.fromkeys(('deformable', 'joint', 'temporal'))), 'block'),
                          (dict(block=dict(other=dict())), 'block'),
                          (dict(block=dict(joint=dict(type='R2Plus1D'))), 'block'),
                          (dict(block=dict(cls_merge=dict(type='JointStrideAttention'))), 'block')],
                         ids=str)
def test_a_setting_that_cannot_be_is_refused(changes, field):
    with pytest.raises(InputError, match=f'{field}: found .*, want '):
        MODELS.build(small_transformer(**changes))


@pytest.mark.parametrize('size', [(55, 64), (64, 55), (1, 1)])
def test_a_crop_smaller_than_the_search_is_refused(size):
    model = build(small_transformer(**FULL_KERNEL))
    with pytest.raises(InputError, match='imgs: found .* want 56 x 56'):
        model(**draw_clip(batch=1, frames=1, size=size))


@pytest.mark.parametrize('size, taken', [((8, 24), True), ((24, 8), False), ((8, 23), False)])
def test_the_least_crop_is_that_of_the_search_along_its_own_axis(size, taken):
    model = build(small_transformer(kernel_size=(9, 1, 3)))
    clip = draw_clip(batch=1, frames=1, size=size)
    if taken:
        assert model(**clip).isfinite().all()
    else:
        with pytest.raises(InputError, match='imgs: found .* want 8 x 24'):
            model(**clip)


def test_any_crop_does_where_nothing_is_searched():
    model = build(small_transformer(attentions=('joint', 'temporal'), **FULL_KERNEL)).eval()
    assert model(**draw_clip(batch=1, frames=1, size=(9, 20))).isfinite().all()


@pytest.mark.parametrize('num_blocks, rates', [(1, [0.3]), (2, [0., 0.3]),
                                               (4, [0., 0.1, 0.2, 0.3])])
def test_drop_path_rises_to_that_of_the_last_block(num_blocks, rates):
    model = MODELS.build(small_transformer(num_blocks=num_blocks, drop_path=0.3))
    drop_rates = [block.temporal.drop_path.drop_prob for block in model.blocks]
    assert drop_rates == pytest.approx(rates)


@pytest.mark.parametrize('shape', [(2, 3, 5, 3), (2, 3, 7, 3), (2, 2, 6, 3), (2, 3, 6, 2),
                                   (1, 3, 6, 3), (2, 2, 3, 3, 3)], ids=str)
def test_joints_of_another_shape_are_refused(shape):
    model = build(small_transformer())
    with pytest.raises(InputError, match='keypoint: found .* want 2 x 3 x 6 x 3'):
        model(draw_clip()['imgs'], torch.rand(shape))


@pytest.mark.parametrize('shape', [(2, 4, 5, 16, 16), (2, 4, 6, 32, 32), (2, 2, 6, 16, 16),
                                   (2, 4, 6, 16)], ids=str)
def test_heatmaps_of_another_shape_are_refused(shape):
    model = build(small_transformer())
    with pytest.raises(InputError, match='heatmap_imgs: found .* want 2 x 4 x 6 x 16 x 16'):
        model(draw_clip(frames=4)['imgs'], heatmap_imgs=torch.rand(shape))


@pytest.mark.parametrize('shape', [(2, 3, 5, 16, 16), (2, 3, 6, 32, 32), (2, 3, 32, 56, 56)],
                         ids=str)
def test_heatmaps_of_another_shape_are_refused_also_with_as_many_frames_as_joints(shape):
    model = build(small_transformer())
    with pytest.raises(InputError, match='heatmap_imgs: found .* want 2 x 3 x 6 x 16 x 16'):
        model(draw_clip(frames=3)['imgs'], heatmap_imgs=torch.rand(shape))


def test_a_skeleton_in_both_forms_is_refused():
    clip = draw_clip()
    with pytest.raises(InputError, match='keypoint and heatmap_imgs: found both, want one'):
        build(small_transformer())(**clip, heatmap_imgs=draw_heatmaps(clip)['heatmap_imgs'])


def test_a_missing_skeleton_is_refused():
    with pytest.raises(InputError, match='keypoint: found nothing'):
        build(small_transformer())(draw_clip()['imgs'])


def test_training_returns_the_pathways_before_the_first_block():
    model = build(small_transformer(pathways=True)).train()
    imgs, keypoint = torch.randn(2, 3, 3, 32, 32), draw_joints(2, 3, 6, size=(32, 32)).float()
    features = model(imgs, keypoint)
    tokens, _ = model._tokenise(imgs, keypoint, None, None)
    assert_near(features.rgb, tokens.rgb.flatten(1, 3).mean(1))
    assert_near(features.pose, tokens.pose.mean(1))
    assert isinstance(model.eval()(imgs, keypoint), torch.Tensor)
