"""Attention by columns, of clips and of their mirror images."""
import numpy as np
import torch

from mmaction_d3d.datasets import get_layout
from mmaction_d3d.evaluation import position_bias as module
from mmaction_d3d.evaluation.attention_maps import DeformableMaps
from mmaction_d3d.evaluation.position_bias import bias_lines, mirror, position_bias


def test_even_attention_is_what_even_says(recognizer, dataset):
    model = recognizer()
    attention = model.backbone.blocks[-1].deformable.attention
    with torch.no_grad():  # queries that are 0 attend to all alike
        attention.query.weight.zero_()
        attention.query.bias.zero_()
    bias = position_bias(model, dataset, [0, 1])
    np.testing.assert_allclose(bias['attention'], bias['even'], atol=1e-6)
    # Of 6 points over 8 columns, the outer ones have 5 / 6 of a point and their neighbours 2 / 3.
    np.testing.assert_allclose(bias['even'][:4] * 6, [5 / 6, 4 / 6, 4 / 6, 5 / 6], atol=1e-6)


def test_attention_that_follows_the_clip_is_mirrored_with_it(spread_recognizer, dataset,
                                                             monkeypatch):
    whole = module.attention_maps

    def maps_of_brightness(model, imgs, keypoint, selection):
        brightness = imgs.mean(dim=0) - imgs.min() + 1e-3
        cells = brightness.unflatten(2, (8, 8)).unflatten(1, (8, 8)).mean(dim=(2, 4))
        maps = whole(model, imgs, keypoint, selection)
        return maps.with_maps(maps.of(DeformableMaps)._replace(cells=cells))

    monkeypatch.setattr(module, 'attention_maps', maps_of_brightness)
    bias = position_bias(spread_recognizer, dataset, [0])
    np.testing.assert_allclose(bias['mirrored'], bias['attention'][::-1], atol=1e-6)
    assert np.ptp(bias['attention']) > 0.05


def test_left_and_right_are_exchanged_in_the_mirror():
    layout = get_layout('coco17')
    keypoint = torch.rand(2, 34, 3)
    mirrored = mirror(keypoint, 10, layout)
    left, right = 17 + layout.joints.index('left_wrist'), 17 + layout.joints.index('right_wrist')
    torch.testing.assert_close(mirrored[:, left, 0], 10 - keypoint[:, right, 0])
    torch.testing.assert_close(mirrored[:, left, 1:], keypoint[:, right, 1:])
    torch.testing.assert_close(mirror(mirrored, 10, layout), keypoint)


def test_the_table_has_a_row_a_column():
    assert bias_lines(
        dict(attention=[0.25, 0.75],
             even=[0.5, 0.5])) == ['column,attention,even', '0,0.2500,0.5000', '1,0.7500,0.5000']
