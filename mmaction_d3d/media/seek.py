"""The named frames of a video, from the key frame before each and not from the first frame."""
from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .video import DecodingError, Frame, Video

# Of these a packet with a time is a frame that is shown, whatever the container. Not of VP8, whose
# hidden frames are packets of their own.
_CODECS = frozenset(['av1', 'h264', 'hevc', 'mpeg4', 'vp9'])
# Of these a seek goes by an index. Of a transport stream it goes by guesses, to here or there.
_CONTAINERS = frozenset(['avi', 'matroska,webm', 'mov,mp4,m4a,3gp,3g2,mj2'])


class FrameIndex(NamedTuple):
    """When a video's frames are shown, and from which of them decoding can begin.

    Attributes:
        times: Of each frame in the order shown, in the stream's units.
        keys: Numbers of the key frames, ascending; the first is 0.
    """
    times: Sequence[int]
    keys: Sequence[int]


def frame_index(path: str) -> FrameIndex | None:
    """Return the index of a video, read once as long as its size and time stay.

    Args:
        path: The video.

    Returns:
        None where packets do not tell which frames will be shown: then frames count from the first.

    Raises:
        InputError: It cannot be opened, or has no film in it.
    """
    try:
        status = Path(path).stat()
    except OSError:  # the decoder says what is wrong
        return None
    return _cached_index(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=1 << 16)  # some 300 bytes a file
def _cached_index(path: str, size: int, changed: int) -> FrameIndex | None:
    with Video(path) as video:
        try:
            return _read_index(video)
        except DecodingError:
            return None


def _read_index(video: Video) -> FrameIndex | None:
    """Read the packets of a file without decoding them."""
    if video.codec not in _CODECS or video.container not in _CONTAINERS:
        return None
    if video.reorders and (video.container == 'avi' or video.codec == 'mpeg4'):
        return None  # times of packets are those of decoding, or several frames are in one
    times, keys = array('q'), []
    for packet in video.packets():
        if not packet.size:
            continue
        if packet.pts is None or packet.is_discard or packet.is_corrupt:
            return None  # edit lists among others
        if packet.is_keyframe:
            keys.append(packet.pts)
        times.append(packet.pts)
    if not keys or keys[0] != min(times):
        return None
    ordered: Sequence[int] = array('q', sorted(times))
    if len(set(ordered)) < len(ordered):
        return None
    regular = _as_range(ordered)
    number = {time: index for index, time in enumerate(ordered)}
    return FrameIndex(ordered if regular is None else regular,
                      array('l', sorted(number[time] for time in keys)))


def _as_range(times: Sequence[int]) -> range | None:
    """Return regular times as a range, which takes no memory."""
    step = times[1] - times[0] if len(times) > 1 else 1
    regular = range(times[0], times[0] + step * len(times), step)
    return regular if all(a == b for a, b in zip(regular, times)) else None


class SeekError(Exception):
    """A seek landed where the index does not say."""


def sought_frames(video: Video, index: FrameIndex,
                  wanted: Sequence[int]) -> Iterator[tuple[int, Frame]]:
    """Yield the named frames of a video with their numbers.

    Decoding goes on from one to the next where no key frame lies between, and leaves out frames
    that nothing leans on and nobody wants.

    Args:
        video: Just opened.
        index: Its index.
        wanted: Numbers of frames, ascending, each once, below the number of frames.

    Raises:
        SeekError: A seek landed wrong.
        DecodingError: The video can be decoded no further.
    """
    runs: dict[int, list[int]] = {}
    for number in wanted:
        runs.setdefault(bisect_right(index.keys, number) - 1, []).append(number)
    for key, numbers in runs.items():
        if key:
            video.seek(index.times[index.keys[key]])
        yield from _run(video, index, index.keys[key], numbers)


def _run(video: Video, index: FrameIndex, key: int,
         numbers: Sequence[int]) -> Iterator[tuple[int, Frame]]:
    """Decode from a key frame to the last of the frames that are wanted of it."""
    times = {index.times[number]: number for number in numbers}
    start, last = index.times[key], index.times[numbers[-1]]
    reached = False
    for time, frame in video.needed_frames({start, *times}):
        reached = reached or time == start
        if time is None or not reached:
            raise SeekError
        if time in times:
            yield times.pop(time), frame
        if time == last:
            break
    if times:
        raise SeekError
