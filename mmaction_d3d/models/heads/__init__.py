"""Classification head."""
from .d3d_head import D3DHead

__all__ = ['D3DHead']
