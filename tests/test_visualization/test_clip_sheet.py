"""Pictures of what a pipeline gives: places, colours, brightness, captions."""
import numpy as np
import pytest
import torch

from mmaction_d3d.datasets import get_layout
from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.clip_view import view_clip
from mmaction_d3d.visualization.clip_sheet import (
    clip_video,
    contact_sheet,
    draw_clip,
    draw_heatmaps,
)
from mmaction_d3d.visualization.palette import LEFT, MIDDLE, RIGHT, side_colours
from mmaction_d3d.visualization.people import with_people

LAYOUT = get_layout('coco17')
BLACK = np.zeros((20, 30, 3), np.uint8)  # drawn eight times as large
PIPELINE = [
    dict(type='AlignedSampleFrames', clip_len=4),
    dict(type='AlignedDecode'),
    dict(type='JointFlip', layout='coco17', flip_ratio=1.),
    dict(type='FormatShape', input_format='NCTHW'),
    dict(type='PackRGBPose')
]


def one_joint(name, x, y, score=1.):
    joints = np.zeros((17, 3), np.float32)
    joints[LAYOUT.joints.index(name)] = x, y, score
    return joints


def draw_skeletons(joints):
    return with_people(BLACK, joints, LAYOUT, side_colours(LAYOUT))


@pytest.mark.parametrize('name, colour', [('left_wrist', LEFT), ('right_wrist', RIGHT),
                                          ('nose', MIDDLE)])
def test_a_joint_is_drawn_where_it_is_in_the_colour_of_its_side(name, colour):
    picture = draw_skeletons(one_joint(name, 12.5, 7.5))
    assert tuple(picture[60, 100]) == colour  # the centre of pixel (12, 7)
    assert picture.reshape(-1, 3).any(1).sum() < 60


def test_a_bone_joins_its_ends():
    joints = one_joint('left_wrist', 5, 10) + one_joint('left_elbow', 25, 10)
    picture = draw_skeletons(joints)
    assert picture[78:82, 120].any()


def test_a_joint_is_as_bright_as_its_score_is_high():
    faint = draw_skeletons(one_joint('nose', 12.5, 7.5, 0.5))[60, 100]
    np.testing.assert_allclose(faint, 255 * (0.35 + 0.65 * 0.5), atol=1)
    assert not draw_skeletons(one_joint('nose', 12.5, 7.5, 0)).any()


@pytest.mark.parametrize('height, width', [(160, 200), (20, 30)])
@pytest.mark.parametrize('x, y', [(12.5, 8.5), (12.5, 7.5)])
def test_heat_lies_where_the_joint_is(height, width, x, y):
    i, j = np.meshgrid(np.arange(width // 2), np.arange(height // 2))
    heat = np.exp(-((i - x / 2 + 0.25)**2 + (j - y / 2 + 0.25)**2) / 2)
    weight = draw_heatmaps(np.zeros((height, width, 3), np.uint8), heat).astype(float).sum(-1)
    weight -= weight.min()
    scale = len(weight) / height
    v, u = np.mgrid[:weight.shape[0], :weight.shape[1]]
    centre = [((axis + 0.5) / scale * weight).sum() / weight.sum() for axis in (u, v)]
    np.testing.assert_allclose(centre, (x, y), atol=0.15)


@pytest.fixture(scope='module')
def dataset(rgb_pose_data):
    data = rgb_pose_data(num_videos=2, num_frames=8)
    data.content['classes'] = ['go', 'come']
    data.save()
    from mmengine.registry import init_default_scope
    init_default_scope('mmaction')
    return data.build(PIPELINE, test_mode=True)


def test_caption_says_name_class_flip_and_frames(dataset):
    packed = dataset[1]
    inds = ' '.join(map(str, packed['data_samples'].metainfo['frame_inds']))
    assert view_clip(packed,
                     dataset).caption == (f'clip1, class 1 (come), flipped, frames {inds} of 8')


def test_heat_and_frames_are_those_of_the_same_times(dataset):
    view = view_clip(dataset[0], dataset)
    for frame, heat, joints in zip(view.frames, view.heat, view.joints):
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        assert frame[2 * row, 2 * column].min() > 200  # the bright square, on which all joints are
        assert abs(joints[0, 0] - 2 * column) <= 1.5


def test_heatmaps_of_the_pipeline_are_drawn_as_they_are(dataset):
    packed = dataset[0]
    keypoints = view_clip(packed, dataset, sigma=2.)
    joints = packed['inputs'].pop('keypoint')[0].numpy()
    i, j = np.meshgrid(np.arange(40), np.arange(32))
    maps = [[s * np.exp(-((i - x / 2 + 0.25)**2 + (j - y / 2 + 0.25)**2) / 8) for x, y, s in frame]
            for frame in joints]
    packed['inputs']['heatmap_imgs'] = torch.tensor(np.array(maps))[None]
    view = view_clip(packed, dataset)
    np.testing.assert_allclose(view.heat, keypoints.heat, atol=1e-5)
    assert view.joints is None and len(draw_clip(view, LAYOUT)) == 4


def test_a_pipeline_without_images_is_a_wrong_input(dataset):
    packed = dataset[0]
    del packed['inputs']['imgs']
    with pytest.raises(InputError, match='imgs: found nothing'):
        view_clip(packed, dataset)


def test_sheet_and_video_hold_every_frame_of_every_clip(dataset):
    views = [view_clip(dataset[i], dataset) for i in range(2)]
    cell = draw_clip(views[0], LAYOUT)[0].shape
    sheet, video = contact_sheet(views, LAYOUT), clip_video(views, LAYOUT)
    assert sheet.shape[0] > 2 * cell[0] and sheet.shape[1] >= 4 * cell[1]
    assert len(video) == 4 and video.shape[1] % 2 == video.shape[2] % 2 == 0
    assert (video[0] != video[3]).any()
