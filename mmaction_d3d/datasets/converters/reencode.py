"""Videos made smaller: decoding 1080p frames takes most of the time of training."""
import os
from dataclasses import dataclass
from fractions import Fraction

import av

from ...errors import InputError
from .common import whole_or_absent

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
        return _existing(target, short_side)
    try:
        container = av.open(source)
    except Exception as error:      # PyAV has many kinds
        return Reencoded(problem=_reason(error))
    with container:
        if not container.streams.video:
            return Reencoded(problem='no picture stream')
        try:
            with whole_or_absent(target) as file:
                return Reencoded(frames=_write(container, file, target, short_side))
        except _DecodingError as error:
            return Reencoded(problem=_reason(error.__cause__) if error.__cause__ else str(error))


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
    rate = container.streams.video[0].average_rate or Fraction(30)
    count = 0
    suffix = os.path.splitext(target)[1][1:]
    with av.open(file, 'w', format=suffix) as out:
        for count, frame in enumerate(_decode(container), 1):
            if count == 1:
                stream = out.add_stream('libx264', rate=rate)
                stream.width, stream.height = smaller_size(frame.width, frame.height, short_side)
                stream.pix_fmt, stream.options = 'yuv420p', _OPTIONS
                stream.codec_context.thread_count = 1
            small = frame.reformat(stream.width, stream.height, 'yuv420p', interpolation='AREA')
            small.pts, small.time_base = count - 1, 1 / rate
            out.mux(stream.encode(small))
        if not count:
            raise _DecodingError('no frame decodes')
        out.mux(stream.encode())
    return count


def smaller_size(width, height, short_side):
    """Width and height, both even, of a picture whose short side is ``short_side`` at most."""
    scale = min(1, short_side / min(width, height))
    return tuple(max(2, round(side * scale / 2) * 2) for side in (width, height))


def _existing(target, short_side):
    """A file of an earlier run: it was written whole, so that its header is right."""
    try:
        with av.open(target) as container:
            stream = container.streams.video[0]
            frames, side = stream.frames, min(stream.width, stream.height)
    except Exception as error:
        raise InputError(target, 'video', _reason(error), 'a video: delete this file') from error
    if side > short_side:
        raise InputError(target, 'short side', side, f'{short_side}: delete this folder, or '
                         'choose another one')
    return Reencoded(frames=frames)


def _reason(error):
    return f'{type(error).__name__}: {" ".join(str(error).split())}'
