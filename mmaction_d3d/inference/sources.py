"""What a video or frame folder holds, and reading it frame by frame."""
import os
import re
from dataclasses import dataclass
from fractions import Fraction

import av
import cv2

from ..datasets.transforms.decoding import video_frames
from ..errors import InputError

_NUMBERED = re.compile(r'(.*?)(\d+)(\.\w+)')
FOLDER_FPS = 25  # of frame folders, which do not say it


@dataclass(frozen=True)
class VideoInfo:
    """What a source holds.

    Attributes:
        frames: Number of frames.
        height, width: Pixels.
        fps: Frames a second.
    """
    frames: int
    height: int
    width: int
    fps: Fraction


def pipeline_fields(source):
    """What a pipeline needs to read a source.

    Args:
        source (Media): A video or frame folder, of :mod:`mmaction_d3d.extraction`.

    Raises:
        InputError: The frames of a folder are not numbered without a gap.
    """
    if source.images is None:
        return dict(filename=source.path, start_index=0)
    names = [os.path.basename(path) for path in source.images]
    first = _NUMBERED.fullmatch(names[0])
    if first is not None:
        prefix, suffix = (text.replace('{', '{{').replace('}', '}}') for text in first.group(1, 3))
        tmpl, start = f'{prefix}{{:0{len(first[2])}}}{suffix}', int(first[2])
        if names == [tmpl.format(start + index) for index in range(len(names))]:
            return dict(img_dir=source.path, frame_tmpl=tmpl, start_index=start)
    raise InputError(source.path, 'frames', f'{len(names)} images from {names[0]} to {names[-1]}',
                     'images numbered without a gap, such as img_00001.jpg, img_00002.jpg, ...')


def probe(source, folder_fps=FOLDER_FPS):
    """Read how long and large a source is: a video's packets are counted, not decoded.

    Args:
        source (Media): A video or frame folder.
        folder_fps (float): Frames a second of a frame folder. Defaults to 25.

    Returns:
        VideoInfo: What it holds.

    Raises:
        InputError: It has no pictures, or its frames are not numbered without a gap.
    """
    if source.images is None:
        return _probe_video(source)
    pipeline_fields(source)
    height, width = _read_image(source.images[0]).shape[:2]
    fps = Fraction(folder_fps).limit_denominator(1001)
    return VideoInfo(len(source.images), height, width, fps)


def _probe_video(source):
    path, want = source.path, 'a video that can be decoded'
    try:
        with av.open(path) as container:
            if not container.streams.video:
                kinds = ', '.join(sorted({one.type for one in container.streams})) or 'nothing'
                raise InputError(path, 'video', f'no picture stream ({kinds} only)', want)
            stream = container.streams.video[0]
            height, width = stream.height, stream.width
            fps = stream.average_rate or stream.guessed_rate or Fraction(FOLDER_FPS)
            frames = sum(packet.size > 0 for packet in container.demux(stream))
    except InputError:
        raise
    except Exception as error:  # PyAV has many kinds
        reason = ' '.join(str(error).split()).replace(path, 'the file')
        raise InputError(path, 'video', f'{type(error).__name__} ({reason})', want) from error
    if not frames or not height:
        raise InputError(path, 'video', 'no frame', want)
    return VideoInfo(frames, height, width, fps)


def readable_frames(source):
    """Yield, for each frame in order, a function that gives it as H x W x 3 uint8 RGB.

    Only the frame at hand is in memory, and only one that is asked for becomes RGB. Ends where a
    video can be decoded no further.
    """
    if source.images is not None:
        for path in source.images:
            yield lambda path=path: _read_image(path)
        return
    frames = video_frames(source.path)
    try:
        yield from frames
    except Exception:  # of many kinds; the frames before it count, as in training
        return
    finally:
        frames.close()


def _read_image(path):
    image = cv2.imread(path)
    if image is None:
        raise InputError(path, 'image', 'a file that cannot be decoded', 'an image')
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
