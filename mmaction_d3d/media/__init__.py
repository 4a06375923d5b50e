"""Videos and frame folders: found, probed, read and written, here and nowhere else."""
from .backends import video_frames
from .find import Media, as_media, files_by_name, find_media, tell_apart
from .index import MediaIndex, locate_frames, locate_video
from .memory import array_of, frames_in_memory, grey_frames, is_array
from .probe import MediaInfo, probe
from .read import (
    Frames,
    ImageFiles,
    frames_of,
    numbered_images,
    read_image,
    read_video,
)
from .video import DEFAULT_FPS, DecodingError, Frame, Video
from .write import (
    FRAME_BY_FRAME,
    KEEPING,
    VIEWING,
    H264Writer,
    h264_writer,
    write_slow_video,
    write_video,
)

__all__ = [
    'DEFAULT_FPS', 'DecodingError', 'FRAME_BY_FRAME', 'Frame', 'Frames', 'H264Writer', 'ImageFiles',
    'KEEPING', 'Media', 'MediaIndex', 'MediaInfo', 'VIEWING', 'Video', 'array_of', 'as_media',
    'files_by_name', 'find_media', 'frames_in_memory', 'frames_of', 'grey_frames', 'h264_writer',
    'is_array', 'locate_frames', 'locate_video', 'numbered_images', 'probe', 'read_image',
    'read_video', 'tell_apart', 'video_frames', 'write_slow_video', 'write_video'
]
