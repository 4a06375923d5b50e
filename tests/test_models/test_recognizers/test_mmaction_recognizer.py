"""The model inside MMAction2's own recogniser, preprocessor and RGB+pose layout."""
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample

from ..support import logged, small_transformer, spread

JOINTS = 17


def build(num_person):
    torch.manual_seed(0)
    return spread(
        MODELS.build(
            dict(
                type='MMRecognizer3D', backbone=small_transformer(num_joints=JOINTS,
                                                                  num_person=num_person,
                                                                  joint_window=8),
                cls_head=dict(type='D3DHead', num_classes=5, in_channels=16, average_clips='prob'),
                data_preprocessor=dict(
                    type='MultiModalDataPreprocessor', preprocessors=dict(
                        imgs=dict(type='ActionDataPreprocessor', mean=[123.675, 116.28, 103.53],
                                  std=[58.395, 57.12, 57.375], format_shape='NCTHW'),
                        heatmap_imgs=dict(type='ActionDataPreprocessor'))))))


def draw_batch(clips=1):
    """8 RGB frames and heatmaps of 32 pose frames, people merged, as rgbpose_conv3d's pipeline."""
    inputs = dict(
        imgs=[torch.randint(256, (clips, 3, 8, 32, 32), dtype=torch.uint8) for _ in range(2)],
        heatmap_imgs=[torch.rand(clips, JOINTS, 32, 56, 56).pow(20) for _ in range(2)])
    return dict(inputs=inputs, data_samples=[ActionDataSample().set_gt_label(1) for _ in range(2)])


def test_training_and_test_run_and_warn_once_of_modalities_that_are_not_aligned():
    model = build(num_person=2)
    with logged() as messages:
        losses = model(**model.data_preprocessor(draw_batch(), True), mode='loss')
        losses['loss_cls'].backward()
        samples = model.eval()(**model.data_preprocessor(draw_batch(clips=3)), mode='predict')
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert torch.stack([sample.pred_score for sample in samples]).isfinite().all()
    warnings = [text for level, text in messages if level == 'WARNING' and 'heatmap_imgs' in text]
    assert len(warnings) == 1 and 'not aligned' in warnings[0]


def test_heatmaps_move_the_prediction():
    model = build(num_person=1).eval()
    inputs = model.data_preprocessor(draw_batch())['inputs']
    imgs, heatmaps = (value.flatten(0, 1) for value in inputs.values())
    other = model.backbone(imgs, heatmap_imgs=heatmaps.flip(-1))
    assert (model.backbone(imgs, heatmap_imgs=heatmaps) - other).abs().max() > 1e-3
