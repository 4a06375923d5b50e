"""Data preprocessor."""
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample


def build():
    return MODELS.build(
        dict(type='D3DDataPreprocessor',
             preprocessors=dict(imgs=dict(type='ActionDataPreprocessor', format_shape='NCTHW'))))


def test_what_has_no_preprocessor_is_stacked_to_float32():
    keypoint = [torch.randint(9, (1, 2, 6, 3)), torch.randint(9, (1, 2, 6, 3))]
    imgs = [torch.zeros(1, 3, 2, 8, 8, dtype=torch.uint8)] * 2
    labels = [ActionDataSample(), ActionDataSample()]
    data = build()(dict(inputs=dict(imgs=imgs, keypoint=keypoint), data_samples=labels))
    assert data['inputs']['keypoint'].dtype == torch.float32
    assert torch.equal(data['inputs']['keypoint'], torch.stack(keypoint).float())
    assert data['inputs']['imgs'].shape == (2, 1, 3, 2, 8, 8)


def test_a_stacked_batch_stays_as_it_is():
    heatmaps = torch.rand(2, 1, 2, 3, 4, 4)
    data = build()(dict(inputs=dict(heatmap_imgs=heatmaps), data_samples=[ActionDataSample()] * 2))
    assert torch.equal(data['inputs']['heatmap_imgs'], heatmaps)
