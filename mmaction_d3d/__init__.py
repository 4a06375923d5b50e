"""3D Deformable Transformer for action recognition from RGB video and human poses.

Importing it registers everything it holds with MMAction2 and mends what upstream breaks.
"""
from typing import TYPE_CHECKING, Any

from .version import __version__

try:
    from . import compat
    compat.apply()  # before the imports below: they import MMAction2's models
    from . import datasets, engine, models, plugins
except Exception as error:  # of any kind: packages that do not fit fail in many ways
    from .environment import explain
    explain(error)
    raise

if TYPE_CHECKING:
    from .inference import load

__all__ = ['__version__', 'compat', 'datasets', 'engine', 'load', 'models', 'plugins']

plugins.load_plugins()  # last: they import this package


def __getattr__(name: str) -> Any:
    """Find ``load`` when it is asked for: most who import this train."""
    if name == 'load':
        from .inference import load
        return load
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
