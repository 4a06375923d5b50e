"""Skeletons: joint layouts, conversion between them, and people linked over time."""
from .conversion import OPENPOSE_JOINTS, convert_joints
from .layouts import LAYOUTS, SkeletonLayout, get_layout, layout_by_number, register_layout
from .linking import clean, keep_people_in_boxes, link_people

__all__ = [
    'LAYOUTS', 'OPENPOSE_JOINTS', 'SkeletonLayout', 'clean', 'convert_joints', 'get_layout',
    'keep_people_in_boxes', 'layout_by_number', 'link_people', 'register_layout'
]
