"""Videos to measure on, drawn: a texture that moves, so that every frame costs its codec work."""
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np


def moving_texture(frames: int, size: tuple[int, int]) -> Iterator[np.ndarray]:
    """Yield H x W x 3 uint8 frames of noise in several sizes that moves, and a box over it."""
    height, width = size
    random = np.random.default_rng(0)
    texture = np.zeros((height + 64, width + 64, 3), np.float32)
    for cells in (6, 24, 96):
        noise = random.uniform(0, 85, (cells, cells * width // height, 3)).astype(np.float32)
        texture += cv2.resize(noise, texture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    picture = texture.clip(0, 255).astype(np.uint8)
    for index in range(frames):
        x, y = index * 3 % 64, index * 2 % 64
        frame = picture[y:y + height, x:x + width].copy()
        left = index * 7 % (width - width // 8)
        cv2.rectangle(frame, (left, height // 4), (left + width // 8, 3 * height // 4),
                      (20, 200, 90), -1)
        yield frame


def write_video(path: str | Path, frames: int, size: tuple[int, int], gop: int = 250) -> None:
    """Write an H.264 video as cameras and sites do, with B-frames.

    Args:
        path: The file.
        frames: As many.
        size: Height and width.
        gop: Frames from one key frame to the next, at most.
    """
    import av
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=Fraction(30))
        stream.height, stream.width, stream.pix_fmt = *size, 'yuv420p'
        stream.options = dict(preset='veryfast', crf='23', g=str(gop), bf='3')
        for image in moving_texture(frames, size):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='rgb24')))
        container.mux(stream.encode())
