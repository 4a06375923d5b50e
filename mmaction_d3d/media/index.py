"""Finding the video, or the folder of frames, of an annotation."""
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError, Place
from ..files import is_file, without_suffix
from .find import VIDEO_SUFFIXES, has_suffix, walk


class MediaIndex:
    """Looks files up in listings that are read once a folder, not once an annotation.

    What is not where its name says is looked for at any depth below the root, as a data set that
    was unpacked into a folder a class needs it.

    Args:
        root: Folder that names are relative to.
        allow_outside: Whether a name may lead out of it, by ``..`` or an absolute path. Links in
            the folder may lead anywhere.
    """

    def __init__(self, root: str, allow_outside: bool = False) -> None:
        self.root, self._allow_outside = root, allow_outside
        self._top = _plain(Path(root))
        self._files: dict[str, set[str]] = {}
        self._videos: dict[str, dict[str, list[str]]] = {}
        self._deep: dict[str, list[str]] | None = None

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
        path = str(self._path(name, place))
        if self.has(path):
            return path
        return self._only([path for path in self.below(name) if is_file(path)], name, place,
                          f'no file {path}', 'a video')

    def video_of_any_suffix(self, stem: str, place: Place) -> str:
        """Return the path of the one video named ``stem`` (relative to the root) plus a suffix.

        Raises:
            InputError: There is none, or more than one; the message blames ``place``.
        """
        path = self._path(stem, place)
        folder, name = str(path.parent), path.name
        if folder not in self._videos:
            self._list(folder)
        videos = [str(Path(folder, video)) for video in self._videos[folder].get(name, [])]
        return self._only(
            videos or [path for path in self.below(stem, True) if has_suffix(path, VIDEO_SUFFIXES)],
            stem, place, f'none in {folder}', f'one video {name}.* (mp4, avi, ...)')

    def folder_with(self, name: str, file: str, place: Place) -> str:
        """Return the path of the folder ``name`` (relative to the root) that holds ``file``.

        Raises:
            InputError: There is none; the message blames ``place``.
        """
        folder = str(self._path(name, place))
        if is_file(Path(folder, file)):
            return folder
        return self._only([path for path in self.below(name) if is_file(Path(path, file))], name,
                          place, f'no file {Path(folder, file)}', "the clip's first frame")

    def below(self, name: str, any_suffix: bool = False) -> list[str]:
        """Return the paths of files and folders at any depth that end with ``name``.

        Args:
            name: One or more parts of a path.
            any_suffix: Whether it lacks a suffix.
        """
        if self._deep is None:
            self._deep = {}
            for folder, files in walk(self.root):
                for path in (Path(folder), *(Path(folder, file) for file in files)):
                    self._deep.setdefault(path.name, []).append(str(path))
                    if path.suffix:
                        self._deep.setdefault(without_suffix(path.name), []).append(str(path))
        parts = Path(name).parts
        return [
            path for path in self._deep.get(parts[-1], ())
            if Path(without_suffix(path) if any_suffix else path).parts[-len(parts):] == parts
        ]

    def _path(self, name: str, place: Place) -> Path:
        """Return the path that a name means."""
        path = Path(self.root, name)
        if not self._allow_outside and not _plain(path).is_relative_to(self._top):
            raise InputError(place[0], place[1], f'{name}, which leads out of {self.root}',
                             'a name in that folder, or allow_outside=True in the config')
        return path

    def _only(self, paths: list[str], name: str, place: Place, none: str, want: str) -> str:
        if len({os.path.realpath(path) for path in paths}) == 1:
            return paths[0]
        if paths:
            names = sorted(str(Path(path).relative_to(self.root)) for path in paths)
            none = f'{" and ".join(names[:3])} in {self.root}'
            want = f'one of the name {name}'
        raise InputError(place[0], place[1], none, want)


def _plain(path: Path) -> Path:
    """Return an absolute path without ``..``; links in it stay."""
    return Path(os.path.normpath(path.absolute()))


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
    first = frame_tmpl.format(start_index)
    folder = media.folder_with(clip['frame_dir'], first, place)
    return dict(img_dir=folder, frame_tmpl=frame_tmpl)
