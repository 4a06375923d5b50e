"""What the importers of skeletons share: one form for a clip's people, and checks of it."""
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError, Place, content_of, shown
from ...files import is_folder, without_suffix
from ...media.find import LeaveOut, walk
from ...skeletons import LAYOUTS, SkeletonLayout, clean, layout_by_number

ASK = '--source-layout'  # says what the joints of --skeletons are
_MAX_PEOPLE = 300  # of a frame: linking them to those of the next takes their number squared


@dataclass
class Skeletons:
    """What a file holds of one clip.

    Attributes:
        frames: People of each frame that lists some, N x V x 3 (x, y, score), by index from 0.
        num_frames: Frames that the file knows of.
        joints: Names of the V joints.
        img_shape: Height and width that coordinates refer to; None where the file does not say.
        linked: Whether the n-th person is the same one in every frame.
    """
    frames: dict[int, np.ndarray]
    num_frames: int
    joints: tuple[str, ...]
    img_shape: tuple[int, int] | None = None
    linked: bool = False


#: What reads a clip's skeletons, by the clip's name.
Readers = dict[str, Callable[[], Skeletons]]


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: It cannot be read, or is none, or an object has a key twice: of the two values
            Python would take one.
    """
    with content_of(path, 'content', 'a JSON file'):
        try:
            return json.loads(Path(path).read_text(encoding='utf-8'), object_pairs_hook=_with_keys)
        except OSError as error:
            raise InputError(path, 'content', error.strerror, 'a JSON file') from error


def _with_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f'twice the key {shown(next(k for k in content if keys.count(k) > 1))}')
    return content


def json_files(path: str, leave_out: LeaveOut) -> tuple[str, list[str]]:
    """Return the folder that clips are named from, and the files: all of a folder, or the one."""
    if is_folder(path):
        return path, files_below(path, '.json', leave_out)
    return str(Path(path).parent), [path]


def files_below(folder: str, ending: str | tuple[str, ...], leave_out: LeaveOut) -> list[str]:
    """Paths of all files below a folder whose names end so, in any case, sorted.

    Args:
        folder: The folder.
        ending: Of the names, in lower case; one of several.
        leave_out: Told of all other files.

    Raises:
        InputError: There is none.
    """
    paths = []
    for inside, files in walk(folder, leave_out):
        for file in files:
            path = str(Path(inside, file))
            if file.lower().endswith(ending):
                paths.append(path)
            else:
                leave_out('another kind of file, by its name: left out', path)
    if not paths:
        endings = (ending, ) if isinstance(ending, str) else ending
        raise InputError(folder, 'folder', f'no file *{" or *".join(endings)}',
                         'at least one, at any depth')
    return sorted(paths)


def split_frame_name(name: str, path: str) -> tuple[str, int]:
    """Split a frame's name, ``clip/000012`` or ``clip_000012`` (.jpg), into clip and number.

    A clip's own name may have dots: only letters after the number are a suffix.

    Raises:
        InputError: It is neither; the message blames the file ``path``.
    """
    folder, file = os.path.split(name)
    match = re.fullmatch(r'(.*?)[_-]?(\d+)(\.[^\W\d_]+)?', file)
    if not match or not (folder or match[1]):
        raise InputError(path, 'name of a frame', repr(name),
                         'the clip and the frame, as CLIP/000001.* or CLIP_000001.*')
    with content_of(path, 'name of a frame', 'a number of few digits'):
        return folder or match[1], int(match[2])


def add_file(clips: dict[str, dict[int, str]], clip: str, number: int, file: str) -> None:
    """Note the file of a clip's frame, of which there must be one."""
    other = clips.setdefault(clip, {}).setdefault(number, file)
    if other != file:
        raise InputError(file, 'name of a frame', f'frame {number} of {clip}, as of {other}',
                         'one file a frame')


