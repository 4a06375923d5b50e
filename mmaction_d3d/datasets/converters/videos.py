"""What a video holds, found by decoding all of it."""
from dataclasses import dataclass

import av


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
