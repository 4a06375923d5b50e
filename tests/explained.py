"""A tiny recogniser, a clip for it and what it looked at."""
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.registry import init_default_scope

from mmaction_d3d.evaluation.explain import explain_clip

PIPELINE = [
    dict(type='AlignedSampleFrames', clip_len=4, test_mode=True),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(64, 64), keep_ratio=False),
    dict(type='FormatShape', input_format='NCTHW'),
]


@pytest.fixture(scope='session')
def recognizer():
    """Factory of recognisers; changes are those of the transformer."""

    def make(**changes):
        init_default_scope('mmaction')
        torch.manual_seed(0)
        backbone = dict(type='D3DTransformer', backbone=dict(type='R2Plus1D', base_channels=4),
                        num_joints=17, num_person=1, clip_len=4, img_size=64, num_blocks=2,
                        num_heads=2, kernel_size=3)
        backbone.update(changes)
        tokens = dict(cross=3, single=1, none=1)[backbone.get('modal_tokens', 'cross')]
        return MODELS.build(
            dict(
                type='D3DRecognizer', backbone=backbone,
                cls_head=dict(type='D3DHead', num_classes=2, in_channels=16, num_tokens=tokens,
                              average_clips='prob'),
                data_preprocessor=dict(
                    type='D3DDataPreprocessor', preprocessors=dict(
                        imgs=dict(type='ActionDataPreprocessor', format_shape='NCTHW'))))).eval()

    return make


@pytest.fixture(scope='session')
def clip():
    """Normalised frames, 3 x 4 x 64 x 64, and joints, 4 x 17 x 3."""
    generator = torch.Generator().manual_seed(0)
    return (torch.randn(3, 4, 64, 64,
                        generator=generator), torch.rand(4, 17, 3, generator=generator) * 60 + 1)


@pytest.fixture(scope='session')
def dataset(rgb_pose_data):
    """Two clips, packed for the recogniser, whose classes have names."""
    init_default_scope('mmaction')
    data = rgb_pose_data(num_videos=2, num_frames=8)
    data.content['classes'] = ['go', 'come']
    data.save()
    return data.build([*PIPELINE, dict(type='PackRGBPose')], num_person=1, test_mode=True)


@pytest.fixture(scope='session')
def spread_recognizer(recognizer):
    """A recogniser whose search has left the regular grid and whose attention is not even."""
    model = recognizer()
    torch.manual_seed(1)
    with torch.no_grad():
        for block in model.backbone.blocks:
            block.deformable.search.to_offset.weight.normal_(std=0.3)
            for layer in (block.deformable, block.joint):
                layer.attention.query.weight.mul_(8)
    return model


@pytest.fixture(scope='session')
def explanation(spread_recognizer, dataset):
    """Clip 1 of the data set."""
    return explain_clip(spread_recognizer, dataset, 1)
