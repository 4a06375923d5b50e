"""Reading ``.skeleton`` files of NTU RGB+D: fast, and all of what they say checked.

A file is text: the number of frames; for each frame the number of bodies; for each body a line of
10 numbers (its id, 6 whole numbers, 2 of its lean, its tracking state), the number of joints and
for each joint a line of 12 (x y z in metres, x y in the depth image, x y in the colour image, the
orientation w x y z, the tracking state). Source: ``Matlab/read_skeleton_file.m`` of
https://github.com/shahroudy/NTURGB-D.

Files as the data set's authors wrote them take the short way: their blanks and line ends are
compared with those that their counts ask for, all at once. Any other file is read line by line,
which tells what is wrong with it.
"""
from dataclasses import dataclass
from functools import cached_property
from typing import Callable

import numpy as np

from ...errors import InputError
from .decimals import find_separators, frame_text, parse_decimals, parse_number

NUM_JOINTS = 25
_BODY_FIELDS, _JOINT_FIELDS = 10, 12
_XYZ, _COLOUR, _STATE = (0, 1, 2), (5, 6), 11      # which of a joint's numbers
_BODY_NUMBERS = _BODY_FIELDS + 1 + NUM_JOINTS * _JOINT_FIELDS
# The blanks and line ends of a body.
_BODY_MARKS = b' ' * 9 + b'\n\n' + (b' ' * 11 + b'\n') * NUM_JOINTS
_MARKS = b' ', b'\n'
_NUM_JOINTS_CODES = np.frombuffer(b'%d' % NUM_JOINTS, np.uint8)
_TO_ZEROS = bytes(ord('\r') if code == ord('\r') else ord('0') for code in range(256))

# glibc gives freed memory back to the system, page by page taken anew for the next file, only from
# twice the size of the largest block freed so far on. No page of this one is ever touched.
np.empty(1 << 24, np.uint8)


@dataclass
class SkeletonFile:
    """What a ``.skeleton`` file says of N bodies in T frames; a body counts once for each frame.

    Coordinates are converted when they are asked for: a sample of one body needs no ``xyz``.

    Attributes:
        num_frames (int): T.
        frames (np.ndarray): N, int64: the frame of each, from 0, never falling.
        body_ids (list[int]): N tracking ids, exact: they pass 2^53.
        state (np.ndarray): N x 25, uint8: 0 not tracked, 1 inferred, 2 tracked.
        convert (Callable): Of positions in a joint's line: N x 25 x positions, float64.
    """
    num_frames: int
    frames: np.ndarray
    body_ids: list
    state: np.ndarray
    convert: Callable

    @cached_property
    def _coordinates(self):
        return self.convert(_XYZ + _COLOUR)

    @property
    def xyz(self):
        """N x 25 x 3, float64, camera space, metres; NaN where the file has no finite number."""
        return self._coordinates[..., :3]

    @cached_property
    def colour(self):
        """N x 25 x 2, float64: x, y in pixels of the 1920 x 1080 video; NaN as in ``xyz``."""
        if '_coordinates' in vars(self):
            return self._coordinates[..., 3:]
        return self.convert(_COLOUR)


def read_skeleton(path):
    """Reads a ``.skeleton`` file.

    Args:
        path (str): The file.

    Returns:
        SkeletonFile: Its bodies.

    Raises:
        InputError: The file ends early, goes on after its last frame, has a line of another
            length, another number of joints, a body twice in a frame, or something that is no
            number; the message names the line.
    """
    with open(path, 'rb') as file:
        text = file.read()
    return _read_at_once(text) or _read_lines(path, text)


def _read_at_once(text):
    """The content of a file in exactly the published form; None for any other."""
    text, odd = _without_odd_numbers(frame_text(text))
    if odd is None:
        return None
    # Number n of the file lies between separators n and n + 1.
    separators = find_separators(text)
    if separators is None:
        return None
    codes = np.frombuffer(text, np.uint8)
    layout = _find_layout(text, separators, codes[separators].tobytes())
    if layout is None:
        return None
    num_frames, frames, ids, bodies = layout

    # The number of joints is 25: two characters and then a blank; a state is one.
    starts = separators[bodies + _BODY_FIELDS] + 1
    if (codes[starts[:, None] + np.arange(2)] != _NUM_JOINTS_CODES).any() or (
            codes[starts + 2] > ord(' ')).any():
        return None
    joints = bodies[:, None] + _BODY_FIELDS + 1 + np.arange(NUM_JOINTS) * _JOINT_FIELDS
    starts = separators[joints + _STATE] + 1
    state = codes[starts] - np.uint8(ord('0'))
    if (state > 2).any() or (codes[starts + 1] > ord(' ')).any():
        return None

    def convert(fields):
        numbers = (joints[:, :, None] + np.array(fields)).ravel()
        starts = separators[numbers] + 1
        values = parse_decimals(text, starts, separators[numbers + 1])
        for start, value in odd.items():
            values[starts == start] = value
        return values.reshape(*joints.shape, len(fields))

    return SkeletonFile(num_frames, frames, ids, state, convert)


