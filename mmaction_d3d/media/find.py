"""Which videos and frame folders there are."""
import glob
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..errors import InputError, Place
from ..files import is_file, is_folder, numbered_lines, without_suffix

VIDEO_SUFFIXES = frozenset([
    '.3gp', '.asf', '.avi', '.flv', '.m4v', '.mkv', '.mov', '.mp4', '.mpeg', '.mpg', '.mts', '.ogv',
    '.ts', '.webm', '.wmv'
])
IMAGE_SUFFIXES = frozenset(['.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp'])

#: What is said of a frame folder that :attr:`Media.numbering` knows none of.
GAPS = 'images not numbered one by one: frames are those there, in the order of their names'

#: What a search tells of all that it leaves out: the reason, and the path.
LeaveOut = Callable[[str, str], object]

_NO_MEDIA = 'no video or image, by its suffix: left out'


def forget(reason: str, path: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Media:
    """A video, a folder of frames, or frames in memory.

    Attributes:
        path: Where it is.
        name: Its path below the input that it was found in, with /; for a video with its suffix.
        images: Paths of a folder's frames, in order; None for a video.
        array: Frames in memory, each H x W x 3 uint8 RGB; None for others.
    """
    path: str
    name: str
    images: tuple[str, ...] | None = None
    array: Sequence[np.ndarray] | np.ndarray | None = field(default=None, repr=False, compare=False)

    @property
    def names(self) -> dict[str, str]:
        """``frame_dir``, and for a video ``filename``, as an annotation has them."""
        if self.frames is not None:
            return dict(frame_dir=self.name)
        return dict(frame_dir=without_suffix(self.name), filename=self.name)

    @property
    def numbering(self) -> tuple[str, int] | None:
        """``frame_tmpl`` and number of the first image of a folder that is numbered without gap.

        The number stands anywhere in a name, as for :func:`.read.numbered_images`.
        """
        names = [Path(path).name for path in self.images or ()]
        for digits in re.finditer(r'\d+', names[0] if names else ''):
            parts = names[0][:digits.start()], names[0][digits.end():]
            before, after = (part.replace('{', '{{').replace('}', '}}') for part in parts)
            tmpl, start = f'{before}{{:0{len(digits[0])}}}{after}', int(digits[0])
            if all(name == tmpl.format(number) for number, name in enumerate(names, start)):
                return tmpl, start
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of how its frames are taken."""
        return () if self.images is None or self.numbering else (GAPS, )

    @property
    def frames(self) -> int | None:
        """Number of frames of a folder or in memory; None for a video."""
        single = self.images if self.array is None else self.array
        return None if single is None else len(single)


def has_suffix(path: str | Path, suffixes: Collection[str]) -> bool:
    """Whether a file's suffix, in any case, is one of these."""
    return Path(path).suffix.lower() in suffixes


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is left out of every walk."""
    return name.startswith('.')


def walk(
    top: str, leave_out: LeaveOut = forget, above: frozenset[str] = frozenset()
) -> Iterator[tuple[str, list[str]]]:
    """Go through a folder at any depth; links to folders are folders, but for circles of them.

    What begins with a dot is what programs keep for themselves, such as a Mac's notes on a file.

    Args:
        top: The folder.
        leave_out: Told of such circles, and of hidden files and folders.
        above: Where the folders lie that it was reached through.

    Yields:
        A folder, and the sorted names of the files in it.

    Raises:
        InputError: A folder cannot be read.
    """
    place = os.path.realpath(top)
    if place in above:
        leave_out('link to a folder that it lies in: left out', top)
        return
    try:
        with os.scandir(top) as entries:
            listing = sorted(entries, key=lambda entry: entry.name)
            hidden = [entry for entry in listing if is_hidden(entry.name)]
    except OSError as error:
        raise InputError(top, 'folder', error.strerror, 'a folder that can be read') from error
    for entry in hidden:
        leave_out('hidden, by its name: left out', entry.path)
    listing = [entry for entry in listing if entry not in hidden]
    yield top, [entry.name for entry in listing if not entry.is_dir()]
    for entry in listing:
        if entry.is_dir():
            yield from walk(entry.path, leave_out, above | {place})


def files_by_name(root: str, endings: Collection[str],
                  leave_out: LeaveOut = forget) -> dict[str, str]:
    """Find the files of a folder, at any depth, whose names must differ.

    Args:
        root: The folder.
        endings: How their names end, such as ``_rgb.avi``, or suffixes.
        leave_out: Told of files that end otherwise.

    Returns:
        Paths by name without folder and ending.

    Raises:
        InputError: There is no such folder, or two files have one name.
    """
    if not is_folder(root):
        raise InputError(root, 'folder', 'no such folder',
                         f'a folder with files *{", *".join(sorted(endings))}')
    paths: dict[str, str] = {}
    for folder, files in walk(root, leave_out):
        for file in files:
            ending = next((ending for ending in endings if file.lower().endswith(ending.lower())),
                          None)
            path = str(Path(folder, file))
            if ending is None:
                leave_out('another kind of file, by its name: left out', path)
                continue
            name = file[:-len(ending)]
            if paths.setdefault(name, path) != path:
                raise InputError(path, 'name', f'that of {paths[name]}, too', 'one file of a name')
    return paths


def find_media(inputs: Iterable[str], leave_out: LeaveOut = forget) -> list[Media]:
    """List the videos and frame folders that a command line names.

    Args:
        inputs: Each a video, a folder of images (one clip), a folder with videos and such folders
            somewhere below it, a glob pattern of these, or a ``.txt`` file with one of these a
            line.
        leave_out: Told of files that are neither.

    Returns:
        Sorted by name.

    Raises:
        InputError: An input holds none of these, or two clips have one name.
    """
    clips: dict[str, Media] = {}
    for place, item in _lines(inputs):
        media = list(_expand(item, leave_out))
        if not media:
            raise InputError(
                *place, item, 'a video, a folder of frames, or a folder or pattern '
                'with such in it')
        for clip in media:
            other = clips.setdefault(clip.names['frame_dir'], clip)
            if _absolute(other.path) != _absolute(clip.path):
                raise InputError(
                    *place, f'{other.path} and {clip.path}, both called '
                    f'{clip.names["frame_dir"]}', 'clips of different names: give the '
                    'folder that holds both')
    return [clips[name] for name in sorted(clips)]


def as_media(source: str | Path | Media) -> Media:
    """Return the :class:`Media` of one video or frame folder, named as its last part.

    Raises:
        InputError: There is none.
    """
    if isinstance(source, Media):
        return source
    media = list(_expand(os.fspath(source)))
    if len(media) != 1:
        raise InputError(source, 'video', f'{len(media)} of them', 'one video or folder of frames')
    return media[0]


def tell_apart(media: Iterable[Media]) -> list[Media]:
    """Give media of one name names of their own, in order: ``clip.mp4``, ``clip_2.mp4``."""
    apart: dict[str, Media] = {}
    for clip in media:
        name, number = clip.names['frame_dir'], 1
        suffix = clip.name[len(name):]
        while name in apart:
            number += 1
            name = f'{clip.names["frame_dir"]}_{number}'
        apart[name] = replace(clip, name=name + suffix)
    return list(apart.values())


def _lines(inputs: Iterable[str]) -> Iterator[tuple[Place, str]]:
    """Each input with the place that named it, list files resolved."""
    for item in inputs:
        if item.lower().endswith('.txt'):
            for place, line in numbered_lines(item, 'a text file with a path a line'):
                yield (item, place), line.strip()
        else:
            yield ('command line', 'VIDEOS'), item


def _expand(item: str, leave_out: LeaveOut = forget) -> Iterator[Media]:
    """Return the clips of one input."""
    live = 'an address' if '://' in item else 'the number of a camera' if item.isdecimal() else ''
    if live and not is_file(item) and not is_folder(item):
        raise InputError(item, 'video', live, 'a file: download it, or record it, first')
    if is_folder(item):
        yield from _walk(item, item, leave_out)
    elif is_file(item):
        yield Media(item, Path(item).name)  # whatever its suffix: it was named
    elif glob.has_magic(item):
        root = next(str(above) for above in Path(item).parents if not glob.has_magic(str(above)))
        for path in sorted(glob.glob(item, recursive=True)):  # noqa: PTH207 - absolute ones too
            if is_folder(path):
                yield from _walk(path, root, leave_out)
            elif has_suffix(path, VIDEO_SUFFIXES):
                yield Media(path, _below(path, root))
            else:
                leave_out(_NO_MEDIA, path)


def _walk(top: str, root: str, leave_out: LeaveOut) -> Iterator[Media]:
    """Videos and frame folders in and below ``top``, named from ``root``."""
    for folder, files in walk(top, leave_out):
        images = []
        for name in files:
            path = str(Path(folder, name))
            if has_suffix(name, VIDEO_SUFFIXES):
                yield Media(path, _below(path, root))
            elif has_suffix(name, IMAGE_SUFFIXES):
                images.append(name)
            else:
                leave_out(_NO_MEDIA, path)
        if images:
            images.sort(key=_numbers)
            name = _below(folder, root)
            yield Media(folder,
                        Path(_absolute(folder)).name if name == '.' else name,
                        tuple(str(Path(folder, image)) for image in images))


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolve() follows links, absolute() leaves ..


def _below(path: str, root: str) -> str:
    return os.path.relpath(path, root or '.').replace(os.sep, '/')


def _numbers(name: str) -> list[tuple[int, str]]:
    """Sort key by which frame 10 comes after frame 9, however both are written."""
    return [(int(part), '') if part.isdecimal() else (0, part) for part in re.split(r'(\d+)', name)]
