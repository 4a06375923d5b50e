"""Whether the people of a clip stay who they are from frame to frame."""
import numpy as np

from ...skeletons.linking import MAX_JUMP, leaps
from ..annotations import Annotation, name_of, split_scores
from .findings import Finding


def check_jumps(annotation: Annotation, index: int) -> list[Finding]:
    """Look for people who are elsewhere when they are seen next, as if they were someone else.

    Args:
        annotation: A clip whose arrays are right.
        index: Its number in the file.

    Returns:
        One finding at most.
    """
    xy, score = split_scores(annotation)
    people = np.concatenate([xy, score[..., None]], axis=-1).astype(np.float32)
    where = np.argwhere(leaps(people))
    if not len(where):
        return []
    person, frame = where[np.argmin(where[:, 1])].tolist()
    return [
        Finding('people who jump', name_of(annotation),
                f'{len(where)} times, first person {person} after frame {frame - 1}',
                f'moves of up to {MAX_JUMP} bodies from a frame to the next', 'keypoint', index)
    ]
