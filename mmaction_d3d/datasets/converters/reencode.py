"""Videos made smaller: decoding 1080p frames takes most of the time of training."""
import os
from dataclasses import dataclass
from fractions import Fraction

import av

from ...errors import InputError
from ...files import whole_or_absent

# Near lossless to the eye at this size. Without B-frames, whose order not every AVI reader keeps.
_OPTIONS = dict(preset='veryfast', crf='20', g='24', bf='0')


@dataclass
class Reencoded:
    """What became of a video: its number of frames, or the problem with it."""
    frames: int = 0
    problem: str = ''


def reencode(job):
    """Writes a video anew, H.264 with a smaller short side, unless it is there already.

    Args:
        job (tuple[str, str, int]): The video; the file to write, whole or not at all; the short
            side in pixels, which a smaller video keeps.

    Returns:
        Reencoded: ``problem`` says why not all of the video decodes; nothing is written then.

    Raises:
        InputError: The file is there already, of another size, or cannot be written.
    """
    source, target, short_side = job
    if os.path.isfile(target):
        return Reencoded(frames=existing(target, short_side)[0])
    try:
        container = av.open(source)
    except Exception as error:      # PyAV has many kinds
        return Reencoded(problem=reason_of(error))
    with container:
        if not container.streams.video:
            return Reencoded(problem='no picture stream')
        try:
            with whole_or_absent(target) as file:
                return Reencoded(frames=_write(container, file, target, short_side))
        except _DecodingError as error:
            return Reencoded(problem=reason_of(error.__cause__) if error.__cause__ else str(error))


class _DecodingError(Exception):
    """The source is damaged."""


def _decode(container):
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1       # there are as many processes as CPUs
    try:
        yield from container.decode(stream)
    except Exception as error:
        raise _DecodingError from error


def _write(container, file, target, short_side):
    """Encodes all frames into an open file; returns their number."""
    rate = rate_of(container.streams.video[0])
    with SmallVideo(file, os.path.splitext(target)[1][1:], rate, short_side) as small:
        for frame in _decode(container):
            small.add(frame)
    if not small.frames:
        raise _DecodingError('no frame decodes')
    return small.frames


def rate_of(stream):
    """Frames per second of a video stream, a Fraction; 30 where the file does not say."""
    return stream.average_rate or Fraction(30)


class SmallVideo:
    """An H.264 video that is written frame by frame, at a constant rate.

    Args:
        file (BinaryIO): Where to write it.
        suffix (str): Its format: ``avi``, ``mp4``.
        rate (Fraction): Frames per second.
        short_side (int): In pixels, which smaller frames keep.

    Attributes:
        frames (int): Those written.
        shape (tuple[int] | None): Their height and width.
    """

    def __init__(self, file, suffix, rate, short_side):
        self.frames, self.shape = 0, None
        self._rate, self._short_side = rate, short_side
        self._container, self._stream = av.open(file, 'w', format=suffix), None

    def __enter__(self):
        return self

    def add(self, frame):
        """Writes the next frame, an ``av.VideoFrame`` of any size."""
        if self._stream is None:
            width, height = smaller_size(frame.width, frame.height, self._short_side)
            self.shape = height, width
            self._stream = stream = self._container.add_stream('libx264', rate=self._rate)
            stream.width, stream.height = width, height
            stream.pix_fmt, stream.options = 'yuv420p', _OPTIONS
            stream.codec_context.thread_count = 1
        height, width = self.shape
        small = frame.reformat(width, height, 'yuv420p', interpolation='AREA')
        small.pts, small.time_base = self.frames, 1 / self._rate
        self._container.mux(self._stream.encode(small))
        self.frames += 1

    def __exit__(self, kind, error, traceback):
        with self._container:
            if kind is None and self._stream is not None:
                self._container.mux(self._stream.encode())


def smaller_size(width, height, short_side):
    """Width and height, both even, of a picture whose short side is ``short_side`` at most."""
    scale = min(1, short_side / min(width, height))
    return tuple(max(2, round(side * scale / 2) * 2) for side in (width, height))


def existing(target, short_side):
    """Looks at a file of an earlier run: it was written whole, so that its header is right.

    Returns:
        tuple[int, tuple[int]]: Number of frames; height and width.

    Raises:
        InputError: It is no video, or larger than ``short_side``.
    """
    try:
        with av.open(target) as container:
            stream = container.streams.video[0]
            frames, shape = stream.frames, (stream.height, stream.width)
    except Exception as error:
        raise InputError(target, 'video', reason_of(error), 'a video: delete this file') from error
    if min(shape) > short_side:
        raise InputError(target, 'short side', min(shape), f'{short_side}: delete this folder, or '
                         'choose another one')
    return frames, shape


def reason_of(error):
    """An exception of PyAV in one line."""
    return f'{type(error).__name__}: {" ".join(str(error).split())}'
