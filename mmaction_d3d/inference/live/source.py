"""Where live frames come from: a camera, an address, or a file that is played."""
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import cv2
import numpy as np

from ...errors import InputError
from ...media import DecodingError, Frames, Media, MediaInfo, as_media, probe

#: Seconds that an address may be silent for.
PATIENCE = 10.
_LIVE = 'a camera or stream that goes on'


@dataclass(frozen=True)
class Clock:
    """Time, and waiting for it; tests bring their own.

    Attributes:
        now: Gives seconds from any beginning.
        sleep: Waits for seconds.
    """
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """A frame as it comes.

    Attributes:
        index: Its number in the source.
        time: When it was filmed, or is to be shown, in seconds of the clock.
        rgb: Gives H x W x 3 uint8 RGB.
    """
    index: int
    time: float
    rgb: Callable[[], np.ndarray]


class LiveSource(Protocol):
    """What is being filmed.

    Attributes:
        name: As the command line names it.
    """
    name: str

    def frames(self, clock: Clock) -> Iterator[LiveFrame]:
        """Yield frames as they come; whoever is slow gets them late, and says so by their times.

        Raises:
            InputError: The source is lost.
        """


class PlayedFile:
    """A video file at its own speed; it ends where the file does.

    Args:
        path: The file, or a folder of frames.

    Attributes:
        media: The file.
        info: What it holds.

    Raises:
        InputError: It cannot be decoded.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self.media: Media = as_media(path)
        self.info: MediaInfo = probe(self.media)

    def frames(self, clock: Clock) -> Iterator[LiveFrame]:
        start = clock.now()
        for index, frame in enumerate(Frames(self.media)):
            due = start + float(self.info.time_of(index))
            wait = due - clock.now()
            if wait > 0:
                clock.sleep(wait)
            yield LiveFrame(index, due, frame.rgb)


class Camera:
    """A camera by its number, through OpenCV.

    Args:
        number: From 0.

    Raises:
        InputError: There is none.
    """

    def __init__(self, number: int) -> None:
        self.name = str(number)
        before = cv2.getLogLevel()
        cv2.setLogLevel(0)  # the error below says it all
        self._capture = cv2.VideoCapture(number)
        cv2.setLogLevel(before)
        if not self._capture.isOpened():
            raise InputError('command line', '--live', f'no camera {number}',
                             'the number of a camera that no other program uses')
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # what waits there would be old

    def frames(self, clock: Clock) -> Iterator[LiveFrame]:
        index = 0
        try:
            while True:
                good, image = self._capture.read()
                if not good:
                    raise InputError(f'camera {self.name}', 'frames', f'its end after {index}',
                                     _LIVE)
                yield LiveFrame(index, clock.now(), partial(_rgb_of, image))
                index += 1
        finally:
            self._capture.release()


class Address:
    """A stream by its address, such as ``rtsp://...``, through PyAV.

    Args:
        url: The address.

    Raises:
        InputError: Nothing answers there.
    """

    def __init__(self, url: str) -> None:
        import av
        self.name = url
        options = dict(rtsp_transport='tcp') if url.startswith('rtsp') else {}
        try:
            self._container: Any = av.open(url, options=options, timeout=PATIENCE)
        except Exception as error:  # PyAV has many kinds
            raise InputError(url, 'stream', str(DecodingError.of(error, url)),
                             'an address that answers') from error
        if not self._container.streams.video:
            self._container.close()
            raise InputError(url, 'stream', 'no picture in it', 'a stream with a picture')

    def frames(self, clock: Clock) -> Iterator[LiveFrame]:
        index, reason = 0, 'its end'
        with self._container as container:
            decoded = container.decode(video=0)
            while True:
                try:
                    frame = next(decoded)
                except StopIteration:
                    break
                except Exception as error:  # PyAV has many kinds
                    reason = str(DecodingError.of(error, self.name))
                    break
                yield LiveFrame(index, clock.now(), partial(frame.to_ndarray, format='rgb24'))
                index += 1
        raise InputError(self.name, 'stream', f'{reason} after {index} frames', _LIVE)


def open_source(name: str) -> LiveSource:
    """Open what a command line names: the number of a camera, an address, else a file.

    Raises:
        InputError: It cannot be opened.
    """
    if name.isdecimal():
        return Camera(int(name))
    return Address(name) if '://' in name else PlayedFile(name)


def _rgb_of(image: np.ndarray) -> np.ndarray:
    return image[..., ::-1].copy()
