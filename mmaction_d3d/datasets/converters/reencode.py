"""Videos made smaller: decoding 1080p frames takes most of the time of training."""
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ...errors import InputError
from ...files import is_file, whole_or_absent
from ...media import KEEPING, DecodingError, H264Writer, Media, MediaInfo, Video, probe


@dataclass
class Reencoded:
    """What became of a video: its number of frames, or the problem with it."""
    frames: int = 0
    problem: str = ''


def reencode(job: tuple[str, str, int]) -> Reencoded:
    """Write a video anew, H.264 with a smaller short side, unless it is there already.

    Args:
        job: The video; the file to write, whole or not at all; the short side in pixels, which a
            smaller video keeps.

    Returns:
        ``problem`` says why not all of the video decodes; nothing is written then.

    Raises:
        InputError: The file is there already, of another size, or cannot be written.
    """
    source, target, short_side = job
    if is_file(target):
        return Reencoded(frames=existing(target, short_side).frames)
    try:
        video = Video(source)
    except InputError as error:
        return Reencoded(problem=str(error.found))
    try:
        with video, small_video(target, video.rate, short_side) as small:
            for frame in video.frames():
                small.add(frame.picture, time_in(target, frame.time))
            if not small.frames:
                raise DecodingError('no frame decodes')
    except DecodingError as error:
        return Reencoded(problem=str(error))
    return Reencoded(frames=small.frames)


def time_in(target: str, time: Fraction | None) -> Fraction | None:
    """Return when a file shows a frame; None where it shows frames at one rate, as AVI does."""
    return None if target.lower().endswith('.avi') else time


@contextmanager
def small_video(target: str, rate: Fraction, short_side: int) -> Iterator[H264Writer]:
    """Return a :class:`~mmaction_d3d.media.H264Writer` of a file that appears once it is whole.

    Args:
        target: The file; its suffix is its format.
        rate: Frames a second.
        short_side: In pixels, which smaller frames keep.
    """
    suffix = Path(target).suffix[1:]
    with whole_or_absent(target) as file, H264Writer(file, suffix, rate, KEEPING,
                                                     short_side) as small:
        yield small


def existing(target: str, short_side: int) -> MediaInfo:
    """Look at a file of this run or an earlier one: it was written whole.

    Raises:
        InputError: It is no video, or larger than ``short_side``.
    """
    try:
        info = probe(Media(target, target))
    except InputError as error:
        raise InputError(target, 'video', error.found, 'a video: delete this file') from error
    if min(info.height, info.width) > short_side:
        raise InputError(target, 'short side', min(info.height, info.width),
                         f'{short_side}: delete this folder, or choose another one')
    return info
