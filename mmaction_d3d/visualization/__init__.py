"""Pictures of what the model gets and of what it looks at."""
from .attention_maps import AttentionMaps, attention_maps
from .clip_sheet import ClipView, clip_video, contact_sheet, view_clip
from .explain import Explanation, explain_clip
from .overlay import draw_overlay

__all__ = ['AttentionMaps', 'ClipView', 'Explanation', 'attention_maps', 'clip_video',
           'contact_sheet', 'draw_overlay', 'explain_clip', 'view_clip']
