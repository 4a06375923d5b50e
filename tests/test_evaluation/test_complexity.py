"""Counted multiply-adds against a count by hand."""
import pytest
import torch

from mmaction.registry import MODELS
from mmaction_d3d.evaluation.complexity import count_complexity

T, H, W, V, M, C = 4, 64, 80, 5, 2, 4
DIMS, CELLS, JOINTS = 4 * C, (H // 8) * (W // 8), M * V


@pytest.fixture(scope='module')
def counted():
    model = MODELS.build(dict(
        type='D3DRecognizer',
        backbone=dict(type='D3DTransformer', backbone=dict(type='R2Plus1D', base_channels=C),
                      num_joints=V, num_person=M, clip_len=T, img_size=(H, W), num_blocks=1,
                      num_heads=2, kernel_size=3, joint_window=4, temporal_window=2),
        cls_head=dict(type='D3DHead', num_classes=7, in_channels=DIMS),
        data_preprocessor=dict(type='D3DDataPreprocessor', preprocessors=dict())))
    keypoint = torch.rand(1, 1, T, JOINTS, 3) * 60
    return model, count_complexity(
        model, dict(imgs=torch.randn(1, 1, 3, T, H, W), keypoint=keypoint))


def by_hand():
    """Multiply-adds of the parts of one block, which is the last one."""
    searched = (T - 2) * (H // 8 - 2) * (W // 8 - 2)
    queries, keys = T * CELLS + 2 * T, searched + 2 * T
    deformable = (2 * queries + 2 * keys) * DIMS**2 + 2 * queries * keys * DIMS
    # 4 windows of 4 joints at stride 2, joined by 2 modal tokens a frame.
    length = T * 4 + 2 * T
    joint = 4 * T * (JOINTS + 2) * DIMS**2 + 4 * 2 * length**2 * DIMS + T * JOINTS * 16 * DIMS
    # 3 windows of 2 frames at stride 1; only the 3 modal queries are computed.
    tokens = CELLS + JOINTS + 3
    temporal = (2 * T * tokens + 2 * T * 3) * DIMS**2 + 3 * 2 * (2 * 3) * (2 * tokens) * DIMS
    return {
        'pose tokens': T * C * (H // 2) * JOINTS * (W // 2 + 1) + T * JOINTS * (
            C * DIMS + 3 * DIMS + DIMS**2),
        'token search': searched * DIMS * (27 + 3 + 8),
        'deformable attention': deformable,
        'joint stride attention': joint,
        'temporal stride attention': temporal + T * 6 * 3 * DIMS,
        'FFN': 8 * DIMS**2 * (queries + T * (JOINTS + 2) + 3 * T),
        'head': 3 * DIMS * 7
    }


@pytest.mark.parametrize('part', sorted(by_hand()))
def test_each_part_agrees_with_a_count_by_hand(counted, part):
    assert counted[1][part].macs == pytest.approx(by_hand()[part], rel=0.01)


def test_parts_add_up(counted):
    model, parts = counted
    total = parts['total']
    assert total.parameters == sum(p.numel() for p in model.parameters())
    rest = [part for name, part in parts.items() if name != 'total']
    assert total == (sum(p.parameters for p in rest), sum(p.macs for p in rest))
    assert all(part.parameters >= 0 and part.macs >= 0 for part in rest)


def test_the_backbone_has_the_parameters_of_torchvisions_up_to_layer3():
    from torchvision.models.video import r2plus1d_18
    theirs = r2plus1d_18()
    kept = [theirs.stem, theirs.layer1, theirs.layer2, theirs.layer3]
    ours = MODELS.build(dict(type='R2Plus1D'))
    assert sum(p.numel() for p in ours.parameters()) == sum(
        p.numel() for part in kept for p in part.parameters())
