"""Pictures of what the model gets, of what it looks at and of what came out."""
from .attention_maps import AttentionMaps, Selection, attention_maps
from .clip_sheet import ClipView, clip_video, contact_sheet, view_clip
from .explain import Explanation, explain_clip, explain_packed
from .joint_chart import joint_chart
from .offset_field import offset_field
from .overlay import attention_frames, attention_sheet, figure_array

__all__ = [
    'AttentionMaps', 'ClipView', 'Explanation', 'Selection', 'attention_frames', 'attention_maps',
    'attention_sheet', 'clip_video', 'contact_sheet', 'explain_clip', 'explain_packed',
    'figure_array', 'joint_chart', 'offset_field', 'view_clip'
]
