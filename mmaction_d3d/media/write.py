"""H.264 videos written frame by frame."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

import numpy as np

from ..files import whole_or_absent

if TYPE_CHECKING:
    import av

#: For looking at.
VIEWING = dict(preset='superfast', crf='21')
#: Near lossless to the eye in a small picture. Without B-frames, whose order not every AVI reader
#: keeps; with a key frame every 8 frames, from which a reader may begin; and without the filter and
#: the arithmetic code that take half of a decoder's time. All that costs a quarter of the size.
KEEPING = dict(preset='veryfast', crf='20', g='8', bf='0', tune='fastdecode')
#: Every frame by itself at constant quality, so that the coding of one frame tells nothing of how
#: the others differ from it.
FRAME_BY_FRAME = dict(preset='veryfast', qp='24', g='1', threads='1')
# Of FFmpeg's own encoder, at about that quality.
_CLOCK = Fraction(1, 60000)  # of frames that have times; finer than MPEG-4 Part 2 can have it
_WITHOUT_X264 = dict(qmin='4', qmax='4', g='1', threads='1')


class H264Writer:
    """An H.264 video, yuv420p, at a constant rate, to be used in a ``with`` statement.

    Builds of FFmpeg without x264 write MPEG-4 Part 2 by FFmpeg's own encoder.

    Args:
        file: Where to write it.
        suffix: Its format: ``avi``, ``mp4``.
        rate: Frames a second.
        options: Of the encoder, such as :data:`VIEWING`.
        short_side: In pixels, which smaller frames keep; sides become even. Defaults to None:
            frames stay as large as they are, and their sides must be even.
        in_front: Whether an mp4's index goes before its frames, so that it plays while it loads.
            Defaults to False.

    Attributes:
        frames (int): Those written.
        shape (tuple[int] | None): Their height and width.
    """

    def __init__(self, file: BinaryIO, suffix: str, rate: Fraction | float, options: dict[str, str],
                 short_side: int | None = None, in_front: bool = False) -> None:
        import av
        self.frames = 0
        self.shape: tuple[int, int] | None = None
        self._rate, self._options, self._short_side = Fraction(rate), options, short_side
        self._clock, self._shown = 1 / self._rate, -1  # units of time, and the last frame's
        self._container = av.open(file, 'w', format=suffix,
                                  options=dict(movflags='faststart') if in_front else {})
        self._stream: av.VideoStream | None = None

    def __enter__(self) -> Self:
        return self

    def add(self, frame: np.ndarray | av.VideoFrame, time: Fraction | float | None = None) -> None:
        """Write the next frame.

        Args:
            frame: H x W x 3 uint8 RGB, or an ``av.VideoFrame``, of any size.
            time: When it is shown, in seconds, after the one before. Defaults to None, at the
                rate. The first frame has a time, or none has.
        """
        import av
        if isinstance(frame, np.ndarray):
            frame = av.VideoFrame.from_ndarray(frame, format='rgb24')
        if self._stream is None:
            if time is not None:
                self._clock = _CLOCK
            self._stream = self._open(frame)
        if self._short_side is not None:
            frame = frame.reformat(self._stream.width, self._stream.height, 'yuv420p',
                                   interpolation='AREA')
        if time is not None and self._clock == _CLOCK:
            self._shown = max(self._shown + 1, round(time / _CLOCK))
        else:
            self._shown += round(1 / (self._rate * self._clock))
        frame.pts, frame.time_base = self._shown, self._clock
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def _open(self, frame: av.VideoFrame) -> av.VideoStream:
        """Begin the stream, at the size of its first frame."""
        import av
        width, height = frame.width, frame.height
        if self._short_side is not None:
            width, height = smaller_size(width, height, self._short_side)
        x264 = 'libx264' in av.codecs_available
        stream = self._container.add_stream('libx264' if x264 else 'mpeg4', rate=self._rate)
        stream.options = {**(self._options if x264 else _WITHOUT_X264)}
        stream.width, stream.height, stream.pix_fmt = width, height, 'yuv420p'
        stream.time_base = stream.codec_context.time_base = self._clock
        if self._short_side is not None:  # there are as many processes as CPUs
            stream.codec_context.thread_count = 1
        self.shape = height, width
        return stream

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        with self._container:
            if kind is None and self._stream is not None:
                self._container.mux(self._stream.encode())


@contextmanager
def h264_writer(path: str | Path, fps: Fraction | float) -> Iterator[Callable[..., None]]:
    """Open an mp4 that any browser plays, and that appears once it is whole.

    Args:
        path: The file.
        fps: Frames a second.

    Yields:
        :meth:`H264Writer.add`, for frames with even sides, as the format wants.
    """
    with whole_or_absent(path) as file, H264Writer(file, 'mp4', fps, VIEWING,
                                                   in_front=True) as writer:
        yield writer.add


def write_video(path: str | Path, frames: Iterable[np.ndarray | av.VideoFrame],
                fps: Fraction | float) -> None:
    """Write frames by :func:`h264_writer`."""
    with h264_writer(path, fps) as write:
        for frame in frames:
            write(frame)


def write_slow_video(path: str | Path, frames: Iterable[np.ndarray]) -> None:
    """Write the few frames of a clip, four a second, by :func:`h264_writer`.

    Not every player keeps time at so low a rate: each frame is written four times.
    """
    write_video(path, (frame for frame in frames for _ in range(4)), 16)


def smaller_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """Width and height, both even, of a picture whose short side is ``short_side`` at most."""
    scale = min(1, short_side / min(width, height))
    width, height = (max(2, round(side * scale / 2) * 2) for side in (width, height))
    return width, height
