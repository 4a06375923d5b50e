"""Skeletons of Ultralytics' pose results: labels of ``save_txt``, and JSON."""
import math
import os
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import InputError, Place, content_of, shown
from ...files import is_folder, numbered_lines, without_suffix
from ...media.find import LeaveOut, has_suffix
from ...skeletons import SkeletonLayout
from .skeleton_files import (
    Readers,
    Skeletons,
    add_file,
    files_below,
    gather,
    read_json,
    split_frame_name,
    stack_people,
)

_BOX = 5  # numbers before the joints: the class, and the middle and size of the box
_REACH = -1, 2  # shares of the picture: people may be out of sight by its whole size
_LABELS = 'labels'  # the folder that predict makes
_LINE = 'a class, a box, and x, y and mostly a score of each joint, as a pose model gives them'
_PEOPLE = 'a list of people with keypoints x and y, or a list of such lists, one a frame'


def from_ultralytics(path: str, layout: SkeletonLayout | None, leave_out: LeaveOut) -> Readers:
    """Ultralytics' pose results: labels of ``save_txt``, or the JSON of ``to_json()``.

    A file a frame: ``CLIP_12.txt`` in the folders ``labels`` that ``predict`` makes, or
    ``CLIP_12.*`` or ``CLIP/000012.*`` elsewhere; or ``CLIP.json`` with a list a frame. Labels are
    in shares of the picture; JSON is in pixels, or in shares with ``normalize=True``. Source:
    ultralytics, ``engine/results.py``.
    """
    is_whole = is_folder(path)
    root = path if is_whole else str(Path(path).parent)
    readers: Readers = {}
    clips: dict[str, dict[int, str]] = {}
    for file in files_below(path, ('.txt', '.json'), leave_out) if is_whole else [path]:
        name = without_suffix(os.path.relpath(file, root))
        if not _is_label(file) and _is_video(_listed(file), name):
            readers[name] = partial(_read_video, file, layout)
        else:
            clip, number = _frame_of(name, file)
            add_file(clips, clip, number, file)
    for clip, files in clips.items():
        if clip in readers:
            raise InputError(path, 'files', f'{clip} as a whole, and files of its frames',
                             'each clip once')
        readers[clip] = partial(_read_frames, files, (path, clip), layout)
    return readers


def _listed(file: str) -> list[Any]:
    """Read a JSON file: a list of people, or of lists of them."""
    content = read_json(file)
    if not isinstance(content, list) or len({isinstance(item, list) for item in content}) > 1:
        raise InputError(file, 'people', shown(content), _PEOPLE)
    return content


def _is_label(file: str) -> bool:
    return has_suffix(file, {'.txt'})


def _is_video(content: list[Any], name: str) -> bool:
    """Whether a file's content is a list of frames; an empty one is as its name says."""
    if not content:
        return not name[-1].isdecimal()
    return isinstance(content[0], list)


def _frame_of(name: str, file: str) -> tuple[str, int]:
    """Return the clip and number of a frame's file."""
    *folders, stem = Path(name).parts
    outside = '/'.join(folder for folder in folders if folder != _LABELS)
    if Path(file).parent.name != _LABELS or stem.isdecimal():
        return split_frame_name(f'{outside}/{stem}' if outside else stem, file)
    clip, number = split_frame_name(stem, file)
    if outside.rpartition('/')[2] == clip:  # predict(name=CLIP)
        return outside, number
    return f'{outside}/{clip}' if outside else clip, number


def _read_video(file: str, layout: SkeletonLayout | None) -> Skeletons:
    place = file, 'people'
    return _gather(
        {number: _people(content, place) for number, content in enumerate(read_json(file))}, place,
        layout)


def _read_frames(files: dict[int, str], place: Place, layout: SkeletonLayout | None) -> Skeletons:
    frames: dict[int, list] = {min(1, *files): []}  # those without anybody have no labels
    for number, file in files.items():
        frames[number] = (_labels(file, layout) if _is_label(file) else _people(
            read_json(file), (file, 'people')))
    return _gather(frames, place, layout)


def _labels(file: str, layout: SkeletonLayout | None) -> list[list[list[float]]]:
    """Read a label file: people, each V x (x, y, score); a score and a track may follow."""
    people = []
    for field, line in numbered_lines(file, 'a text file'):
        with content_of(file, field, _LINE):
            if '_' in line or not line.isascii():
                raise ValueError(f'no plain numbers: {shown(line)}')
            numbers = [float(part) for part in line.split()]
        left = len(numbers) - _BOX
        in_two = layout is not None and 0 <= left - 2 * len(layout) <= 2
        if left < 3:
            raise InputError(file, field, f'{len(numbers)} numbers', _LINE)
        size = 2 if in_two else 3
        joints = [
            numbers[start:start + size] for start in range(_BOX,
                                                           len(numbers) - size + 1, size)
        ]
        if in_two:
            joints = [[x, y, 1.] for x, y in joints[:len(layout or ())]]
        places = [number for joint in joints for number in joint[:2] if math.isfinite(number)]
        low, high = min(places, default=0), max(places, default=0)
        if low < _REACH[0] or high > _REACH[1]:
            raise InputError(file, field, f'joints from {low:g} to {high:g}',
                             'shares of the picture, from 0 to 1, as save_txt writes')
        people.append(joints)
    return people


def _people(content: Any, place: Place) -> list[list[tuple[float, float, float]]]:
    """Return the people of one frame's JSON, each V x (x, y, score)."""
    people = []
    with content_of(*place, _PEOPLE):
        for person in content:
            points = person['keypoints']
            scores = points.get('visible') or [1.] * len(points['x'])
            people.append(list(zip(points['x'], points['y'], scores, strict=True)))
    return people


def _gather(frames: dict[int, list], place: Place, layout: SkeletonLayout | None) -> Skeletons:
    people = {number: stack_people(persons, place) for number, persons in frames.items()}
    # Nobody is within two pixels: these are shares of the picture.
    shares = all(persons[..., :2].max(initial=0) <= _REACH[1] for persons in people.values())
    return gather(people, place, None, layout, (1, 1) if shares else None)
