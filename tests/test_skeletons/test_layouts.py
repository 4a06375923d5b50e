import runpy
from pathlib import Path

import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.skeletons import LAYOUTS, get_layout, layout_by_number, register_layout


@pytest.mark.parametrize('name, num_joints, num_pairs', [('coco17', 17, 8), ('ntu25', 25, 10),
                                                         ('penn13', 13, 6), ('openpose18', 18, 8),
                                                         ('body25', 25, 11), ('halpe26', 26, 11),
                                                         ('mediapipe33', 33, 16), ('h36m17', 17, 6),
                                                         ('mpii16', 16, 6), ('crowdpose14', 14, 6),
                                                         ('posetrack17', 17, 7),
                                                         ('wholebody133', 133, 61)])
def test_sizes(name, num_joints, num_pairs):
    layout = get_layout(name)
    assert len(layout) == num_joints
    assert len(layout.left) == len(layout.right) == num_pairs


@pytest.mark.parametrize('layout', LAYOUTS.values(), ids=LAYOUTS)
def test_pairs_have_the_same_name_on_both_sides(layout):
    for left, right in zip(layout.left, layout.right):
        assert layout.joints[left].replace('left', 'right') == layout.joints[right] != \
            layout.joints[left]
    middle = set(range(len(layout))) - set(layout.left) - set(layout.right)
    assert not any('left' in layout.joints[i] or 'right' in layout.joints[i] for i in middle)


@pytest.mark.parametrize('layout', LAYOUTS.values(), ids=LAYOUTS)
def test_bones_connect_all_joints(layout):
    reached, added = {0}, True
    while added:
        grown = reached | {j for edge in layout.edges for j in edge if reached & set(edge)}
        added, reached = grown != reached, grown
    assert reached == set(range(len(layout)))


@pytest.mark.parametrize('layout', LAYOUTS.values(), ids=LAYOUTS)
def test_mirroring_joints_keeps_the_bones(layout):
    mirror = list(range(len(layout)))
    for left, right in zip(layout.left, layout.right):
        mirror[left], mirror[right] = right, left
    bones = {frozenset(edge) for edge in layout.edges}
    assert {frozenset(mirror[j] for j in edge) for edge in layout.edges} == bones


def test_known_joint_positions():
    assert [get_layout('coco17').joints.index(j) for j in ('nose', 'left_wrist', 'right_ankle')] \
        == [0, 9, 16]
    assert [get_layout('ntu25').joints.index(j) for j in ('head', 'right_shoulder', 'left_thumb')] \
        == [3, 8, 22]
    assert [get_layout('penn13').joints.index(j) for j in ('head', 'right_hip')] == [0, 8]


def test_unknown_layout_names_the_known_ones():
    with pytest.raises(InputError, match="'mpii', want coco17 or ntu25 or penn13 or"):
        get_layout('mpii')


@pytest.mark.parametrize('name, joints, bones, message', [
    ('coco17', 'a b', 'a-b', 'layout coco17: name: found one that is registered'),
    ('own', 'a b a', 'a-b', 'joints: found a twice'),
    ('own', 'left_a b', 'left_a-b', 'joints: found left_a alone, want right_a too'),
    ('own', 'right_a b', 'right_a-b', 'joints: found right_a alone, want left_a too'),
    ('own', 'a b', 'a-c', 'bones: found a-c, want a-b'),
    ('own', 'a b c', ['a-b-c'], 'bones: found a-b-c'),
])
def test_a_layout_that_cannot_be_meant_is_not_registered(name, joints, bones, message):
    before = dict(LAYOUTS)
    with pytest.raises(InputError, match=message):
        register_layout(name, joints, bones)
    assert before == LAYOUTS


def test_a_registered_layout_is_known_by_name_and_number():
    layout = register_layout('own', ['left_a', 'b', 'right_a'], ['left_a-b', 'b-right_a'])
    try:
        assert get_layout('own') is layout is layout_by_number(3, ('f', 'x'), '--layout')
        assert (layout.left, layout.right, layout.edges) == ((0, ), (2, ), ((0, 1), (1, 2)))
    finally:
        del LAYOUTS['own']


#: Names that MMPose gives the same points, where it calls them otherwise.
MMPOSE_NAMES = dict(head='head_top', hip='mid_hip', root='mid_hip', pelvis='mid_hip',
                    top_head='head_top', head_bottom='upper_neck', left_foot='left_ankle',
                    right_foot='right_ankle')


@pytest.mark.parametrize('name, file', [('coco17', 'coco'), ('halpe26', 'halpe26'),
                                        ('h36m17', 'h36m'), ('mpii16', 'mpii'),
                                        ('crowdpose14', 'crowdpose'),
                                        ('posetrack17', 'posetrack18'),
                                        ('wholebody133', 'coco_wholebody')])
def test_joints_are_those_of_the_data_set_as_mmpose_lists_them(name, file):
    mmpose = pytest.importorskip('mmpose')
    path = Path(mmpose.__file__).parent / f'.mim/configs/_base_/datasets/{file}.py'
    points = runpy.run_path(str(path))['dataset_info']['keypoint_info']
    layout = get_layout(name)
    twins = dict(zip(layout.left, layout.right)) | dict(zip(layout.right, layout.left))
    index = {point['name']: number for number, point in points.items()}
    assert len(points) == len(layout)
    for number, point in points.items():
        assert twins.get(number) == index.get(point['swap'])
        if not point['name'].startswith('face'):
            assert layout.joints[number] == MMPOSE_NAMES.get(point['name'], point['name'])


def test_mediapipe_lists_the_same_joints():
    pose = pytest.importorskip('mediapipe.python.solutions.pose')
    names = [mark.name.lower() for mark in pose.PoseLandmark]
    sides = dict(mouth_left='left_mouth', mouth_right='right_mouth')
    assert tuple(sides.get(name, name) for name in names) == get_layout('mediapipe33').joints


def test_openpose_and_kinect_orders():
    assert get_layout('openpose18').joints == tuple(joint
                                                    for joint in get_layout('body25').joints[:19]
                                                    if joint != 'mid_hip')
