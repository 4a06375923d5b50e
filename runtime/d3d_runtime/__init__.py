"""Runs models that mmaction_d3d exported as ONNX, without PyTorch."""
from ._shared.errors import InputError
from .recognizer import Answer, Recognizer
from .version import __version__

__all__ = ['Answer', 'InputError', 'Recognizer', '__version__']
