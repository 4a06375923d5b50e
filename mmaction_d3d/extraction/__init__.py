"""Skeletons of any video, as annotations that the data sets read."""
from ..media import Media, find_media
from .boxes import GivenBoxes, WholeFrame
from .detector import DetectedPeople
from .extractor import SkeletonExtractor
from .mediapipe_backend import MediaPipeBackend
from .mmpose_backend import MMPoseBackend

__all__ = ['DetectedPeople', 'GivenBoxes', 'MMPoseBackend', 'Media', 'MediaPipeBackend',
           'SkeletonExtractor', 'WholeFrame', 'find_media']
