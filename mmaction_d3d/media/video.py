"""Videos as players show them: the one place that decides stream, way up and times."""
from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    import av

DEFAULT_FPS = 25  # of frame folders, and of videos that do not say it

_MICRO = 1000000
# FFmpeg then decodes nothing when it opens a file, nor reads on to find what it lacks.
_UNREAD = dict(skip_frame='all', analyzeduration='1')
# A seek goes by decoding times, which run ahead of those of showing by up to 16 frames; and the
# first frames after it may lean on ones before it.
_LEAD = 2


class DecodingError(Exception):
    """A library can open or decode a video no further; the text says why, in one line."""

    @classmethod
    def of(cls, error: Exception, path: str) -> Self:
        """Return the one for a library's error on a file."""
        if isinstance(error, MemoryError):  # FFmpeg's limit, reached before any memory is taken
            return cls('a part of over 2 GiB')
        reason = ' '.join(str(error).replace(path, 'the file').split())
        return cls(f'{type(error).__name__} ({reason})')


class Frame:
    """A decoded frame, which becomes RGB only where that is asked for.

    Args:
        read: Gives H x W x 3 uint8 RGB.
        time: When it is shown, in seconds from the beginning of the file.
        picture: PyAV's frame, where that is stored as it is shown.
    """
    __slots__ = 'time', '_read', '_picture'

    def __init__(self, read: Callable[[], np.ndarray], time: Fraction | None = None,
                 picture: av.VideoFrame | None = None) -> None:
        self.time, self._read, self._picture = time, read, picture

    def rgb(self) -> np.ndarray:
        """Return the frame as H x W x 3 uint8 RGB."""
        return self._read()

    @property
    def picture(self) -> np.ndarray | av.VideoFrame:
        """What :meth:`.write.H264Writer.add` loses least with: PyAV's frame, else RGB."""
        return self._read() if self._picture is None else self._picture


class Video:
    """A video opened by PyAV, to be used in a ``with`` statement.

    Of several picture streams it is the one that FFmpeg thinks best, never an attached cover.

    Args:
        path: The file.
        analyze: Whether to decode some frames for what the header does not say, such as how far
            they are reordered. Takes as long as 7 to 20 of them. Defaults to True.

    Attributes:
        rate (Fraction): Frames a second, as the header says: a mean where they vary.
        announced (int): Frames, as the header says; 0 where it says nothing.

    Raises:
        InputError: It cannot be opened, or has no film in it.
    """

    def __init__(self, path: str, analyze: bool = True) -> None:
        import av
        self.path, want = path, 'a video that can be decoded'
        refuse_lists(path)
        try:
            self._container = av.open(path, options={} if analyze else _UNREAD)
        except Exception as error:  # PyAV has many kinds
            raise InputError(path, 'video', str(DecodingError.of(error, path)), want) from error
        stream = _film(self._container)
        if stream is not None and stream.codec_context is None:
            self._container.close()
            raise InputError(path, 'video', 'pictures of an unknown codec', want)
        if stream is None:
            kinds = ', '.join(sorted({other.type for other in self._container.streams}))
            self._container.close()
            raise InputError(path, 'video', f'no picture stream ({kinds or "nothing"} only)', want)
        self._stream = stream
        # As many processes as there are CPUs read videos.
        self._stream.codec_context.thread_count = 1
        self.rate = Fraction(self._stream.average_rate or self._stream.guessed_rate or DEFAULT_FPS)
        self.announced = self._stream.frames
        self._zero = Fraction(self._container.start_time or 0, _MICRO)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self._container.close()

    def frames(self) -> Generator[Frame, None, None]:
        """Yield every :class:`Frame` in the order shown.

        Raises:
            DecodingError: The video can be decoded no further.
        """
        try:
            for frame in self._container.decode(self._stream):
                time = None
                if frame.pts is not None and frame.time_base is not None:
                    time = frame.pts * frame.time_base - self._zero
                yield _upright(frame, time)
        except Exception as error:  # PyAV has many kinds
            raise DecodingError.of(error, self.path) from error

    def frames_from(self, start: Fraction) -> Iterator[Frame]:
        """Yield frames from one that is shown at ``start`` or before, without decoding all.

        Args:
            start: Seconds from the beginning of the file, as players count.

        Raises:
            DecodingError: The video can be decoded no further.
        """
        for target in (max(start - _LEAD, Fraction(0)), Fraction(0)):
            self._container.seek(round((self._zero + target) * _MICRO))
            frames = self.frames()
            first = next(frames, None)
            # Formats without an index can seek past the target: then all is decoded.
            if target == 0 or (first is not None and first.time is not None
                               and first.time <= start):
                break
        if first is not None:
            yield first
            yield from frames

    @property
    def codec(self) -> str:
        """Name of the codec, whatever decodes it."""
        return self._stream.codec_context.codec.canonical_name

    @property
    def container(self) -> str:
        """FFmpeg's name of the container."""
        return self._container.format.name

    @property
    def reorders(self) -> bool:
        """Whether frames are stored in another order than they are shown in."""
        return self._stream.codec_context.has_b_frames

    def packets(self) -> Iterator[av.Packet]:
        """Yield the film's packets in the order of the file, without decoding them.

        Raises:
            DecodingError: The file can be read no further.
        """
        try:
            yield from self._container.demux(self._stream)
        except Exception as error:  # PyAV has many kinds
            raise DecodingError.of(error, self.path) from error

    def seek(self, time: int) -> None:
        """Go to the last key frame at a time in the stream's units, or before.

        Raises:
            DecodingError: The file cannot be sought.
        """
        try:
            self._container.seek(time, stream=self._stream)
        except Exception as error:  # PyAV has many kinds
            raise DecodingError.of(error, self.path) from error

    def needed_frames(self, times: Collection[int]) -> Iterator[tuple[int | None, Frame]]:
        """Yield the frames at some times, from here on, and those that have no time.

        Frames that no frame leans on are not decoded in between.

        Args:
            times: In the stream's units.

        Raises:
            DecodingError: The video can be decoded no further.
        """
        context = self._stream.codec_context
        skips = self.codec == 'h264'  # of others it is not sure that nothing leans on them
        all_needed = True
        for packet in self.packets():
            needed = packet.pts is None or packet.pts in times
            if skips and needed != all_needed:
                context.skip_frame = 'DEFAULT' if needed else 'NONREF'
                all_needed = needed
            try:
                frames = packet.decode()
            except Exception as error:  # PyAV has many kinds
                raise DecodingError.of(error, self.path) from error
            for frame in frames:
                if frame.pts is None or frame.pts in times:
                    yield frame.pts, _upright(frame, None)

    def packet_times(self) -> list[Fraction | None]:
        """Return when each frame is shown by the file's packets, which need no decoding, in order.

        All are None where the packets do not tell, as in an AVI whose frames are reordered; they
        are as many as frames there. What an edit list leaves out is no frame.

        Raises:
            DecodingError: The file can be read no further.
        """
        times: list[Fraction] = []
        count, told = 0, not (self.container == 'avi' and self.reorders)
        for packet in self.packets():
            if not packet.size or packet.is_discard:
                continue
            count += 1
            if packet.pts is None or packet.time_base is None:
                told = False
            else:
                times.append(packet.pts * packet.time_base - self._zero)
        return [*sorted(times)] if told else [None] * count


