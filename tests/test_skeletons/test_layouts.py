import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.skeletons import LAYOUTS, get_layout, layout_by_number, register_layout


@pytest.mark.parametrize('name, num_joints, num_pairs', [('coco17', 17, 8), ('ntu25', 25, 10),
                                                         ('penn13', 13, 6)])
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
    with pytest.raises(InputError, match="'mpii', want coco17 or ntu25 or penn13"):
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
        assert get_layout('own') is layout is layout_by_number(3, ('f', 'x'))
        assert (layout.left, layout.right, layout.edges) == ((0, ), (2, ), ((0, 1), (1, 2)))
    finally:
        del LAYOUTS['own']
