"""Joint layouts: the one place that knows joint names, left/right pairs and bones."""
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import InputError, Place


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
    joints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    left: tuple[int, ...] = field(init=False, repr=False, compare=False)
    right: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        left = tuple(i for i, joint in enumerate(self.joints) if joint.startswith('left_'))
        right = tuple(self.joints.index('right_' + self.joints[i][len('left_'):]) for i in left)
        object.__setattr__(self, 'left', left)
        object.__setattr__(self, 'right', right)

    def __len__(self) -> int:
        return len(self.joints)


#: Joint layouts by name, those of other packages too: see :func:`register_layout`.
LAYOUTS: dict[str, SkeletonLayout] = {}


def register_layout(name: str, joints: str | Iterable[str],
                    bones: str | Iterable[str]) -> SkeletonLayout:
    """Add a joint layout, which configs, annotations and ``--layout`` then know by its name.

    Call it in a module that a config's ``custom_imports`` names, or, for tools without a config,
    that a package's entry point in the group ``mmaction_d3d.plugins`` does.

    Args:
        name: Its key in :data:`LAYOUTS`; none that is taken.
        joints: Names of the joints in the order of the ``V`` axis, or a text with spaces between
            them. A joint of the same name as another layout's corresponds to it; to ``left_*``
            belongs ``right_*``.
        bones: Bones as ``a-b`` in names of joints, in the same way.

    Returns:
        The layout.

    Raises:
        InputError: The name is taken, a joint stands twice or lacks its twin, or a bone has an end
            that is no joint.
    """
    joints, bones = (tuple(part.split() if isinstance(part, str) else part)
                     for part in (joints, bones))
    place = f'layout {name}'
    if name in LAYOUTS:
        raise InputError(place, 'name', 'one that is registered', 'a name of its own')
    known = set(joints)
    if len(known) < len(joints):
        twice = next(joint for joint in joints if joints.count(joint) > 1)
        raise InputError(place, 'joints', f'{twice} twice', 'each once')
    for side, other in (('left_', 'right_'), ('right_', 'left_')):
        for joint in joints:
            twin = other + joint[len(side):]
            if joint.startswith(side) and twin not in known:
                raise InputError(place, 'joints', f'{joint} alone', f'{twin} too')
    ends = [tuple(bone.split('-')) for bone in bones]
    for bone, pair in zip(bones, ends):
        if len(pair) != 2 or not set(pair) <= known:
            raise InputError(place, 'bones', bone, 'a-b, two of the joints')
    LAYOUTS[name] = SkeletonLayout(name, joints,
                                   tuple((joints.index(a), joints.index(b)) for a, b in ends))
    return LAYOUTS[name]


# COCO keypoints (Lin et al., 2014), the order of HRNet and MoveNet.
register_layout(
    'coco17', 'nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow '
    'right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle '
    'right_ankle',
    'nose-left_eye nose-right_eye left_eye-left_ear right_eye-right_ear left_ear-left_shoulder '
    'right_ear-right_shoulder left_shoulder-right_shoulder left_shoulder-left_elbow '
    'left_elbow-left_wrist right_shoulder-right_elbow right_elbow-right_wrist '
    'left_shoulder-left_hip right_shoulder-right_hip left_hip-right_hip left_hip-left_knee '
    'left_knee-left_ankle right_hip-right_knee right_knee-right_ankle')

# Kinect v2, the order of the NTU RGB+D skeleton files (Shahroudy et al., 2016).
register_layout(
    'ntu25',
    'spine_base spine_mid neck head left_shoulder left_elbow left_wrist left_hand right_shoulder '
    'right_elbow right_wrist right_hand left_hip left_knee left_ankle left_foot right_hip '
    'right_knee right_ankle right_foot spine_shoulder left_hand_tip left_thumb right_hand_tip '
    'right_thumb', 'spine_base-spine_mid spine_mid-spine_shoulder spine_shoulder-neck neck-head '
    'spine_shoulder-left_shoulder left_shoulder-left_elbow left_elbow-left_wrist '
    'left_wrist-left_hand left_hand-left_hand_tip left_wrist-left_thumb '
    'spine_shoulder-right_shoulder right_shoulder-right_elbow right_elbow-right_wrist '
    'right_wrist-right_hand right_hand-right_hand_tip right_wrist-right_thumb spine_base-left_hip '
    'left_hip-left_knee left_knee-left_ankle left_ankle-left_foot spine_base-right_hip '
    'right_hip-right_knee right_knee-right_ankle right_ankle-right_foot')

# Penn Action (Zhang et al., 2013).
register_layout(
    'penn13',
    'head left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist left_hip '
    'right_hip left_knee right_knee left_ankle right_ankle',
    'head-left_shoulder head-right_shoulder left_shoulder-right_shoulder left_shoulder-left_elbow '
    'left_elbow-left_wrist right_shoulder-right_elbow right_elbow-right_wrist '
    'left_shoulder-left_hip right_shoulder-right_hip left_hip-right_hip left_hip-left_knee '
    'left_knee-left_ankle right_hip-right_knee right_knee-right_ankle')


def get_layout(name: str) -> SkeletonLayout:
    """Return the layout of that name.

    Raises:
        InputError: There is none.
    """
    if name not in LAYOUTS:
        raise InputError('config', 'layout', repr(name), ' or '.join(LAYOUTS))
    return LAYOUTS[name]


def layout_by_number(number: int, place: Place) -> SkeletonLayout:
    """Return the first layout that was registered with ``number`` joints.

    Raises:
        InputError: There is none; the message blames ``place``, a pair (file, field).
    """
    for layout in LAYOUTS.values():
        if len(layout) == number:
            return layout
    numbers = ', '.join(f'{len(layout)} ({name})' for name, layout in LAYOUTS.items())
    raise InputError(*place, f'{number} joints without names', f'one of {numbers}')
