"""Name and label of a clip."""
from collections.abc import Mapping
from typing import Any

from mmaction.structures import ActionDataSample

from ..errors import InputError


def clip_name(meta: Mapping[str, Any]) -> str | None:
    """Return a clip's name out of its meta information, None where it has none."""
    name = meta.get('frame_dir') or meta.get('filename') or meta.get('img_dir')
    return None if name is None else str(name)


def label_of(sample: ActionDataSample) -> int:
    """Return the label of a clip.

    Raises:
        InputError: It has several.
    """
    if sample.gt_label.numel() != 1:
        raise InputError(f'clip {clip_name(sample.metainfo)}', 'gt_label', 'several labels',
                         'one label, for this command')
    return int(sample.gt_label)
