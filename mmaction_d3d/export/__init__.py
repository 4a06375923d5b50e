"""Trained models as files that need neither MMAction2 nor this package."""
from .about import about_model
from .graph import export_graph, largest_difference
from .write import FORMATS, write_model

__all__ = ['FORMATS', 'about_model', 'export_graph', 'largest_difference', 'write_model']
