"""Videos whose header turns or mirrors them, or that hold a cover picture beside the film."""
import struct
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition

#: Matrices of a header: a b c d, where x' = a x + c y and y' = b x + d y; and the same by NumPy.
WAYS_UP = {
    'as stored': ((1, 0, 0, 1), lambda image: image),
    'quarter turn right': ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
    'half turn': ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
    'quarter turn left': ((0, -1, 1, 0), np.rot90),
    'mirrored': ((-1, 0, 0, 1), np.fliplr),
    'upside down': ((1, 0, 0, -1), np.flipud),
    'mirrored, turned left': ((0, -1, -1, 0), lambda image: np.rot90(np.flipud(image))),
    'transposed': ((0, 1, 1, 0), lambda image: image.swapaxes(0, 1)),
}


def corners(size=(48, 80)):
    """A picture whose corners are white, red, green and blue."""
    image = np.full((*size, 3), 90, np.uint8)
    image[:16, :16], image[:16, -16:] = 255, (255, 0, 0)
    image[-16:, :16], image[-16:, -16:] = (0, 255, 0), (0, 0, 255)
    return image


@pytest.fixture
def turned_video(tmp_path, square_video):
    """Writes an mp4 of stored frames that its header turns, as phones do; return its path."""

    def write(way, frames):
        path = tmp_path / f'{way}.mp4'
        square_video.write(path, frames)
        data = bytearray(path.read_bytes())
        start = data.index(b'tkhd') + 4 + 40  # the matrix of a track header of version 0
        a, b, c, d = (number << 16 for number in WAYS_UP[way][0])
        data[start:start + 36] = struct.pack('>9i', a, b, 0, c, d, 0, 0, 0, 1 << 30)
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def covered_video(tmp_path):
    """Writes a film of ten frames after a cover picture, or the cover alone; return its path."""

    def write(name, film=True):
        path = tmp_path / name
        cover = cv2.imencode('.jpg', np.full((90, 90, 3), (0, 0, 255), np.uint8))[1].tobytes()
        with av.open(str(path), 'w') as container:
            picture = container.add_stream('mjpeg', rate=1)
            picture.height = picture.width = 90
            picture.pix_fmt, picture.disposition = 'yuvj420p', Disposition.attached_pic
            if film:
                stream = container.add_stream('libx264', rate=25)
                stream.height, stream.width, stream.pix_fmt = 64, 80, 'yuv420p'
            container.start_encoding()
            packet = av.Packet(cover)
            packet.stream, packet.pts, packet.dts = picture, 0, 0
            packet.time_base = Fraction(1, 25)
            container.mux(packet)
            for index in range(10 if film else 0):
                image = np.full((64, 80, 3), 20 * index, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='rgb24')))
            if film:
                container.mux(stream.encode())
        return path

    return write
