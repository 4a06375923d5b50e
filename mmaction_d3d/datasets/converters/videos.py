"""Which videos a folder has; what a video holds, found by decoding all of it."""
import os
from dataclasses import dataclass

import av

from ...errors import InputError
from ..media_index import VIDEO_SUFFIXES


@dataclass
class Probe:
    """A video's frames and size.

    Attributes:
        frames: Frames that decode; 0 for a file that is no video.
        height, width: Of the first frame, pixels.
        problem: Why not all frames decode, else ``''``.
    """
    frames: int = 0
    height: int = 0
    width: int = 0
    problem: str = ''


def probe_video(path):
    """Decode a video and count its frames: headers may announce frames that do not decode.

    Args:
        path (str): The video.

    Returns:
        Probe: What it holds; errors are told in it, not raised.
    """
    probe = Probe()
    try:
        with av.open(path) as container:
            if not container.streams.video:
                return Probe(problem='no picture stream')
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1   # as many processes as there are CPUs probe
            for frame in container.decode(stream):
                if not probe.frames:
                    probe.height, probe.width = frame.height, frame.width
                probe.frames += 1
            if probe.frames < stream.frames:
                probe.problem = f'{probe.frames} of {stream.frames} announced frames decode'
    except Exception as error:   # PyAV has many kinds; what decoded before counts
        reason = ' '.join(str(error).split())
        probe.problem = f'{type(error).__name__} ({reason.replace(path, "the file")})'
    return probe


def find_videos(root):
    """Find the videos of a folder, at any depth.

    Returns:
        dict[str, str]: Paths by name without suffix.

    Raises:
        InputError: There is no such folder, or two videos have one name.
    """
    if not os.path.isdir(root):
        raise InputError(root, 'folder', 'no such folder', 'a folder with videos')
    found = {}
    for folder, folders, files in os.walk(root, followlinks=True):
        folders.sort()
        for file in sorted(files):
            name, suffix = os.path.splitext(file)
            path = os.path.join(folder, file)
            if suffix.lower() in VIDEO_SUFFIXES and found.setdefault(name, path) != path:
                raise InputError(path, 'name', f'that of {found[name]}, too', 'one video of a name')
    return found
