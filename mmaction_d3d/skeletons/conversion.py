"""Conversion between joint layouts, where joints correspond: those of the same name."""
from collections.abc import Sequence

import numpy as np

from ..errors import InputError, Place, shown
from .layouts import get_layout


def convert_joints(people: np.ndarray, joints: Sequence[str], layout: str,
                   place: Place) -> tuple[np.ndarray, list[str]]:
    """Put joints into the order of another layout.

    A joint corresponds to the one of the same name. Penn Action's and Kinect's ``head`` has no
    counterpart in COCO, whose nose, eyes and ears are other points: it is missing then.

    Args:
        people: ... x V x 3: x, y, score.
        joints: The V joints' names.
        layout: Key of :data:`mmaction_d3d.skeletons.LAYOUTS`.
        place: File and field that errors blame.

    Returns:
        ... x V' x 3, with zeros for joints without a counterpart, and the names of these.

    Raises:
        InputError: No joint corresponds, or a name is no text.
    """
    wanted = get_layout(layout).joints
    if tuple(joints) == wanted:
        return people, []
    if not all(isinstance(name, str) for name in joints):
        raise InputError(*place, f'the joints {shown(joints)}', 'their names')
    position = {name: index for index, name in enumerate(joints)}
    missing = [name for name in wanted if name not in position]
    if len(missing) == len(wanted):
        raise InputError(*place, f'the joints {", ".join(joints[:5])}, ...',
                         f'joints that {layout} has too')
    converted = np.zeros((*people.shape[:-2], len(wanted), people.shape[-1]), people.dtype)
    for index, name in enumerate(wanted):
        if name in position:
            converted[..., index, :] = people[..., position[name], :]
    return converted, missing
