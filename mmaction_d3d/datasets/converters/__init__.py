"""Published data sets as annotation pickles that :class:`RGBPoseDataset` reads."""
from .command_line import add_converter_arguments, convert
from .common import DropReport

__all__ = ['DropReport', 'add_converter_arguments', 'convert']
