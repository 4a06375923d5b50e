"""Joint layouts: joint names, left/right pairs and bones, registered by name."""
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


def get_layout(name: str, place: str = 'config') -> SkeletonLayout:
    """Return the layout of that name, which the file ``place`` holds.

    Raises:
        InputError: There is none.
    """
    if name not in LAYOUTS:
        raise InputError(place, 'layout', repr(name), ' or '.join(LAYOUTS))
    return LAYOUTS[name]


def layout_by_number(number: int, place: Place, ask: str) -> SkeletonLayout:
    """Return the layout with ``number`` joints, where that says which.

    Args:
        number: Number of joints, V.
        place: File and field that errors blame.
        ask: The flag or key that names a layout, for the message.

    Raises:
        InputError: No layout has that number, or several have.
    """
    fitting = [layout for layout in LAYOUTS.values() if len(layout) == number]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(*place, f'{number} joints without names',
                         f'{ask} {" or ".join(layout.name for layout in fitting)}')
    numbers = ', '.join(f'{len(layout)} ({name})' for name, layout in LAYOUTS.items())
    raise InputError(*place, f'{number} joints without names', f'one of {numbers}')
