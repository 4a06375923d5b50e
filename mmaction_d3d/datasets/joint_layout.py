"""Which joints an annotation file holds: as the file or the user says."""
from collections import Counter
from typing import Any

from ..errors import InputError
from ..skeletons import SkeletonLayout, get_layout, layout_by_number
from .annotations import read_annotations


def find_layout(content: Any, path: str, name: str | None = None, ask: str = '--layout',
                default: str | None = 'coco17') -> SkeletonLayout:
    """Return the joint layout of an annotation file.

    Args:
        content: What the pickle holds.
        path: The pickle, for messages.
        name: The layout, where the user says it.
        ask: How the user does, for messages.
        default: What a file of as many joints is taken for; None asks.

    Returns:
        The named layout, else the one that the file names, else the default, else the only one of
        that number of joints.

    Raises:
        InputError: The file names another layout than the user, or neither names one and the number
            of joints does not say which it is.
    """
    said = content.get('layout') if isinstance(content, dict) else None
    if said is not None and not isinstance(said, str):
        raise InputError(path, 'layout', type(said).__name__, 'the name of a joint layout')
    if said is not None and name not in (None, said):
        raise InputError(path, 'layout', said, f'{name}, as {ask} says')
    if said is not None:
        return get_layout(said, path)
    if name is not None:
        return get_layout(name)
    annotations, _ = read_annotations(content, path)
    counts = Counter(annotation['keypoint'].shape[2] for annotation in annotations
                     if getattr(annotation.get('keypoint'), 'ndim', 0) == 4)
    number = counts.most_common(1)[0][0] if counts else None
    if number is None:  # nobody, whose joints are to be named
        return get_layout(default or 'coco17')
    if default is not None and number == len(get_layout(default)):
        return get_layout(default)
    return layout_by_number(number, (path, 'keypoint'), ask)
