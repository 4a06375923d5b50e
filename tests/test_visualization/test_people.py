"""Skeletons over a frame."""
import numpy as np
import pytest

from mmaction_d3d.datasets import get_layout
from mmaction_d3d.visualization.palette import PEOPLE, RECEIVED, scale_colours
from mmaction_d3d.visualization.people import draw_people, enlarged, number_people

COCO = get_layout('coco17')


def test_a_joint_without_score_is_not_drawn():
    joints = np.zeros((1, 17, 3))
    joints[0, 5], joints[0, 6] = (20.5, 20.5, 1), (40.5, 20.5, 1)
    picture = np.zeros((400, 400, 3), np.uint8)
    draw_people(picture, joints, COCO)
    assert tuple(picture[20, 30]) == PEOPLE[0]  # the bone between the two
    rows, _ = np.nonzero(picture.any(-1))
    assert rows.min() > 10 and rows.max() < 30  # nothing at (0, 0)


def test_a_joint_grows_and_brightens_with_its_attention():
    joints = np.zeros((1, 17, 3))
    joints[0, 0], joints[0, 9] = (40.5, 40.5, 1), (120.5, 120.5, 1)  # no bone joins them
    received = np.zeros((1, 17))
    received[0, 9] = 1
    picture = np.zeros((600, 600, 3), np.uint8)
    draw_people(picture, joints, COCO, received=received)
    ends = scale_colours(np.array([0, 1]), RECEIVED)
    np.testing.assert_array_equal([picture[40, 40], picture[120, 120]], ends)
    small, large = (part.sum() / colour.sum()
                    for part, colour in zip((picture[:70, :70], picture[70:,
                                                                        70:]), ends.astype(int)))
    assert large / small == pytest.approx(1 / 0.15, rel=0.2)  # the area is in proportion


def test_numbers_stand_above_heads_in_the_colours_of_people():
    joints = np.zeros((2, 17, 3))
    joints[0, 0], joints[1, 0] = (20, 40, 1), (60, 70, 1)
    picture = np.zeros((100, 100, 3), np.uint8)
    number_people(picture, joints)
    for (x, y, _), colour in zip(joints[:, 0].astype(int), PEOPLE):
        label = picture[y - 18:y, x - 10:x + 10]
        assert (label == colour).all(-1).any()
        picture[y - 18:y, x - 10:x + 10] = 0
    assert not picture.any()


def test_a_small_frame_is_enlarged_and_a_large_one_is_not():
    assert enlarged(np.zeros((64, 96, 3), np.uint8)).shape == (192, 288, 3)
    large = np.zeros((200, 300, 3), np.uint8)
    copy = enlarged(large)
    copy += 1
    assert copy.shape == large.shape and not large.any()


def test_a_joint_far_outside_does_no_harm():
    joints = np.full((1, 17, 3), 1e30)
    joints[..., 2] = 1
    joints[0, 3] = np.nan
    draw_people(np.zeros((60, 60, 3), np.uint8), joints, COCO)


def test_no_bone_leads_to_a_joint_that_is_nowhere():
    joints = np.zeros((1, 17, 3))
    joints[0, 5], joints[0, 6] = (20, 20, 1), (np.nan, np.nan, 1)
    picture = np.zeros((60, 60, 3), np.uint8)
    draw_people(picture, joints, COCO)
    rows, columns = np.nonzero(picture.any(-1))
    assert min(rows.min(), columns.min()) > 10 and max(rows.max(), columns.max()) < 30
