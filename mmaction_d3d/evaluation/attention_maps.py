"""Attention of one clip, as the paper's figures 5 and 6 show it."""
from typing import Any, TypeVar

import numpy as np
import torch
from mmaction.models.recognizers import BaseRecognizer
from torch import Tensor

from ..errors import InputError
from ..models.layers import AttentionRecord, DeformableMaps, JointMaps, Selection
from ..models.layers.deformable_maps import CELL

__all__ = [
    'CELL', 'AttentionMaps', 'DeformableMaps', 'JointMaps', 'Selection', 'attention_maps',
    'cell_heat'
]

Maps = TypeVar('Maps')


class AttentionMaps:
    """What one clip's prediction looked at, by kind.

    Args:
        *records: What the attentions of a block record: :class:`DeformableMaps`,
            :class:`JointMaps`, or what another attention's ``records`` names.
    """

    def __init__(self, *records: Any) -> None:
        self._records = {type(record): record for record in records}

    def get(self, kind: type[Maps]) -> Maps | None:
        """Return the maps of a kind; None where the model has none."""
        return self._records.get(kind)

    def of(self, kind: type[Maps]) -> Maps:
        """Return the maps of a kind.

        Raises:
            InputError: The model has none.
        """
        if kind not in self._records:
            raise InputError('model', 'attentions', f'none that records {kind.__name__}',
                             'a model with one that does')
        return self._records[kind]

    def with_maps(self, record: Any) -> 'AttentionMaps':
        """Return the same with another record of its kind."""
        return AttentionMaps(*(self._records | {type(record): record}).values())


@torch.no_grad()
def attention_maps(model: BaseRecognizer, imgs: Tensor, keypoint: Tensor,
                   selection: Selection = Selection()) -> AttentionMaps:
    """Run the transformer once and keep its attention.

    Args:
        model: A recogniser whose ``backbone`` is a ``D3DTransformer``; it stays in its mode.
        imgs: One normalised clip, 3 x T x H x W.
        keypoint: Its joints, T x R x 3.
        selection: What to show. Defaults to the last block, the mean over heads and the queries
            M_RGB and M_CLS of all frames.

    Returns:
        The maps, on the CPU.

    Raises:
        InputError: The model has no attention that records any, or not the selected one.
    """
    record, training = AttentionRecord(), model.training
    model.eval()
    try:
        model.backbone(imgs.unsqueeze(0), keypoint.unsqueeze(0), record=record)
    finally:
        model.train(training)
    if not any(record.blocks):
        raise InputError('model', 'attentions', 'none that records maps',
                         'a model with one, as deformable or joint attention')
    if not -len(record.blocks) <= selection.block < len(record.blocks):
        raise InputError('model', 'block', selection.block, f'0 to {len(record.blocks) - 1}')
    return AttentionMaps(*(entry.select(selection, imgs.shape[1])
                           for entry in record.blocks[selection.block]))


def cell_heat(cells: np.ndarray, height: int, width: int) -> np.ndarray:
    """Give each pixel the value of the nearest cell, without smoothing.

    Args:
        cells: H/8 x W/8; cell i is centred on pixel 8 i.
        height: H.
        width: W.

    Returns:
        H x W.
    """
    row, column = ((np.arange(side) + CELL // 2) // CELL for side in (height, width))
    return cells[np.ix_(row.clip(max=len(cells) - 1), column.clip(max=cells.shape[1] - 1))]
