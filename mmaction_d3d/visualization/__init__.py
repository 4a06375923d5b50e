"""Pictures of what the model looks at."""
from .attention_maps import AttentionMaps, attention_maps
from .explain import Explanation, explain_clip
from .overlay import draw_overlay

__all__ = ['AttentionMaps', 'Explanation', 'attention_maps', 'draw_overlay', 'explain_clip']
