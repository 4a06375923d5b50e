"""Which joints a file holds is said, or plain; it is not guessed."""
import numpy as np
import pytest

from mmaction_d3d.datasets.joint_layout import find_layout
from mmaction_d3d.errors import InputError


def content(joints=17, **said):
    return dict(annotations=[dict(frame_dir='a', keypoint=np.zeros((1, 6, joints, 2)))], **said)


def test_the_file_or_the_user_says_it():
    assert find_layout(content(layout='h36m17'), 'a.pkl').name == 'h36m17'
    assert find_layout(content(layout='coco17'), 'a.pkl', 'coco17').name == 'coco17'
    assert find_layout(content(), 'a.pkl', 'posetrack17').name == 'posetrack17'


def test_only_one_layout_has_that_number_of_joints():
    assert find_layout(content(13), 'a.pkl').name == 'penn13'
    assert find_layout(content(133), 'a.pkl').name == 'wholebody133'


def test_a_file_of_17_joints_is_cocos_unless_that_is_to_be_asked():
    assert find_layout(content(), 'a.pkl').name == 'coco17'


@pytest.mark.parametrize('joints, names', [(17, 'coco17 or h36m17 or posetrack17'),
                                           (25, 'ntu25 or body25')])
def test_several_have_it(joints, names):
    with pytest.raises(
            InputError, match=f'a.pkl: keypoint: found {joints} joints without names, '
            f'want --layout {names}'):
        find_layout(content(joints), 'a.pkl', default=None)


@pytest.mark.parametrize('file, name, message', [
    (content(layout='coco17'), 'h36m17', 'a.pkl: layout: found coco17, want h36m17, as --layout'),
    (content(layout='coco18'), None, "a.pkl: layout: found 'coco18', want coco17 or"),
    (content(layout=17), None, 'a.pkl: layout: found int, want the name'),
    (content(4), None, 'found 4 joints without names, want one of 17'),
])
def test_a_layout_that_cannot_be(file, name, message):
    with pytest.raises(InputError, match=message):
        find_layout(file, 'a.pkl', name)


def test_a_file_without_anybody():
    assert find_layout(dict(annotations=[dict(frame_dir='a')]), 'a.pkl').name == 'coco17'
