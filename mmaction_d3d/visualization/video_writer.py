"""Writing an mp4 frame by frame that any browser plays."""
from contextlib import contextmanager

import av

from ..files import whole_or_absent


@contextmanager
def h264_writer(path, fps):
    """Open an H.264 mp4 (yuv420p, index in front) that appears once it is whole.

    Args:
        path (str): The file.
        fps (Fraction): Frames a second.

    Yields:
        Callable: Takes the next frame, H x W x 3 uint8 RGB, with even sides, as the format wants.
    """
    with whole_or_absent(path) as file, av.open(
            file, 'w', format='mp4', options=dict(movflags='faststart')) as container:
        stream = container.add_stream('libx264', rate=fps)
        stream.pix_fmt = 'yuv420p'
        stream.options = dict(preset='superfast', crf='21')
        opened = False

        def write(frame):
            nonlocal opened
            if not opened:
                (stream.height, stream.width), opened = frame.shape[:2], True
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format='rgb24')))

        yield write
        if opened:
            container.mux(stream.encode(None))
