"""Odd inputs and parts that the transformer takes, and those that it refuses."""
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModule

from mmaction_d3d.errors import InputError

from ..support import (
    assert_near,
    build,
    draw_clip,
    draw_heatmaps,
    small_transformer,
)

FULL_KERNEL = dict(kernel_size=7, clip_len=12, img_size=64, joint_window=8, temporal_window=4)


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
