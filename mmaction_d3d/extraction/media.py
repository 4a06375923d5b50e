"""The videos and frame folders that skeletons are extracted from."""
import glob
import os
import re
from dataclasses import dataclass
from typing import Optional, Tuple

import cv2

from ..datasets.media_index import VIDEO_SUFFIXES
from ..datasets.transforms.decoding import video_frames
from ..errors import InputError
from ..files import numbered_lines

IMAGE_SUFFIXES = frozenset('.bmp .jpeg .jpg .png .webp'.split())


@dataclass(frozen=True)
class Media:
    """A video, or a folder of frames.

    Attributes:
        path: Where it is.
        name: Its path below the input that it was found in, with /; for a video with its suffix.
        images: Paths of a folder's frames, in order; None for a video.
    """
    path: str
    name: str
    images: Optional[Tuple[str, ...]] = None

    @property
    def names(self):
        """``frame_dir``, and for a video ``filename``, as an annotation has them."""
        if self.images is not None:
            return dict(frame_dir=self.name)
        return dict(frame_dir=os.path.splitext(self.name)[0], filename=self.name)


def find_media(inputs):
    """List the videos and frame folders that a command line names.

    Args:
        inputs (list[str]): Each a video, a folder of images (one clip), a folder with videos and
            such folders somewhere below it, a glob pattern of these, or a ``.txt`` file with one
            of these a line.

    Returns:
        list[Media]: Sorted by name.

    Raises:
        InputError: An input holds none of these, or two clips have one name.
    """
    found = {}
    for place, item in _lines(inputs):
        media = list(_expand(item))
        if not media:
            raise InputError(*place, item, 'a video, a folder of frames, or a folder or pattern '
                             'with such in it')
        for clip in media:
            other = found.setdefault(clip.names['frame_dir'], clip)
            if os.path.abspath(other.path) != os.path.abspath(clip.path):
                raise InputError(*place, f'{other.path} and {clip.path}, both called '
                                 f'{clip.names["frame_dir"]}', 'clips of different names: give the '
                                 'folder that holds both')
    return [found[name] for name in sorted(found)]


def as_media(source):
    """The :class:`Media` of one video or frame folder, named as its last part.

    Raises:
        InputError: There is none.
    """
    if isinstance(source, Media):
        return source
    media = list(_expand(os.fspath(source)))
    if len(media) != 1:
        raise InputError(source, 'video', f'{len(media)} of them', 'one video or folder of frames')
    return media[0]


def _lines(inputs):
    """Each input with the place that named it, list files resolved."""
    for item in inputs:
        if item.lower().endswith('.txt'):
            for place, line in numbered_lines(item, 'a text file with a path a line'):
                yield (item, place), line.strip()
        else:
            yield ('command line', 'VIDEOS'), item


def _expand(item):
    """The clips of one input."""
    if glob.has_magic(item) and not os.path.exists(item):
        root = item
        while glob.has_magic(root):
            root = os.path.dirname(root)
        for path in sorted(glob.glob(item, recursive=True)):
            yield from _walk(path, root) if os.path.isdir(path) else _video(path, root)
    elif os.path.isdir(item):
        yield from _walk(item, item)
    elif os.path.isfile(item):
        yield Media(item, os.path.basename(item))  # whatever its suffix: it was named


def _video(path, root):
    if os.path.splitext(path)[1].lower() in VIDEO_SUFFIXES:
        yield Media(path, _below(path, root))


def _walk(top, root):
    """Videos and frame folders in and below ``top``, named from ``root``."""
    for folder, folders, files in os.walk(top):
        folders.sort()
        images = [name for name in files if os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES]
        for name in sorted(files):
            yield from _video(os.path.join(folder, name), root)
        if images:
            images.sort(key=_numbers)
            name = _below(folder, root)
            yield Media(folder, os.path.basename(os.path.abspath(folder)) if name == '.' else name,
                        tuple(os.path.join(folder, image) for image in images))


def _below(path, root):
    return os.path.relpath(path, root or '.').replace(os.sep, '/')


def _numbers(name):
    """Sort key by which frame 10 comes after frame 9, however both are written."""
    return [(int(part), '') if part.isdecimal() else (0, part) for part in re.split(r'(\d+)', name)]


class Frames:
    """Iterates over a clip's frames, H x W x 3 uint8 RGB, and says what it has met.

    Args:
        media (Media): The clip.

    Attributes:
        count (int): Frames so far.
        img_shape (tuple[int] | None): Height and width of the first frame.
        problem (str): Why a video ended before its end, else ``''``.
    """

    def __init__(self, media):
        self.media, self.count, self.img_shape, self.problem = media, 0, None, ''

    def __iter__(self):
        """Yields the frames.

        Raises:
            InputError: Not one frame can be read, an image cannot, or one has another size.
        """
        for frame in self._video() if self.media.images is None else self._images():
            if self.img_shape is None:
                self.img_shape = frame.shape[:2]
            elif frame.shape[:2] != self.img_shape:
                raise InputError(self.media.path, f'frame {self.count}',
                                 ' x '.join(map(str, frame.shape[:2])),
                                 f'{" x ".join(map(str, self.img_shape))}, as the first frame')
            self.count += 1
            yield frame

    def _video(self):
        try:
            for to_rgb in video_frames(self.media.path):
                yield to_rgb()
        except Exception as error:  # the libraries have many kinds; what decoded before is kept
            reason = ' '.join(str(error).replace(self.media.path, 'the file').split())
            self.problem = f'{type(error).__name__} ({reason})'
        if not self.count:
            raise InputError(self.media.path, 'video', self.problem or 'no frame',
                             'a video that can be decoded')

    def _images(self):
        for path in self.media.images:
            image = cv2.imread(path)
            if image is None:
                raise InputError(path, 'image', 'a file that cannot be decoded', 'an image')
            yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
