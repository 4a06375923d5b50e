"""What a deletion leaves."""
import numpy as np
import torch

from mmaction_d3d.evaluation.deletion import delete_cells, delete_joints, deleted_keys


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
    msa, tokens = layer.attention, torch.randn(2, 9, 16)
    query, gone = torch.randn(2, 5, 16), [np.array([4, 0]), np.array([1, 8])]
    with torch.no_grad():
        whole = msa.attend(query, msa.key(tokens), msa.value(tokens))
        with deleted_keys(layer, gone):
            attended = msa.attend(query, msa.key(tokens), msa.value(tokens))
        for clip, rest in enumerate(([1, 2, 3, 5, 6, 7, 8], [0, 2, 3, 4, 5, 6, 7])):
            left = tokens[clip:clip + 1, rest]
            torch.testing.assert_close(
                attended[clip:clip + 1],
                msa.attend(query[clip:clip + 1], msa.key(left), msa.value(left)))
        torch.testing.assert_close(msa.attend(query, msa.key(tokens), msa.value(tokens)), whole)


def test_known_features_change_nothing_and_are_not_computed_again(spread_recognizer, clip,
                                                                  monkeypatch):
    model = spread_recognizer.backbone
    imgs, keypoint = (x[None] for x in clip)
    with torch.no_grad():
        expected, features = model(imgs, keypoint), model.backbone(imgs)
        monkeypatch.setattr(type(model.backbone), 'forward', None)
        assert torch.equal(model(imgs, keypoint, features=features), expected)