def _film(container: av.container.InputContainer) -> av.VideoStream | None:
    """Return the stream to show: FFmpeg's choice, unless that is a cover picture."""
    from av.stream import Disposition
    best = container.streams.best('video')
    films = [
        stream for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    return best if best in films else next(iter(films), None)


def _upright(frame: av.VideoFrame, time: Fraction | None) -> Frame:
    """PyAV's frame as a player shows it: turned and mirrored as the file's header says.

    The header's matrix takes (x, y) of a stored picture to (a x + c y, b x + d y) of the one
    that is shown. Only quarter turns and mirrors are done, as all others are unknown in practice.
    """
    from av.sidedata.sidedata import SideDataContainer
    # Not `frame.side_data`, which the frame keeps: the two would hold each other, and a worker that
    # is forked before they are collected would wait for ever for threads that it does not have.
    # PyAV's stub hides the argument of this class.
    data = SideDataContainer(frame).get('DISPLAYMATRIX')  # type: ignore[call-arg]
    if data is not None:
        a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
        exchange = abs(b) > abs(a)
        left, up = (c < 0, b < 0) if exchange else (a < 0, d < 0)
        if exchange or left or up:
            return Frame(lambda: _moved(_rgb(frame), exchange, left, up), time)
    return Frame(lambda: _rgb(frame), time, frame)


def _rgb(frame: av.VideoFrame) -> np.ndarray:
    """H x W x 3 uint8, by one thread: starting more takes as long again."""
    return frame.to_ndarray(format='rgb24', threads=1)


def _moved(image: np.ndarray, exchange: bool, left: bool, up: bool) -> np.ndarray:
    """H x W x 3 with axes exchanged, then mirrored from right to left and from bottom to top."""
    image = image.swapaxes(0, 1) if exchange else image
    return np.ascontiguousarray(image[::-1 if up else 1, ::-1 if left else 1])


# Texts by which FFmpeg would open other files, or addresses: its lists, HLS, DASH, SDP, RTSP.
_LISTS = b'ffconcat', b'#EXTM3U', b'<?xml', b'<MPD', b'v=0', b'[playlist', b'RTSP'


def refuse_lists(path: str) -> None:
    """Refuse a text that names other files in place of a video.

    Raises:
        InputError: It is one.
    """
    with suppress(OSError), Path(path).open('rb') as file:  # its reader says why
        if file.read(64).lstrip(b'\xef\xbb\xbf \t\r\n').startswith(_LISTS):
            raise InputError(path, 'video', 'a list of other files', 'a video that can be decoded')
