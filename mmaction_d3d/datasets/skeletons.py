"""Joint layouts: the one place that knows joint names, left/right pairs and bones."""
from dataclasses import dataclass
from typing import Dict, Tuple

from ..errors import InputError


@dataclass(frozen=True)
class SkeletonLayout:
    """What the V joints of one person are.

    Attributes:
        name: Key in :data:`LAYOUTS`.
        joints: Joint names; the position is the index in the ``V`` axis.
        edges: Bones, as pairs of joint indices; they connect all joints.
        left, right: Indices of the joints named ``left_*``, and of their ``right_*`` twins in the
            same order.
    """
    name: str
    joints: Tuple[str, ...]
    edges: Tuple[Tuple[int, int], ...]

    def __post_init__(self):
        left = tuple(i for i, joint in enumerate(self.joints) if joint.startswith('left_'))
        right = tuple(self.joints.index('right_' + self.joints[i][len('left_'):]) for i in left)
        object.__setattr__(self, 'left', left)
        object.__setattr__(self, 'right', right)

    def __len__(self):
        return len(self.joints)


def _layout(name, joints, bones):
    """Build a layout from text: joint names, and bones as ``a-b`` in joint names."""
    joints = tuple(joints.split())
    pairs = (bone.split('-') for bone in bones.split())
    return SkeletonLayout(name, joints, tuple((joints.index(a), joints.index(b)) for a, b in pairs))


#: COCO keypoints (Lin et al., 2014), the order of HRNet and MoveNet.
_COCO17 = _layout(
    'coco17',
    'nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow '
    'right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle '
    'right_ankle',
    'nose-left_eye nose-right_eye left_eye-left_ear right_eye-right_ear left_ear-left_shoulder '
    'right_ear-right_shoulder left_shoulder-right_shoulder left_shoulder-left_elbow '
    'left_elbow-left_wrist right_shoulder-right_elbow right_elbow-right_wrist '
    'left_shoulder-left_hip right_shoulder-right_hip left_hip-right_hip left_hip-left_knee '
    'left_knee-left_ankle right_hip-right_knee right_knee-right_ankle')

#: Kinect v2, the order of the NTU RGB+D skeleton files (Shahroudy et al., 2016).
_NTU25 = _layout(
    'ntu25',
    'spine_base spine_mid neck head left_shoulder left_elbow left_wrist left_hand right_shoulder '
    'right_elbow right_wrist right_hand left_hip left_knee left_ankle left_foot right_hip '
    'right_knee right_ankle right_foot spine_shoulder left_hand_tip left_thumb right_hand_tip '
    'right_thumb',
    'spine_base-spine_mid spine_mid-spine_shoulder spine_shoulder-neck neck-head '
    'spine_shoulder-left_shoulder left_shoulder-left_elbow left_elbow-left_wrist '
    'left_wrist-left_hand left_hand-left_hand_tip left_wrist-left_thumb '
    'spine_shoulder-right_shoulder right_shoulder-right_elbow right_elbow-right_wrist '
    'right_wrist-right_hand right_hand-right_hand_tip right_wrist-right_thumb spine_base-left_hip '
    'left_hip-left_knee left_knee-left_ankle left_ankle-left_foot spine_base-right_hip '
    'right_hip-right_knee right_knee-right_ankle right_ankle-right_foot')

#: Penn Action (Zhang et al., 2013).
_PENN13 = _layout(
    'penn13',
    'head left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist left_hip '
    'right_hip left_knee right_knee left_ankle right_ankle',
    'head-left_shoulder head-right_shoulder left_shoulder-right_shoulder left_shoulder-left_elbow '
    'left_elbow-left_wrist right_shoulder-right_elbow right_elbow-right_wrist '
    'left_shoulder-left_hip right_shoulder-right_hip left_hip-right_hip left_hip-left_knee '
    'left_knee-left_ankle right_hip-right_knee right_knee-right_ankle')

LAYOUTS: Dict[str, SkeletonLayout] = {
    layout.name: layout for layout in (_COCO17, _NTU25, _PENN13)
}


def get_layout(name):
    """Return the layout of that name.

    Raises:
        InputError: There is none.
    """
    if name not in LAYOUTS:
        raise InputError('config', 'layout', repr(name), ' or '.join(LAYOUTS))
    return LAYOUTS[name]
