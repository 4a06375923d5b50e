"""The chart of joints: names, people apart, missing joints blank, values in place."""
import numpy as np
import pytest
import torch

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.attention_maps import AttentionMaps, JointMaps
from mmaction_d3d.visualization import all_pictures
from mmaction_d3d.visualization.pictures import joints
from mmaction_d3d.visualization.pictures.joints import joint_chart


def two_people(explanation):
    """The clip with a second person beside the first one, joint 3 of whom is missing in frame 1."""
    joints = np.concatenate([explanation.joints, explanation.joints + (5, 0, 0)], axis=1)
    joints[1, 17 + 3, 2] = 0
    received = torch.arange(4 * 34.).view(4, 34) / 100
    return explanation._replace(joints=joints, maps=explanation.maps.with_maps(JointMaps(received)))


def test_each_person_has_a_chart_of_joints_and_frames(explanation):
    figure = joint_chart(two_people(explanation))
    charts = [axis for axis in figure.axes if axis.get_title().startswith('person')]
    assert [axis.get_title()
            for axis in charts] == ['person 1 (green bones)', 'person 2 (orange bones)']
    for number, axis in enumerate(charts):
        assert [label.get_text() for label in axis.get_yticklabels()][9] == 'left wrist'
        drawn = axis.images[0].get_array()
        assert drawn[9, 2] == pytest.approx((2 * 34 + 17 * number + 9) / 100)
    assert np.ma.masked_invalid(charts[1].images[0].get_array()).mask.nonzero() == ([3], [1])


def test_a_person_who_is_never_there_has_no_chart(explanation):
    clip = two_people(explanation)
    clip.joints[:, 17:, 2] = 0
    figure = joint_chart(clip)
    assert sum(axis.get_title().startswith('person') for axis in figure.axes) == 1


def test_skeletons_are_painted_with_the_attention_of_their_frame(explanation, monkeypatch):
    painted = []
    monkeypatch.setattr(
        joints, 'with_people', lambda frame, people, layout, received: painted.append(
            (frame, people, received)) or frame)
    clip = two_people(explanation)
    clip.maps.of(JointMaps).received.add_(1)
    joint_chart(clip)
    low, high = joints.joint_limits(clip)
    assert len(painted) == 4 and (low, high) == pytest.approx((1, 2.35))
    for t, (frame, people, received) in enumerate(painted):
        np.testing.assert_array_equal(frame, clip.frames[t] // 3)
        np.testing.assert_array_equal(people, clip.joints[t])
        expected = (clip.maps.of(JointMaps).received[t].numpy() - 1) / 1.35
        np.testing.assert_allclose(received, expected, atol=1e-5)


def test_a_model_without_joint_attention_is_refused(explanation):
    with pytest.raises(InputError, match='attentions: found none that records JointMaps'):
        all_pictures()['joints'].draw(explanation._replace(maps=AttentionMaps()))
