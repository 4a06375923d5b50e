"""Clips cut out of full videos, frame by frame: decoded and encoded anew.

A cut without decoding can begin at a key frame only, seconds off. Here a clip holds exactly the
frames shown from its start on and before its end, as ``ffmpeg -i VIDEO -ss START -t LENGTH`` with
an encoder gives them.
"""
import os
from dataclasses import dataclass
from fractions import Fraction

import av

from ...files import whole_or_absent
from .reencode import SmallVideo, existing, rate_of, reason_of

_MICRO = 1000000
# A seek goes by decoding times, which run ahead of those of showing by up to 16 frames; and the
# first frames after it may lean on ones before it.
_LEAD = 2


@dataclass(frozen=True)
class Cut:
    """What to cut: ``source`` from ``start`` to ``end``, in exact seconds, into ``target``."""
    source: str
    target: str
    start: Fraction
    end: Fraction
    short_side: int


@dataclass
class Clip:
    """What became of a cut: frames, height and width; or no file, the problem and its detail."""
    frames: int = 0
    shape: tuple = ()
    problem: str = ''
    detail: str = ''


class _Problem(Exception):
    """The source does not hold the clip."""


def cut(job):
    """Writes a clip, H.264 with a smaller short side, unless it is there already.

    Args:
        job (Cut): What to cut; the file is written whole or not at all.

    Returns:
        Clip: What is there now.

    Raises:
        InputError: The file is there already, of another size, or cannot be written.
    """
    if os.path.isfile(job.target):
        return Clip(*existing(job.target, job.short_side))
    try:
        container = av.open(job.source)
    except Exception as error:      # PyAV has many kinds
        return Clip(problem='its video does not open', detail=reason_of(error))
    with container:
        if not container.streams.video:
            return Clip(problem='its video has no picture stream')
        try:
            with whole_or_absent(job.target) as file:
                return _write(container, job, file)
        except _Problem as error:
            return Clip(problem=str(error))


def _write(container, job, file):
    """Encodes the clip's frames into an open file."""
    stream = container.streams.video[0]
    rate = rate_of(stream)
    ended = False
    with SmallVideo(file, os.path.splitext(job.target)[1][1:], rate, job.short_side) as small:
        time = None
        for time, frame in frames_from(container, job.start):
            if time >= job.end:
                ended = True
                break
            if time >= job.start:
                small.add(frame)
        # The last frame of a video is shown for as long as any other.
        if not ended and (time is None or time + 1 / rate < job.end):
            raise _Problem('its video ends, or is damaged, before the clip ends')
    if not small.frames:
        raise _Problem('its video shows no new frame in its time')
    return Clip(small.frames, small.shape)


def frames_from(container, start):
    """Decodes a video from a frame before ``start`` on.

    Args:
        container (av.container.InputContainer): The open file; what it holds is not cut, so that
            the iteration can be ended at any frame.
        start (Fraction): Seconds from the beginning of the file, as players count.

    Yields:
        tuple[Fraction, av.VideoFrame]: When each frame is shown, exact, and the frame. The first
        is shown at ``start`` or before, unless the video begins later. It ends where decoding
        fails.
    """
    container.streams.video[0].codec_context.thread_count = 1   # as many processes as CPUs
    zero = Fraction(container.start_time or 0, _MICRO)
    for target in (max(start - _LEAD, 0), Fraction(0)):
        frames = _timed(container, zero, target)
        first = next(frames, None)
        # Formats without an index can seek past the target: then all is decoded.
        if target == 0 or (first is not None and first[0] <= start):
            break
    if first is not None:
        yield first
        yield from frames


def _timed(container, zero, start):
    """All frames from a key frame at ``start``, or before, on; each with its time."""
    last = None
    try:
        container.seek(round((zero + start) * _MICRO))
        for frame in container.decode(container.streams.video[0]):
            time = None if frame.pts is None else frame.pts * frame.time_base - zero
            if time is None or (last is not None and time < last):   # AVI: times of decoding
                raise _Problem('its video gives frames no time, or a wrong one')
            yield time, frame
            last = time
    except av.error.FFmpegError:
        return      # what decoded before counts
