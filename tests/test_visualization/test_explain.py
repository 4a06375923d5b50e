"""From a clip of a data set to its attention and its picture."""
import cv2
import numpy as np
import pytest
import torch

from mmaction.registry import MODELS
from mmaction_d3d.errors import InputError
from mmaction_d3d.visualization import attention_maps, explain_clip

PIPELINE = [
    dict(type='AlignedSampleFrames', clip_len=4, test_mode=True),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(64, 64), keep_ratio=False),
    dict(type='FormatShape', input_format='NCTHW'),
]


def recognizer(**changes):
    torch.manual_seed(0)
    backbone = dict(type='D3DTransformer', backbone=dict(type='R2Plus1D', base_channels=4),
                    num_joints=17, num_person=1, clip_len=4, img_size=64, num_blocks=2, num_heads=2,
                    kernel_size=3)
    return MODELS.build(dict(
        type='D3DRecognizer', backbone=dict(backbone, **changes),
        cls_head=dict(type='D3DHead', num_classes=2, in_channels=16, average_clips='prob'),
        data_preprocessor=dict(
            type='D3DDataPreprocessor',
            preprocessors=dict(imgs=dict(type='ActionDataPreprocessor', format_shape='NCTHW')))))


def clip():
    joints = torch.rand(4, 17, 3) * 60 + 1
    return torch.randn(3, 4, 64, 64), joints


def test_at_the_regular_grid_attention_lies_under_the_searched_points():
    # The search starts at zero offsets: 2 x 6 x 6 points on 4 frames of 8 x 8 cells.
    maps = attention_maps(recognizer(), *clip())
    assert maps.grid == (2, 6, 6) and maps.cells.shape == (4, 8, 8)
    assert 0.5 < float(maps.cells.sum()) < 1  # the rest is on the modal tokens
    times = torch.tensor([0.5, 2.5]).repeat_interleave(36)  # cell centres of halves of the clip
    torch.testing.assert_close(maps.points[:, 2], times)
    torch.testing.assert_close(maps.points[:3, 0], torch.tensor([16., 48., 80.]) / 3)


def test_a_point_that_all_look_at_is_where_the_map_is(monkeypatch):
    model = recognizer()
    attention = model.backbone.blocks[-1].deformable.attention
    point = 36 + 2 * 6 + 3  # second half of the clip, row 2, column 3

    def on_one_point(query, key):
        weights = query.new_zeros(1, 2, query.shape[1], key.shape[1])
        weights[..., point] = 1
        return weights

    monkeypatch.setattr(attention, 'weights', on_one_point)
    cells = attention_maps(model, *clip()).cells
    assert float(cells.sum()) == pytest.approx(1)
    frame, row, column = np.unravel_index(int(cells.argmax()), cells.shape)
    # x = (2 * 3 + 1) / 6 of 8 cells, y = (2 * 2 + 1) / 6, t = 3 / 4 of 4 frames, minus a half each.
    assert (row, column) == (3, 4) and frame in (2, 3)


def test_joint_attention_has_a_value_for_each_joint_of_each_frame():
    assert attention_maps(recognizer(), *clip()).joints.shape == (4, 17)
    assert attention_maps(recognizer(attentions=('deformable', )), *clip()).joints is None


def test_a_model_without_deformable_attention_is_refused():
    with pytest.raises(InputError, match='attentions: found none that is deformable'):
        attention_maps(recognizer(attentions=('joint', 'temporal')), *clip())


def test_the_picture_shows_the_clip_and_the_prediction_is_the_models(rgb_pose_data, tmp_path):
    dataset = rgb_pose_data(num_videos=2, num_frames=8).build(
        [*PIPELINE, dict(type='PackRGBPose')], num_person=1, test_mode=True)
    path = tmp_path / 'clip.png'
    found = explain_clip(recognizer(), dataset, 1, str(path))
    assert found.name == 'clip1' and found.label == 1 and found.prediction in (0, 1)
    assert 0.5 <= found.score <= 1
    picture = cv2.imread(str(path))
    assert picture.shape[1] > 4 * 100 and picture.std() > 20  # four frames, not blank


def test_a_pipeline_without_keypoints_is_refused(rgb_pose_data):
    dataset = rgb_pose_data(num_videos=2, num_frames=8).build(
        [*PIPELINE, dict(type='PackRGBPose', collect_keys=('imgs', ))], num_person=1, test_mode=True)
    with pytest.raises(InputError, match='collect_keys'):
        explain_clip(recognizer(), dataset, 0)
