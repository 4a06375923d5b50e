"""Recogniser."""
from .d3d_recognizer import D3DRecognizer

__all__ = ['D3DRecognizer']
