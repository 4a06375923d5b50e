"""What a video or frame folder holds."""
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .find import Media, as_media
from .read import Frames
from .video import DEFAULT_FPS, DecodingError, Video


@dataclass(frozen=True)
class MediaInfo:
    """What a video or frame folder holds.

    Attributes:
        frames: Number of frames; 0 where a video's header, and nothing else, was asked for and
            does not say it.
        height, width: Pixels, as a player shows the first frame.
        fps: Frames a second; their mean where it is not one rate.
        problem: Why not all frames decode, else ``''``; known where all were decoded.
        times: Where frames do not follow each other at ``fps``, when each is shown, in seconds from
            the beginning of the file, and when the last one ends. None: at ``fps``, from 0 on.
    """
    frames: int
    height: int
    width: int
    fps: Fraction
    problem: str = ''
    times: np.ndarray | None = field(default=None, compare=False)

    def time_of(self, frame: float | np.ndarray) -> np.ndarray:
        """Return when frames begin, in seconds; a number of frames stands for the video's end."""
        if self.times is None:
            return np.asarray(frame) / float(self.fps)
        return np.interp(frame, np.arange(len(self.times)), self.times)


def probe(media: Media | str | Path, count: str = 'packets',
          folder_fps: Fraction | float = DEFAULT_FPS) -> MediaInfo:
    """Find out how long, large and fast a video or frame folder is; its first frame is decoded.

    Args:
        media: What to look at; a path stands for the media there.
        count: How to count a video's frames: ``header`` believes what the file announces,
            ``packets`` reads the file without decoding it, ``frames`` decodes all. Defaults to
            ``packets``.
        folder_fps: Frames a second of a frame folder, and of frames in memory. Defaults to 25.

    Returns:
        What it holds.

    Raises:
        InputError: Not one frame decodes.
    """
    media = as_media(media)
    first = next(iter(Frames(media, None if media.frames is not None else 'av'))).rgb()
    height, width = first.shape[:2]
    if media.frames is not None:
        fps = Fraction(folder_fps).limit_denominator(1001)
        return MediaInfo(media.frames, height, width, fps)
    with Video(media.path) as video:
        if count == 'header':
            return MediaInfo(video.announced, height, width, video.rate)
        if count == 'packets':
            try:
                times = video.packet_times()
                return MediaInfo(len(times), height, width, **_timing(times, video.rate))
            except DecodingError as error:
                raise InputError(media.path, 'video', str(error),
                                 'a video that can be decoded') from error
        shown: list[Fraction | None] = []
        problem = ''
        try:
            for frame in video.frames():
                shown.append(frame.time)
        except DecodingError as error:  # what decoded before counts
            problem = str(error)
        if not problem and len(shown) < video.announced:
            problem = f'{len(shown)} of {video.announced} announced frames decode'
        return MediaInfo(len(shown), height, width, problem=problem, **_timing(shown, video.rate))


def _timing(shown: Sequence[Fraction | None], rate: Fraction) -> dict[str, Any]:
    """Return ``fps`` and ``times`` of a video: the header's rate may be none of its frames.

    Args:
        shown: When each frame is shown, in seconds; None where the container does not say.
        rate: Frames a second, as the header says.

    Returns:
        ``times`` is None where times are within half a frame of the rate's, or where they are
        unknown or do not rise.
    """
    known = [time for time in shown if time is not None]
    if not known or len(known) < len(shown):
        return dict(fps=rate)
    starts = np.array(known, np.float64)
    if (np.diff(starts) <= 0).any():
        return dict(fps=rate)
    rates = [rate]
    if len(known) > 1:
        rates.append(((len(known) - 1) / (known[-1] - known[0])).limit_denominator(1001))
    for fps in rates:
        if np.abs(starts - np.arange(len(starts)) / float(fps)).max() * float(fps) <= 0.5:
            return dict(fps=fps)
    # The last frame is shown for as long as any other.
    return dict(fps=rates[-1], times=np.append(starts, starts[-1] + 1 / float(rates[-1])))
