"""What callers pass as a video or a skeleton: paths, arrays, tensors, lists."""
import os
from collections.abc import Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, shown
from ..media import Media, array_of, frames_in_memory, is_array

#: A video: its path, or its frames as T x H x W x 3 uint8 RGB or a list of H x W x 3.
Video = str | Path | Media | np.ndarray | Sequence[np.ndarray]
#: People of a video: a dict of arrays, or its ``keypoint`` alone.
Arrays = Mapping[str, Any] | np.ndarray

_WANT = ('the path of a video or folder of frames, or frames as T x H x W x 3 uint8, RGB, '
         'or a list of such H x W x 3 arrays')


def items_of(inputs: Any) -> list[str | Media]:
    """Return the videos of a call as paths, and those in memory as media.

    Args:
        inputs: One video, or a list of them.

    Raises:
        InputError: There is none, or what is no video, such as a camera's number or a file's bytes.
    """
    item = _item_of(inputs)
    if item is not None:
        return [item]
    if not isinstance(inputs, Sequence) or isinstance(inputs, (bytes, bytearray)):
        raise _refusal(inputs)
    if not inputs:
        raise InputError('inference', 'inputs', 'an empty list', _WANT)
    items = []
    for value in inputs:
        item = _item_of(value)
        if item is None:
            raise _refusal(value)
        items.append(item)
    return items


def item_of(source: Any) -> str | Media:
    """Return one video as a path or as media.

    Raises:
        InputError: It is none, or several.
    """
    item = _item_of(source)
    if item is None:
        raise _refusal(source)
    return item


def skeletons_of(given: Any, number: int) -> list[Any]:
    """Return the skeletons of a call, one for each of a number of videos."""
    if isinstance(given, (str, Mapping)) or is_array(given) or not isinstance(given, Sequence):
        return [given]
    of_one = number == 1 and all(isinstance(part, (list, tuple)) for part in given)
    return [given] if of_one else list(given)


def joints_of(given: Any, place: str) -> dict[str, Any]:
    """Return a skeleton as a dict of arrays, people first.

    Args:
        given: A dict, or its ``keypoint`` alone: people x frames x joints x 2 (x and y), or x 3
            with the score; of one person, the first axis may be left out. Arrays, tensors on any
            device or nested lists.
        place: For messages.

    Raises:
        InputError: It is none of these.
    """
    fields = dict(given) if isinstance(given, Mapping) else dict(keypoint=given)
    for name, axes in (('keypoint', 4), ('keypoint_score', 3)):
        if fields.get(name) is not None:
            array = array_of(fields[name])
            if array is None:
                raise InputError(place, name, _kind(fields[name]),
                                 'an array of numbers, people x frames x joints x 2')
            fields[name] = array[None] if array.ndim == axes - 1 else array
    return fields


def _item_of(value: Any) -> str | Media | None:
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    return value if isinstance(value, Media) else frames_in_memory(value)


def _refusal(value: object) -> InputError:
    if isinstance(value, Integral):
        found = f'{value}, the number of a camera: record it to a file first'
    elif isinstance(value, (bytes, bytearray)):
        found = 'bytes: write them to a file first'
    else:
        found = _kind(value)
    return InputError('inference', 'inputs', found, _WANT)


def _kind(value: object) -> str:
    return f'{type(value).__name__} {shown(value)}'