def add_people(clips: dict[str, dict[int, list]], image: Any, people: list, clip: str, file: str,
               first: int = 1) -> str:
    """Put the people of an image into the frame of its clip.

    Frames without anybody may be in no file: those before the first with somebody count, too.

    Args:
        clips: People by number of the frame, by clip; gets them.
        image: A file's name, whose clip and frame :func:`split_frame_name` tells; or a number.
        people: Each the numbers of their joints.
        clip: Whose frame a number is.
        file: For messages.
        first: What the first frame is where frames are numbers. Defaults to 1, as with names, if
            none is 0.

    Returns:
        The clip.
    """
    name = without_suffix(str(image))
    if name.isdecimal():
        number = int(name)
    else:
        (clip, number), first = split_frame_name(str(image), file), 1
    frames = clips.setdefault(clip, {})
    frames.setdefault(min(first, number), [])
    frames.setdefault(number, []).extend(people)
    return clip


def stack_people(persons: list, place: Place) -> np.ndarray:
    """Stack people, each x, y, score a joint in one or two axes, into N x V x 3, cleaned.

    Raises:
        InputError: Someone has other numbers, or another number of them, than the rest, or there
            are too many; the message blames ``place``, a pair (file, field).
    """
    if not persons:
        return np.zeros((0, 0, 3), np.float32)
    if len(persons) > _MAX_PEOPLE:
        raise InputError(*place, f'{len(persons)} people in a frame', f'at most {_MAX_PEOPLE}')
    try:
        with np.errstate(over='ignore'):  # a joint at inf is one that is missing
            people = np.array(persons, np.float64).astype(np.float32).reshape(len(persons), -1, 3)
    except (OverflowError, TypeError, ValueError) as error:
        raise InputError(*place, 'people with different or no numbers',
                         'x, y and score of the same joints for everyone') from error
    people[..., 2] = np.clip(people[..., 2], 0, 1)  # COCO's 2 is a joint that is seen, too
    return clean(people)


def gather(people: dict[int, np.ndarray], place: Place, joints: Sequence[str] | None = None,
           layout: SkeletonLayout | None = None,
           img_shape: tuple[int, int] | None = None) -> Skeletons:
    """Make :class:`Skeletons` of a clip.

    Args:
        people: N x V x 3 by number, of every frame that the file lists; numbers may begin anywhere.
        place: File and field that errors blame.
        joints: Names of the joints, where the file says them.
        layout: What the user says that they are, else. Defaults to None: the only layout with that
            number of joints.
        img_shape: Height and width that coordinates refer to.

    Raises:
        InputError: People have different joints, or the joints are not known.
    """
    first = min(people, default=0)
    frames = {number - first: persons for number, persons in people.items() if len(persons)}
    sizes = sorted({persons.shape[1] for persons in frames.values()})
    if len(sizes) > 1 or (joints is not None and sizes not in ([], [len(joints)])):
        raise InputError(
            *place, f'people with {" and ".join(map(str, sizes))} joints',
            'the same joints for everyone'
            if joints is None else f'{len(joints)}, as the file names them')
    if joints is None:
        layout = layout or (layout_by_number(sizes[0], place, ASK) if sizes else LAYOUTS['coco17'])
        if sizes not in ([], [len(layout)]):
            raise InputError(*place, f'people with {sizes[0]} joints',
                             f'{len(layout)}, as {layout.name} has')
        joints = layout.joints
    return Skeletons(frames, max(people, default=-1) + 1 - first, tuple(joints), img_shape)


def joints_of(layouts: tuple[str, ...], number: int, layout: SkeletonLayout | None,
              place: Place) -> tuple[str, ...]:
    """Return the joints' names by their number, where a format has that for a meaning."""
    by_number = {len(LAYOUTS[name]): LAYOUTS[name] for name in layouts}
    if layout is None and number not in by_number:
        choices = ' or '.join(f'{joints} ({name.name})' for joints, name in by_number.items())
        raise InputError(*place, f'{number} joints', choices)
    return (layout or by_number[number]).joints
