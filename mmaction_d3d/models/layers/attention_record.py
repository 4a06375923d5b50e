"""Attention maps that are computed only when asked for."""
from typing import Any, NamedTuple, Protocol, TypeVar

from torch import Tensor

from ...errors import InputError

Kind = TypeVar('Kind')


class Selection(NamedTuple):
    """Which attention to show.

    Attributes:
        block: Block, from 0; -1 is the last one.
        head: Head, from 0; None is the mean over heads.
        query: ``'rgb'`` or ``'cls'`` for the queries M_RGB or M_CLS; None is both.
        frame: Frame of the queries; None is all of them.
    """
    block: int = -1
    head: int | None = None
    query: str | None = None
    frame: int | None = None

    def of_heads(self, maps: Tensor) -> Tensor:
        """Return the selected head, or the mean over heads, of B x heads x ...: B x ..."""
        if self.head is None:
            return maps.mean(dim=1)
        if not 0 <= self.head < maps.shape[1]:
            raise InputError('model', 'head', self.head, f'0 to {maps.shape[1] - 1}')
        return maps[:, self.head]


class BlockRecord(Protocol):
    """What one attention of one block looked at, over a batch."""

    def select(self, selection: Selection, frames: int) -> Any:
        """Return the maps of the first clip, on the CPU, of the type that it ``records``.

        Args:
            selection: What to show.
            frames: Frames of the clip; Z may have fewer.
        """


class AttentionRecord:
    """Collects what the attentions of one forward pass looked at.

    Pass it to ``D3DTransformer.forward``. A new kind of maps is a :class:`BlockRecord` that its
    attention adds, and the type that this selects, which the attention names in ``records``.

    Attributes:
        blocks: The records of each block.
    """

    def __init__(self) -> None:
        self.blocks: list[list[BlockRecord]] = []

    def start_block(self) -> None:
        """Take what is added from here on for the next block's."""
        self.blocks.append([])

    def add(self, record: BlockRecord) -> None:
        """Keep what an attention of the current block looked at."""
        if not self.blocks:
            self.start_block()
        self.blocks[-1].append(record)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Return the records of a type, in the order of the blocks."""
        return [record for block in self.blocks for record in block if isinstance(record, kind)]
