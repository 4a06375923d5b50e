"""From a video to a labelled, explained result."""
from .inferencer import D3DInferencer
from .load import D3D, load
from .result import Recognition

__all__ = ['D3D', 'D3DInferencer', 'Recognition', 'load']
