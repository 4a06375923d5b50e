"""What a video or frame folder holds."""
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

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
        fps: Frames a second.
        problem: Why not all frames decode, else ``''``; known where all were decoded.
    """
    frames: int
    height: int
    width: int
    fps: Fraction
    problem: str = ''


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
                return MediaInfo(video.count_packets(), height, width, video.rate)
            except DecodingError as error:
                raise InputError(media.path, 'video', str(error),
                                 'a video that can be decoded') from error
        frames, problem = 0, ''
        try:
            for _ in video.frames():
                frames += 1
        except DecodingError as error:  # what decoded before counts
            problem = str(error)
        if not problem and frames < video.announced:
            problem = f'{frames} of {video.announced} announced frames decode'
        return MediaInfo(frames, height, width, video.rate, problem)
