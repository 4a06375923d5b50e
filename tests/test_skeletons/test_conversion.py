"""Joints go where the joint of the same name is."""
import itertools

import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.skeletons import LAYOUTS, convert_joints

SOURCES = {name: layout.joints for name, layout in LAYOUTS.items()}
LIMBS = [
    f'{side}_{part}' for side in ('left', 'right')
    for part in ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')
]


@pytest.mark.parametrize('source, target', list(itertools.product(SOURCES, LAYOUTS)))
def test_each_joint_is_the_one_of_its_name(source, target):
    joints, wanted = SOURCES[source], LAYOUTS[target].joints
    people = np.random.default_rng(0).random((2, 3, len(joints), 3)) + 1
    converted, missing = convert_joints(people, joints, target, ('a', 'b'))
    assert converted.shape == (2, 3, len(wanted), 3)
    for index, name in enumerate(wanted):
        expected = people[:, :, joints.index(name)] if name in joints else np.zeros((2, 3, 3))
        np.testing.assert_array_equal(converted[:, :, index], expected)
    assert missing == [name for name in wanted if name not in joints]
    assert not set(LIMBS) & set(missing)


def test_no_joint_in_common():
    with pytest.raises(InputError, match='f: joints: found the joints tail, ..., want joints that'):
        convert_joints(np.zeros((1, 1, 3)), ('tail', ), 'coco17', ('f', 'joints'))


def test_a_name_that_is_no_text_is_refused():
    with pytest.raises(InputError, match='x: joints: found the joints .*, want their names'):
        convert_joints(np.zeros((1, 17, 3)), ['nose', ['left']], 'coco17', ('x', 'joints'))
