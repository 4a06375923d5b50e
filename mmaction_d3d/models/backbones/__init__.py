"""Feature extractor and transformer."""
from .d3d_transformer import D3DTransformer
from .r2plus1d import R2Plus1D

__all__ = ['D3DTransformer', 'R2Plus1D']
