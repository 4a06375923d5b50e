"""What a visitor may upload."""
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..media import as_media, probe
from ..media.find import VIDEO_SUFFIXES, has_suffix

#: Browsers name what they film so.
SUFFIXES = tuple(sorted(VIDEO_SUFFIXES))


@dataclass(frozen=True)
class Limits:
    """The largest video that is taken.

    Attributes:
        megabytes: Of the file.
        seconds: Of its length.
        pixels: Of a frame.
        frames: Of the video.
    """
    megabytes: int = 50
    seconds: float = 30.
    pixels: int = 4096 * 2304
    frames: int = 4000

    def check(self, path: str) -> None:
        """Look at an upload before anything decodes all of it.

        Raises:
            InputError: It is no video, or one that is too large or too long.
        """
        name = Path(path).name
        if not has_suffix(path, SUFFIXES):
            raise InputError(name, 'type', Path(path).suffix or 'none', ', '.join(SUFFIXES))
        size = Path(path).stat().st_size / 1e6
        if size > self.megabytes:
            raise InputError(name, 'size', f'{size:.0f} MB', f'{self.megabytes} MB at most')
        try:
            info = probe(as_media(path))
        except InputError as error:  # its text names a folder of this computer
            raise InputError(name, 'video', 'no picture that decodes', 'a video') from error
        length = float(info.time_of(info.frames))
        if length > self.seconds:
            raise InputError(name, 'length', f'{length:.0f} s', f'{self.seconds:.0f} s at most')
        if info.height * info.width > self.pixels or info.frames > self.frames:
            raise InputError(name, 'size', f'{info.frames} frames of {info.width} x {info.height}',
                             f'{self.frames} frames of {self.pixels} pixels at most')