def _find_layout(text, separators, marks):
    """Finds the bodies by the counts; sees that blanks and line ends are what these ask for.

    Returns:
        tuple | None: T; the frame, the id and the index of the first number of each body.
    """
    places = memoryview(separators)     # gives Python's numbers, faster than the array does
    counts, ids, bodies, index = [], [], [], 1      # number 0 is T
    try:
        for _ in range(int(text[places[0] + 1:places[1]])):
            count = int(text[places[index] + 1:places[index + 1]])
            counts.append(count)
            index += 1
            for _ in range(count):
                bodies.append(index)
                ids.append(int(text[places[index] + 1:places[index + 1]]))
                index += _BODY_NUMBERS
            if count > 1 and len(set(ids[-count:])) < count:
                return None
    except (ValueError, IndexError):
        return None
    # The first line is what frame_text() put before the file.
    wanted = b'\n\n' + b''.join([b'\n' + _BODY_MARKS * count for count in counts])
    if min(counts + ids, default=0) < 0 or marks != wanted:
        return None
    frames = np.repeat(np.arange(len(counts)), counts)
    return len(counts), frames, ids, np.array(bodies, np.int64)


def _without_odd_numbers(text):
    """Puts zeros for numbers with letters, such as ``1E-05`` and ``NaN``.

    Returns:
        tuple[bytes, dict[int, float] | None]: The text, and the numbers by where they start; None
        where something is no number.
    """
    codes = np.frombuffer(text, np.uint8)
    if codes.max() <= ord('9'):
        return text, {}
    plain, odd, end = bytearray(text), {}, 0
    for letter in np.flatnonzero(codes > ord('9')).tolist():
        if letter < end:
            continue
        start = 1 + max(text.rfind(mark, 0, letter) for mark in _MARKS)
        end = min(place for mark in _MARKS if (place := text.find(mark, letter)) >= 0)
        odd[start] = parse_number(text[start:end].rstrip(b'\r'))
        if odd[start] is None:
            return text, None
        plain[start:end] = text[start:end].translate(_TO_ZEROS)
    return bytes(plain), odd


def _read_lines(path, text):
    """As :func:`read_skeleton`, a line at a time."""
    lines = text.split(b'\n')
    while lines and not lines[-1].strip():
        lines.pop()
    place = 0

    def fail(found, want):
        raise InputError(path, f'line {place}', found, want)

    def next_line(length, what):
        nonlocal place
        place += 1
        if place > len(lines):
            fail('the end of the file', what)
        fields = lines[place - 1].split()
        shown = lines[place - 1].decode('ascii', 'replace').strip()
        shown = repr(shown if len(shown) <= 40 else shown[:40] + '...')
        if len(fields) != length:
            fail(f'{shown}, {len(fields)} numbers', f'{length}: {what}')
        numbers = [parse_number(field) for field in fields]
        if None in numbers:
            odd = fields[numbers.index(None)].decode('ascii', 'replace')
            fail(repr(odd), f'a number in {what}')
        return fields, numbers

    def whole(field, what):
        if not field.isdigit():
            fail(repr(field.decode()), f'a whole number: {what}')
        return int(field)

    frames, ids, joints = [], [], []
    num_frames = whole(next_line(1, 'number of frames')[0][0], 'number of frames')
    for frame in range(num_frames):
        where = f'frame {frame + 1} of {num_frames}'
        what = f'number of bodies in {where}'
        number = whole(next_line(1, what)[0][0], what)
        for _ in range(number):
            ids.append(whole(next_line(_BODY_FIELDS, f'a body of {where}')[0][0], 'id of a body'))
            frames.append(frame)
            count = whole(next_line(1, 'number of joints')[0][0], 'number of joints')
            if count != NUM_JOINTS:
                fail(f'{count} joints', NUM_JOINTS)
            for _ in range(NUM_JOINTS):
                joints.append(next_line(_JOINT_FIELDS, f'a joint of a body of {where}')[1])
                if joints[-1][_STATE] not in (0, 1, 2):
                    fail(f'tracking state {joints[-1][_STATE]:g}', '0, 1 or 2')
        if len(set(ids[len(ids) - number:])) < number:
            fail(f'the ids {ids[-number:]} in {where}', 'each body once')
    place += 1
    if place <= len(lines):
        fail('more lines', f'the end, after {num_frames} frames')
    values = np.array(joints, float).reshape(-1, NUM_JOINTS, _JOINT_FIELDS)
    values[np.isinf(values)] = np.nan
    return SkeletonFile(num_frames, np.array(frames, np.int64), ids,
                        values[..., _STATE].astype(np.uint8), lambda fields: values[..., fields])
