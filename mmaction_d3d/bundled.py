"""Where the configs, tools and requirements lie: in the checkout, or in an installed package.

Needs the standard library only: the command that says what is missing reads it, too.
"""
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

#: Folder with ``configs``, ``tools`` and ``requirements``: ``.mim`` in a wheel, where MIM looks.
ROOT = _PACKAGE / '.mim' if (_PACKAGE / '.mim').is_dir() else _PACKAGE.parent

_PREFIX = 'mmaction_d3d::'


def is_bundled(name: str) -> bool:
    """Whether a config is named as one of this package: ``mmaction_d3d::d3d_ntu60_xsub.py``."""
    return name.startswith(_PREFIX)


def bundled_config(name: str) -> str:
    """Return the path of a config of this package; any other name is a path already."""
    return str(ROOT / 'configs' / name.removeprefix(_PREFIX)) if is_bundled(name) else name
