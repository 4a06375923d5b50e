"""Reading ``.skeleton`` files of NTU RGB+D, all of what they say checked.

A file is text: the number of frames; for each frame the number of bodies; for each body a line of
10 numbers (its id, 6 whole numbers, 2 of its lean, its tracking state), the number of joints and
for each joint a line of 12 (x y z in metres, x y in the depth image, x y in the colour image, the
orientation w x y z, the tracking state). Source: ``Matlab/read_skeleton_file.m`` of
https://github.com/shahroudy/NTURGB-D.
"""
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from ...errors import InputError

NUM_JOINTS = 25
_BODY_FIELDS, _JOINT_FIELDS = 10, 12
_STATES = 0, 1, 2
_MAX_DIGITS = 19  # of an id: 64 bits; Python refuses to read thousands
# A carriage return is a blank; what is one only for Python's text (1C to 1F) is a fault.
_BLANKS = bytes.maketrans(b'\r\x1c\x1d\x1e\x1f', b' \0\0\0\0')
# What C writes for a number that is none, in the forms that ``float`` does not know.
_ODD_NAN = re.compile(r'(?<!\S)[+-]?(nan\(\w*\)|1\.#(qnan|snan|ind|inf)0*)(?!\S)', re.I)


@dataclass
class SkeletonFile:
    """What a ``.skeleton`` file says of N bodies in T frames; a body counts once for each frame.

    Attributes:
        num_frames: T.
        frames: N, int64: the frame of each, from 0, never falling.
        body_ids: N tracking ids, exact: they pass 2^53.
        joints: N x 25 x 12, float64, the numbers of each joint's line; NaN where the file has no
            finite number.
    """
    num_frames: int
    frames: np.ndarray
    body_ids: list
    joints: np.ndarray

    @property
    def xyz(self) -> np.ndarray:
        """N x 25 x 3, float64, camera space, metres."""
        return self.joints[..., :3]

    @property
    def colour(self) -> np.ndarray:
        """N x 25 x 2, float64: x, y in pixels of the 1920 x 1080 video."""
        return self.joints[..., 5:7]

    @property
    def state(self) -> np.ndarray:
        """N x 25, uint8: 0 not tracked, 1 inferred, 2 tracked."""
        return self.joints[..., -1].astype(np.uint8)


def read_skeleton(path: str) -> SkeletonFile:
    """Read a ``.skeleton`` file.

    Args:
        path: The file.

    Returns:
        Its bodies.

    Raises:
        InputError: The file ends early, goes on after its last frame, has a line of another
            length, another number of joints, a body twice in a frame, or something that is no
            number; the message names the line.
    """
    lines = _Lines(path)
    bodies: list[tuple[int, int, int]] = []
    try:
        num_frames = _find_bodies(lines, bodies)
    except InputError:
        _parse_bodies(lines, bodies)  # where a line is missing, a joint's line shows it first
        raise
    joints = _parse_bodies(lines, bodies).reshape(-1, NUM_JOINTS, _JOINT_FIELDS)
    joints[np.isinf(joints)] = np.nan
    frames = np.array([frame for frame, _, _ in bodies], np.int64)
    return SkeletonFile(num_frames, frames, [body_id for _, body_id, _ in bodies], joints)


