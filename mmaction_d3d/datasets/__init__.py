"""Data sets, their transforms, and joint layouts."""
from . import transforms
from .rgb_pose_dataset import RGBPoseDataset
from ..skeletons import LAYOUTS, SkeletonLayout, get_layout

__all__ = ['LAYOUTS', 'RGBPoseDataset', 'SkeletonLayout', 'get_layout', 'transforms']
