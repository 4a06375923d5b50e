"""Frames in memory, taken as a video is."""
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from .find import Media

PATH = 'frames in memory'
#: Where no picture is read: the mean that our models subtract, RGB.
GREY = (124, 116, 104)
_WANT = 'frames as T x H x W x 3 uint8, RGB, or a list of such H x W x 3 arrays'


def is_array(value: object) -> bool:
    """Whether a value says itself what array it is, as tensors and PIL's images do."""
    return hasattr(value, '__array__') or hasattr(value, '__array_interface__')


def array_of(value: object) -> np.ndarray | None:
    """Return an array, a tensor on any device, an image or lists of numbers as an array.

    None where it is none of these.
    """
    if hasattr(value, 'detach'):
        value = value.detach().cpu()
    if not isinstance(value, (list, tuple)) and not is_array(value):
        return None
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):  # lists of several lengths, or of what is no number
        return None
    return array if array.dtype.kind in 'fiub' else None


def frames_in_memory(value: Any) -> Media | None:
    """Take the frames of one video that are in memory.

    Args:
        value: T x H x W x 3 array or tensor, or a list of H x W x 3 arrays, tensors or images;
            uint8, RGB. Nothing is copied.

    Returns:
        The media; None where ``value`` is no array and no list of arrays.

    Raises:
        InputError: It is of another shape or type, or its frames differ in size.
    """
    frames: Sequence[np.ndarray | None] | np.ndarray
    if isinstance(value, (list, tuple)):
        if not value or not all(map(is_array, value)):
            return None
        frames = [array_of(frame) for frame in value]
        if frames[0] is not None and frames[0].ndim == 4:
            return None  # a list of videos
    elif is_array(value):
        array = array_of(value)
        if array is not None and not array.ndim:
            return None  # a number
        if array is None or array.ndim != 4:
            raise InputError(PATH, 'frames', _describe(array), _WANT)
        frames = array
    else:
        return None
    if not len(frames):
        raise InputError(PATH, 'frames', 'none', _WANT)
    checked: list[np.ndarray] = []
    for index, frame in enumerate(frames):
        if frame is None or frame.dtype != np.uint8 or frame.shape[2:] != (3, ) or not frame.size:
            raise InputError(PATH, f'frame {index}', _describe(frame), _WANT)
        if checked and frame.shape != checked[0].shape:
            raise InputError(PATH, f'frame {index}', _describe(frame),
                             f'{_describe(checked[0])}, as the first frame')
        checked.append(frame)
    return Media(PATH, 'frames', array=checked)


def grey_frames(number: int, shape: Sequence[int]) -> np.ndarray:
    """Return ``number`` grey frames of a height and width, T x H x W x 3, of one pixel's memory."""
    return np.broadcast_to(np.array(GREY, np.uint8), (number, *shape, 3))


def _describe(array: np.ndarray | None) -> str:
    if array is None:
        return 'no array of numbers'
    return f'{" x ".join(map(str, array.shape))} {array.dtype}'
