"""What a deletion leaves."""
import numpy as np
import torch

from mmaction_d3d.evaluation.deletion import (delete_cells, delete_joints, deleted_keys,
                                              shared_features)


def test_pixels_of_a_deleted_cell_have_the_mean_colour():
    imgs = torch.randn(3, 2, 16, 24)
    gone = delete_cells(imgs, np.array([6 + 1]), 2)  # frame 1, row 0, column 1: of 2 x 2 x 3
    mean = imgs.mean(dim=(1, 2, 3))
    assert (gone[:, 1, :4, 4:12] == mean[:, None, None]).all()
    gone[:, 1, :4, 4:12] = imgs[:, 1, :4, 4:12]
    assert torch.equal(gone, imgs)


def test_after_a_temporal_stride_a_cell_is_of_several_frames():
    imgs = torch.randn(3, 4, 16, 24)
    changed = (delete_cells(imgs, np.array([6 + 1]), 2) != imgs).any(dim=0).flatten(1).any(dim=1)
    assert changed.tolist() == [False, False, True, True]


def test_a_deleted_joint_is_missing():
    keypoint = torch.rand(3, 5, 3) + 1
    gone = delete_joints(keypoint, np.array([7, 2]), 3)  # joint 2 of frame 1, joint 2 of frame 0
    assert (gone[..., 2] == 0).nonzero().tolist() == [[0, 2], [1, 2]]
    assert torch.equal(gone[2], keypoint[2])


def test_a_deleted_key_is_as_if_it_had_not_been_there(spread_recognizer):
    layer = spread_recognizer.backbone.blocks[1].deformable
    query, key, value = (torch.randn(2, n, 16) for n in (5, 9, 9))
    whole = layer.attention.attend(query, key, value)
    gone = [np.array([0, 4]), np.array([], int)]
    with deleted_keys(layer, gone), torch.no_grad():
        found = layer.attention.attend(query, key, value)
    rest = [1, 2, 3, 5, 6, 7, 8]
    torch.testing.assert_close(
        found[:1], layer.attention.attend(query[:1], key[:1, rest], value[:1, rest]))
    torch.testing.assert_close(found[1], whole[1])
    torch.testing.assert_close(layer.attention.attend(query, key, value), whole)


def test_shared_features_are_computed_once_and_change_nothing(spread_recognizer, clip,
                                                              monkeypatch):
    extractor = spread_recognizer.backbone.backbone
    imgs, keypoint = (x.expand(3, *x.shape) for x in clip)
    calls, forward = [], type(extractor).forward
    monkeypatch.setattr(type(extractor), 'forward',
                        lambda self, imgs: calls.append(1) or forward(self, imgs))
    with torch.no_grad():
        expected = spread_recognizer.backbone(imgs, keypoint)
        calls.clear()
        with shared_features(extractor):
            for _ in range(2):
                torch.testing.assert_close(spread_recognizer.backbone(imgs, keypoint), expected)
        assert len(calls) == 1
        extractor(imgs)
    assert len(calls) == 2