class _Lines:
    """The lines of a file, each read as so many numbers; places count from 0."""

    def __init__(self, path: str) -> None:
        self.path = path
        text = Path(path).read_bytes().translate(_BLANKS).decode('ascii', 'replace')
        if '#' in text or '(' in text:
            text = _ODD_NAN.sub('nan', text)
        self.lines = text.rstrip().split('\n') if text.strip() else []

    def fail(self, place: int, found: object, want: object) -> NoReturn:
        raise InputError(self.path, f'line {place + 1}', found, want)

    def split(self, place: int, length: int, what: str) -> list[str]:
        """Return the fields of a line of ``length``."""
        if place >= len(self.lines):
            self.fail(place, 'the end of the file', what)
        fields = self.lines[place].split()
        if len(fields) != length:
            self.fail(place, f'{_shorten(self.lines[place].strip())}, {len(fields)} numbers',
                      f'{length}: {what}')
        return fields

    def whole(self, place: int, length: int, what: str, name: str | None = None) -> int:
        """Return the first number of a line of ``length``: its ``name``, by default ``what``."""
        field = self.split(place, length, what)[0]
        if not field.isdigit() or len(field) > _MAX_DIGITS:
            kind = f'at most {_MAX_DIGITS} digits' if field.isdigit() else 'a whole number'
            self.fail(place, _shorten(field), f'{kind}: {name or what}')
        return int(field)

    def numbers(self, place: int, length: int, what: str) -> np.ndarray:
        """Return the numbers of a line of ``length``."""
        values = []
        for field in self.split(place, length, what):
            value = _parse([field], 1)
            if value is None:
                self.fail(place, _shorten(field), f'a number in {what}')
            values.append(value.item())
        return np.array(values)


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + '...')


def _parse(lines: list[str], length: int) -> np.ndarray | None:
    """Lines x ``length``, float64; None where they are not all so many numbers."""
    if not any(map(str.strip, lines)):  # loadtxt would warn
        return None if lines else np.empty((0, length))
    try:
        values = np.loadtxt(lines, comments=None, encoding=None, ndmin=2)
    except ValueError:
        return None
    return values if values.shape == (len(lines), length) else None  # it skips empty lines


def _find_bodies(lines: _Lines, bodies: list[tuple[int, int, int]]) -> int:
    """Follow the counts through a file.

    Args:
        lines: The file.
        bodies: Filled with the frame, the id and the first joint's line of each body.

    Returns:
        The number of frames.
    """
    num_frames, place = lines.whole(0, 1, 'number of frames'), 1
    for frame in range(num_frames):
        where = f'frame {frame + 1} of {num_frames}'
        ids = []
        for _ in range(lines.whole(place, 1, f'number of bodies in {where}')):
            ids.append(lines.whole(place + 1, _BODY_FIELDS, f'a body of {where}', 'id of a body'))
            count = lines.whole(place + 2, 1, 'number of joints')
            if count != NUM_JOINTS:
                lines.fail(place + 2, f'{count} joints', NUM_JOINTS)
            bodies.append((frame, ids[-1], place + 3))
            place += 2 + NUM_JOINTS
            if place >= len(lines.lines):
                lines.fail(len(lines.lines), 'the end of the file', f'a joint of a body of {where}')
        if len(set(ids)) < len(ids):
            lines.fail(place, f'the ids {_shorten(str(ids))} in {where}', 'each body once')
        place += 1
    if place < len(lines.lines):
        lines.fail(place, 'more lines', f'the end, after {num_frames} frames')
    return num_frames


def _parse_bodies(lines: _Lines, bodies: list[tuple[int, int, int]]) -> np.ndarray:
    """Return the numbers of all joints' lines, bodies * 25 x 12, float64; check the bodies' own."""
    heads = [lines.lines[first - 2] for _, _, first in bodies]
    rows = [row for _, _, first in bodies for row in lines.lines[first:first + NUM_JOINTS]]
    values = _parse(rows, _JOINT_FIELDS)
    if (values is not None and _parse(heads, _BODY_FIELDS) is not None
            and np.isin(values[:, -1], _STATES).all()):
        return values
    for frame, _, first in bodies:  # the same, a line at a time, to tell which is wrong
        what = f'a body of frame {frame + 1} of {lines.lines[0].strip()}'
        lines.numbers(first - 2, _BODY_FIELDS, what)
        for place in range(first, min(first + NUM_JOINTS, len(lines.lines))):
            state = lines.numbers(place, _JOINT_FIELDS, f'a joint of {what}')[-1]
            if state not in _STATES:
                lines.fail(place, f'tracking state {state:g}', '0, 1 or 2')
    raise InputError(lines.path, 'bodies', 'lines that are only together no table', 'numbers')
