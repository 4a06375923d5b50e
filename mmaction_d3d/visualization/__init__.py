"""Pictures of what the model gets, of what it looks at and of what came out."""
from .clip_sheet import clip_video, contact_sheet
from .figure import figure_array, write_picture
from .pictures import Picture, all_pictures, picture

__all__ = [
    'Picture', 'all_pictures', 'clip_video', 'contact_sheet', 'figure_array', 'picture',
    'write_picture'
]
