"""The model: registered parts and the layers they are made of."""
from .backbones import D3DTransformer, R2Plus1D
from .data_preprocessors import D3DDataPreprocessor
from .heads import D3DHead
from .recognizers import D3DRecognizer

__all__ = ['D3DDataPreprocessor', 'D3DHead', 'D3DRecognizer', 'D3DTransformer', 'R2Plus1D']
