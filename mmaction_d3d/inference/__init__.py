"""From a video to a labelled, explained result."""
from .inferencer import D3DInferencer

__all__ = ['D3DInferencer']
