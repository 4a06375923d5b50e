"""Finding the video, or the folder of frames, of an annotation."""
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError, Place
from ..files import is_file, without_suffix
from .find import VIDEO_SUFFIXES, has_suffix


class MediaIndex:
    """Looks files up in listings that are read once a folder, not once an annotation.

    Args:
        root: Folder that names are relative to.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._files: dict[str, set[str]] = {}
        self._videos: dict[str, dict[str, list[str]]] = {}

    def _list(self, folder: str) -> None:
        """Read a folder: its file names, and its videos' names by stem."""
        files: set[str] = set()
        videos: dict[str, list[str]] = {}
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not entry.is_file():
                        continue
                    files.add(entry.name)
                    if has_suffix(entry.name, VIDEO_SUFFIXES):
                        videos.setdefault(without_suffix(entry.name), []).append(entry.name)
        except (FileNotFoundError, NotADirectoryError):
            pass
        self._files[folder], self._videos[folder] = files, videos

    def has(self, path: str) -> bool:
        """Whether there is a file at ``path``."""
        folder, name = str(Path(path).parent), Path(path).name
        if folder not in self._files:
            self._list(folder)
        return name in self._files[folder]

    def video(self, name: str, place: Place) -> str:
        """Return the path of the video ``name`` (relative to the root, with its suffix).

        Raises:
            InputError: There is none; the message blames ``place``, a pair (file, field).
        """
        path = str(Path(self.root, name))
        if not self.has(path):
            raise InputError(place[0], place[1], f'no file {path}', 'a video')
        return path

    def video_of_any_suffix(self, stem: str, place: Place) -> str:
        """Return the path of the one video named ``stem`` (relative to the root) plus a suffix.

        Raises:
            InputError: There is none, or more than one; the message blames ``place``.
        """
        path = Path(self.root, stem)
        folder, name = str(path.parent), path.name
        if folder not in self._videos:
            self._list(folder)
        videos = self._videos[folder].get(name, [])
        if len(videos) != 1:
            names = ' and '.join(sorted(videos)) or 'none'
            raise InputError(place[0], place[1], f'{names} in {folder}',
                             f'one video {name}.* (mp4, avi, ...)')
        return str(Path(folder, videos[0]))


def locate_video(media: MediaIndex, clip: Mapping[str, Any], place: Place,
                 filename_tmpl: str | None = None) -> dict[str, str]:
    """Find a clip's video: by ``filename_tmpl``, else its ``filename``, else its ``frame_dir``.

    Args:
        media: The folder of videos.
        clip: The annotation.
        place: File and field for messages.
        filename_tmpl: Name of a clip's video, such as ``'{frame_dir}_rgb.avi'``.

    Returns:
        ``filename``: what a pipeline needs to open the video.

    Raises:
        InputError: There is no such video, or the template names a field that is not there.
    """
    if filename_tmpl is not None:
        try:
            name = filename_tmpl.format(**clip)
        except (KeyError, IndexError, ValueError) as error:
            raise InputError(
                'config', 'filename_tmpl', repr(filename_tmpl),
                "a name such as '{frame_dir}_rgb.avi', of fields that "
                f'{place[1]} has') from error
        return dict(filename=media.video(name, place))
    if clip.get('filename') is not None:
        return dict(filename=media.video(clip['filename'], place))
    return dict(filename=media.video_of_any_suffix(clip['frame_dir'], place))


def locate_frames(media: MediaIndex, clip: Mapping[str, Any], place: Place, frame_tmpl: str,
                  start_index: int) -> dict[str, str]:
    """Find a clip's folder of frames.

    Args:
        media: The folder of such folders.
        clip: The annotation.
        place: File and field for messages.
        frame_tmpl: Name of a frame in its folder.
        start_index: Number of the first frame in it.

    Returns:
        ``img_dir`` and ``frame_tmpl``: what a pipeline needs to read the frames.

    Raises:
        InputError: The clip names no folder, or there is no first frame.
    """
    if clip.get('frame_dir') is None:
        raise InputError(place[0], f'{place[1]}.frame_dir', 'nothing', 'a folder name')
    folder = str(Path(media.root, clip['frame_dir']))
    first = Path(folder, frame_tmpl.format(start_index))
    if not is_file(first):
        raise InputError(*place, f'no file {first}', "the clip's first frame")
    return dict(img_dir=folder, frame_tmpl=frame_tmpl)
