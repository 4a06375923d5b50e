"""Clips cut out of full videos, frame by frame: decoded and encoded anew.

A cut without decoding can begin at a key frame only, seconds off. Here a clip holds exactly the
frames shown from its start on and before its end, as ``ffmpeg -i VIDEO -ss START -t LENGTH`` with
an encoder gives them, each as long after the first as in the video.
"""
from dataclasses import dataclass
from fractions import Fraction

from ...errors import InputError
from ...files import is_file
from ...media import DecodingError, H264Writer, Video
from .reencode import existing, small_video, time_in


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
    """What became of a cut; or no file, the problem and its detail.

    Attributes:
        frames: How many it has.
        shape: Height and width.
        times: Of :class:`~mmaction_d3d.media.MediaInfo`, where frames do not come at one rate.
        problem, detail: Why there is none.
    """
    frames: int = 0
    shape: tuple = ()
    times: tuple[float, ...] = ()
    problem: str = ''
    detail: str = ''


class _Problem(Exception):
    """The source does not hold the clip."""


def cut(job: Cut) -> Clip:
    """Write a clip, H.264 with a smaller short side, unless it is there already.

    Args:
        job: What to cut; the file is written whole or not at all.

    Returns:
        What is there now.

    Raises:
        InputError: The file is there already, of another size, or cannot be written.
    """
    if not is_file(job.target):
        try:
            video = Video(job.source)
        except InputError as error:
            return Clip(problem='its video does not open', detail=str(error.found))
        try:
            with video, small_video(job.target, video.rate, job.short_side) as small:
                _write(video, job, small)
        except _Problem as error:
            return Clip(problem=str(error))
    info = existing(job.target, job.short_side)
    times = () if info.times is None else tuple(info.times.tolist())
    return Clip(info.frames, (info.height, info.width), times)


def _write(video: Video, job: Cut, small: H264Writer) -> None:
    """Encode the clip's frames."""
    last, ended, first = None, False, job.start
    try:
        for frame in video.frames_from(job.start):
            if frame.time is None or (last is not None and frame.time < last):
                # AVI: times of decoding
                raise _Problem('its video gives frames no time, or a wrong one')
            last, ended = frame.time, frame.time >= job.end
            if ended:
                break
            if frame.time >= job.start:
                first = frame.time if not small.frames else first
                small.add(frame.picture, time_in(job.target, frame.time - first))
    except DecodingError:
        pass  # what decoded before counts
    # The last frame of a video is shown for as long as any other.
    if not ended and (last is None or last + 1 / video.rate < job.end):
        raise _Problem('its video ends, or is damaged, before the clip ends')
    if not small.frames:
        raise _Problem('its video shows no new frame in its time')
