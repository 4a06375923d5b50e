"""Data sets, their transforms, and joint layouts."""
from ..skeletons import LAYOUTS, SkeletonLayout, get_layout
from . import transforms
from .rgb_pose_dataset import RGBPoseDataset

__all__ = ['LAYOUTS', 'RGBPoseDataset', 'SkeletonLayout', 'get_layout', 'transforms']
