"""Skeletons: joint layouts, conversion between them, and people linked over time."""
from . import standard_layouts  # noqa: F401 - registers the layouts
from .conversion import convert_joints
from .layouts import LAYOUTS, SkeletonLayout, get_layout, layout_by_number, register_layout
from .linking import clean, keep_people_in_boxes, link_people

__all__ = [
    'LAYOUTS', 'SkeletonLayout', 'clean', 'convert_joints', 'get_layout', 'keep_people_in_boxes',
    'layout_by_number', 'link_people', 'register_layout'
]
