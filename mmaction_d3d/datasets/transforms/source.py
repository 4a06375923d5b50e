"""Naming a sample in messages."""

from collections.abc import Mapping
from typing import Any


def source(results: Mapping[str, Any]) -> str:
    """Return the file or folder that a sample of a pipeline came from."""
    return results.get('filename') or results.get('img_dir') or results.get(
        'frame_dir') or 'pipeline'
