"""Synthetic RGB+pose clips in which neither skeletons nor single frames suffice."""
from .clips import CLASSES, Clip, caps
from .generate import generate
from .motions import MOTIONS
from .render import OBJECTS

__all__ = ['CLASSES', 'MOTIONS', 'OBJECTS', 'Clip', 'caps', 'generate']
