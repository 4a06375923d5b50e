"""Pictures of what the model gets, of what it looks at and of what came out."""
from .clip_sheet import ClipView, clip_video, contact_sheet, view_clip
from .joint_chart import joint_chart
from .offset_field import offset_field
from .overlay import attention_frames, attention_sheet, figure_array

__all__ = [
    'ClipView', 'attention_frames', 'attention_sheet', 'clip_video', 'contact_sheet',
    'figure_array', 'joint_chart', 'offset_field', 'view_clip'
]
