"""What data a model was trained on, in one line."""
from pathlib import Path
from typing import Any

from ..unwrapping import unwrap_datasets

_LONGEST = 100


def describe_data(dataset: Any) -> str:
    """Name the data and count the clips of a data set.

    Args:
        dataset: One that was built, wrapped or not.

    Returns:
        Such as ``drawn clips (make_synthetic.py), 480 clips``: what the annotation file says of
        itself under ``source``, else its folder and name.
    """
    parts = []
    for _, part in unwrap_datasets(dataset):
        path = Path(str(getattr(part, 'ann_file', type(part).__name__)))
        name = getattr(part, 'source', None) or '/'.join(path.parts[-2:])
        parts.append(f'{one_line_of(name)}, {len(part)} clips')
    return ' and '.join(parts)


def one_line_of(text: str) -> str:
    """Return a stranger's text as one short line."""
    text = ' '.join(text.split())
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]}...'
