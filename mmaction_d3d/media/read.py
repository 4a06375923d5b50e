"""Frames of videos and frame folders: all of them in order, or the ones that are named."""
import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from ..errors import InputError
from ..files import is_folder
from .backends import backend_of, video_frames
from .find import Media
from .seek import SeekError, frame_index, sought_frames
from .video import DecodingError, Frame, Video

Taken = TypeVar('Taken')


class Frames:
    """Iterates over the frames of media, each a :class:`.video.Frame`.

    One frame is in memory. A video that can be decoded no further ends there.

    Args:
        media: What to read.
        backend: ``av`` or ``decord``, for a video; by default the first that is installed.

    Attributes:
        count (int): Frames so far.
        problem (str): Why a video ended before its end, else ``''``.
        img_shape (tuple[int] | None): Height and width of the first of :meth:`images`.
    """

    def __init__(self, media: Media, backend: str | None = None) -> None:
        self.media, self.count, self.problem = media, 0, ''
        self.img_shape: tuple[int, ...] | None = None
        self._backend = backend

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames.

        Raises:
            InputError: A video cannot be opened, or not one frame of it decodes.
        """
        if self.media.array is not None:
            for image in self.media.array:
                self.count += 1
                yield Frame(image.copy)
            return
        if self.media.images is not None:
            for path in self.media.images:
                self.count += 1
                yield Frame(partial(read_image, path))
            return
        frames = video_frames(self.media.path, _exact_backend(self.media.path, self._backend))
        try:
            for frame in frames:
                self.count += 1
                yield frame
        except DecodingError as error:  # what decoded before is kept
            self.problem = str(error)
        finally:
            frames.close()
        if not self.count:
            raise InputError(self.media.path, 'video', self.problem or 'no frame',
                             'a video that can be decoded')

    def images(self) -> Iterator[np.ndarray]:
        """Yield the frames as H x W x 3 uint8 RGB.

        Raises:
            InputError: As in iteration, and where a frame has another size than the first, or an
                image cannot be read.
        """
        for index, frame in enumerate(self):
            image = frame.rgb()
            shape = self.img_shape = self.img_shape or image.shape[:2]
            if image.shape[:2] != shape:
                raise InputError(self.media.path, f'frame {index}',
                                 ' x '.join(map(str, image.shape[:2])),
                                 f'{" x ".join(map(str, shape))}, as the first frame')
            yield image


def read_video(
    path: str, frame_inds: np.ndarray, backend: str | None = None,
    shrink: Callable[[np.ndarray], np.ndarray] = lambda image: image
) -> tuple[dict[int, np.ndarray], int | None]:
    """Decode the named frames of a video, each once.

    A video that ends, or can be decoded no further, before the last index gives its last frame
    for all indices from there on.

    Args:
        path: The video.
        frame_inds: Frame indices from 0, in any order, repeats allowed.
        backend: ``av`` or ``decord``; by default the first that is installed.
        shrink: What is kept of a frame. Defaults to all of it. A frame as it was takes memory only
            until the next one is read.

    Returns:
        H x W x 3 uint8 RGB by frame index, and the number of frames if the video is too short for
        the largest index, else None.

    Raises:
        InputError: Not one frame can be decoded.
    """
    wanted, last = set(frame_inds.tolist()), int(frame_inds.max())
    if backend_of(backend) == 'av':
        sought = take_frames(path, sorted(wanted), lambda frame: shrink(frame.rgb()))
        if sought is not None:
            return sought, None
    images = {}
    frames = Frames(Media(path, path), backend)
    for index, frame in enumerate(frames):
        if index in wanted:
            images[index] = shrink(frame.rgb())
        if index == last:
            return images, None
    images[frames.count - 1] = shrink(frame.rgb())
    return images, frames.count


def _exact_backend(path: str, backend: str | None) -> str:
    """Return the backend that reads a video, in place of decord the one that counts from 0.

    decord begins with a later frame, and repeats the last one, where times begin below 0 or a file
    is an MPEG program stream: PyAV reads all but the videos whose packets show them to be plain.
    """
    name = backend_of(backend)
    if name == 'decord' and importlib.util.find_spec('av') and frame_index(path) is None:
        return 'av'
    return name


def take_frames(path: str, wanted: list[int], take: Callable[[Frame],
                                                             Taken]) -> dict[int, Taken] | None:
    """Decode frames from the key frames before them.

    Args:
        path: The video.
        wanted: Numbers of frames, ascending.
        take: What is made of each.

    Returns:
        That by number, or None where frames count from the first alone.
    """
    index = frame_index(path)
    if index is None or wanted[-1] >= len(index.times):
        return None
    for analyze in (False, True):  # a frame that comes out of order is missed without
        with suppress(SeekError, DecodingError), Video(path, analyze) as video:
            return {number: take(frame) for number, frame in sought_frames(video, index, wanted)}
    return None


def numbered_images(folder: str, frame_tmpl: str, start_index: int, total: int) -> list[str]:
    """List a folder's images from the one numbered ``start_index`` on, in order.

    Numbers may be missing where the images there are as many as were announced: skeletons are of
    these then. Otherwise nobody knows which of them a frame is.

    Args:
        folder: The folder.
        frame_tmpl: Name of an image, such as ``'img_{:05}.jpg'``.
        start_index: Number of the first one.
        total: How many were announced.

    Raises:
        InputError: The first is not there, numbers are missing and images, too, or those announced
            begin before ``start_index``.
    """
    tmpl = Path(folder, frame_tmpl)
    paths = {
        int(digits): str(path) for path in (tmpl.parent.iterdir() if is_folder(tmpl.parent) else ())
        for digits in re.findall(r'\d+', path.name) if tmpl.name.format(int(digits)) == path.name
    }
    numbers = sorted(number for number in paths if number >= start_index)
    if not numbers or numbers[0] != start_index:
        raise InputError(str(tmpl).format(start_index), 'image', 'no such file', 'the first frame')
    if len(numbers) < total == len(paths):
        raise InputError(
            folder, 'images', f'{total} from number {min(paths)} on',
            f'start_index={min(paths)} in the data set, which begins at {start_index}')
    if numbers[-1] - start_index >= len(numbers) != total:
        missing = next(number for number in range(start_index, numbers[-1]) if number not in paths)
        raise InputError(
            str(tmpl).format(missing), 'image', 'no such file',
            f'all of the {total} frames announced')
    return [paths[number] for number in numbers]


def frames_of(array: Sequence[np.ndarray],
              frame_inds: np.ndarray) -> tuple[dict[int, np.ndarray], int | None]:
    """Copy the named frames; arguments and result otherwise as :func:`read_video`."""
    count = len(array)
    indices = np.unique(np.minimum(frame_inds, count - 1)).tolist()
    return ({index: array[index].copy()
             for index in indices}, count if frame_inds.max() >= count else None)


class ImageFiles(Sequence[np.ndarray]):
    """Images by their place in a list, each H x W x 3 uint8 RGB and read when it is asked for.

    Args:
        paths: Where they are.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: Any) -> Any:
        return read_image(self._paths[index])


def read_image(path: str | Path) -> np.ndarray:
    """Read an image as H x W x 3 uint8 RGB.

    Raises:
        InputError: It cannot be decoded.
    """
    image = cv2.imread(str(path))
    if image is None:
        raise InputError(path, 'image', 'a file that cannot be decoded', 'an image')
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
