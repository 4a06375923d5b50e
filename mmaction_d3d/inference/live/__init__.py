"""Recognition of what is being filmed: at real speed, by the newest frames."""
from .recognize import LiveOptions, LiveView, recognize_live
from .source import LiveSource, open_source

__all__ = ['LiveOptions', 'LiveSource', 'LiveView', 'open_source', 'recognize_live']
