"""Published data sets as annotation pickles that :class:`RGBPoseDataset` reads."""
from .command_line import add_converter_arguments, convert

__all__ = ['add_converter_arguments', 'convert']
