"""Skeletons of any video, as annotations that the data sets read."""
from ..media import Media, find_media
from .backends import BACKENDS, SkeletonBackend, first_backend, register_backend
from .boxes import GivenBoxes, WholeFrame
from .detector import DetectedPeople
from .extractor import SkeletonExtractor
from .mediapipe_backend import MediaPipeBackend
from .mmpose_backend import MMPoseBackend
from .onnx_backend import ONNXBackend

__all__ = [
    'BACKENDS', 'DetectedPeople', 'GivenBoxes', 'MMPoseBackend', 'Media', 'MediaPipeBackend',
    'ONNXBackend', 'SkeletonBackend', 'SkeletonExtractor', 'WholeFrame', 'find_media',
    'first_backend', 'register_backend'
]
