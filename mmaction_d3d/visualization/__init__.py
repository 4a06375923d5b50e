"""Pictures of what the model gets, of what it looks at and of what came out."""
from .clip_sheet import ClipView, clip_video, contact_sheet, view_clip
from .overlay import figure_array
from .pictures import Picture, all_pictures, picture

__all__ = [
    'ClipView', 'Picture', 'all_pictures', 'clip_video', 'contact_sheet', 'figure_array', 'picture',
    'view_clip'
]
