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
#: Seconds that pictures of a stream may come late; those that do are dropped.
LAG = 1.
_A_WAIT = 0.01  # seconds: less is no waiting
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
        skipped: Frames before it that came too late to be decoded.
    """
    index: int
    time: float
    rgb: Callable[[], np.ndarray]
    skipped: int = 0


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

    A file on a server is played at its own speed, and ends. Of what is being filmed, pictures that
    come more than :data:`LAG` late are dropped without being decoded.

    Args:
        url: The address.

    Raises:
        InputError: Nothing answers there.
    """

    def __init__(self, url: str) -> None:
        import av
        self.name = url
        is_rtsp = url.startswith('rtsp')
        options = dict(rtsp_transport='tcp') if is_rtsp else {}
        try:
            self._container: Any = av.open(url, options=options, timeout=PATIENCE)
        except Exception as error:  # PyAV has many kinds
            raise InputError(url, 'stream', _reason_of(error, url),
                             'an address that answers') from error
        if not self._container.streams.video:
            self._container.close()
            raise InputError(url, 'stream', 'no picture in it', 'a stream with a picture')
        # An RTSP server that plays a file does so at the file's speed itself.
        self._is_file = self._container.duration is not None and not is_rtsp

    def frames(self, clock: Clock) -> Iterator[LiveFrame]:
        index, reason = 0, 'its end'
        with self._container as container:
            came = _played(container, clock) if self._is_file else _newest(container, clock)
            while True:
                try:
                    frame, filmed, skipped = next(came)
                except StopIteration:
                    break
                except Exception as error:  # PyAV has many kinds
                    reason = _reason_of(error, self.name)
                    break
                index += skipped
                yield LiveFrame(index, filmed, partial(frame.to_ndarray, format='rgb24'), skipped)
                index += 1
        if not self._is_file or reason != 'its end':
            raise InputError(self.name, 'stream', f'{reason} after {index} frames', _LIVE)


def _reason_of(error: Exception, url: str) -> str:
    import av
    if isinstance(error, av.error.ExitError):  # what a timeout of PyAV's raises
        return f'nothing for {PATIENCE:.0f} seconds'
    return str(DecodingError.of(error, url))


def _played(container: Any, clock: Clock) -> Iterator[tuple[Any, float, int]]:
    """Yield a file's pictures when they are to be shown, that time, and 0 for none left out."""
    start, first = clock.now(), None
    for frame in container.decode(video=0):
        first = frame.time if first is None else first
        due = start + (frame.time or 0.) - (first or 0.)
        if (wait := due - clock.now()) > 0:
            clock.sleep(wait)
        yield frame, due, 0


def _newest(container: Any, clock: Clock) -> Iterator[tuple[Any, float, int]]:
    """Yield a stream's pictures, when each was filmed, and how many were left out before it.

    Where the computer decodes more slowly than pictures come, they wait in buffers that nobody
    sees: of the network, the server. So their own times tell how late they are. Those that are too
    late are left out up to a key frame, which needs no other, that is not.
    """
    stream = container.streams.video[0]
    times, skipped, late_since, waited = _Filmed(), 0, None, False
    asked = clock.now()
    for packet in container.demux(stream):
        now = clock.now()
        seconds = None if packet.pts is None else float(packet.pts * packet.time_base)
        lag = now - times(seconds, now)
        if late_since is None and lag > LAG:
            late_since, waited = now, False
        if late_since is not None:
            # Whoever has to wait for a picture gets the newest there is.
            waited = waited or now - asked > _A_WAIT
            is_near = waited or lag <= LAG
            if not (packet.is_keyframe and is_near or now - late_since > PATIENCE):
                skipped += packet.size > 0
                asked = now
                continue
            if waited:
                times = _Filmed()
            late_since = None
            stream.codec_context.flush_buffers()
        for frame in packet.decode():
            yield frame, times(frame.time, now), skipped
            skipped = 0
        asked = clock.now()


class _Filmed:
    """Tells when a picture was filmed: the one that came soonest after it is taken for no delay."""

    def __init__(self) -> None:
        self._ahead = np.inf

    def __call__(self, seconds: float | None, now: float) -> float:
        """Return the time by our clock of a picture that is there now; None: it has no stamp."""
        if seconds is None:
            return now
        self._ahead = min(self._ahead, now - seconds)
        return seconds + self._ahead


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
