"""Data preprocessor."""
from .d3d_data_preprocessor import D3DDataPreprocessor

__all__ = ['D3DDataPreprocessor']
