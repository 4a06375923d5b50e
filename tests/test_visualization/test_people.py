"""Skeletons over a frame."""
import numpy as np

from mmaction_d3d.datasets import get_layout
from mmaction_d3d.visualization.palette import PEOPLE
from mmaction_d3d.visualization.people import draw_people

COCO = get_layout('coco17')


def test_a_joint_without_score_is_not_drawn():
    joints = np.zeros((1, 17, 3))
    joints[0, 5], joints[0, 6] = (20, 20, 1), (40, 20, 1)
    picture = np.zeros((60, 60, 3), np.uint8)
    draw_people(picture, joints, COCO)
    assert tuple(picture[19, 30]) == PEOPLE[0]  # the bone between the two
    rows, _ = np.nonzero(picture.any(-1))
    assert rows.min() > 10 and rows.max() < 30  # nothing at (0, 0)


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
