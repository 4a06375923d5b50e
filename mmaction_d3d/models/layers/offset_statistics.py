"""What a token search does with clips, in a few numbers."""
from typing import NamedTuple

from torch import Tensor

from .token_search import SearchedTokens

# Of offset_range: beyond it, tanh passes less than a tenth of the gradient on.
SATURATED = 0.95


class OffsetStatistics(NamedTuple):
    """What one block's token search did with some clips.

    Attributes:
        deviation: Standard deviation of the offsets dp along (x, y, z) over tokens and clips, in
            normalised coordinates, where the volume is 2 wide.
        saturated: Share of the offsets, of all axes, with |dp| > 0.95 offset_range.
        outside: Share of the searched positions that leave the volume, |p + dp| > 1 on any axis,
            and take the border's token.
    """
    deviation: tuple[float, float, float]
    saturated: float
    outside: float


class OffsetSums:
    """Sums up the offsets of one search over batches."""

    def __init__(self) -> None:
        self._sums: tuple[Tensor, ...] = ()

    def add(self, searched: SearchedTokens) -> None:
        """Add what was searched in a batch."""
        offsets = searched.offsets.detach().flatten(0, 1).double()  # (B P) x 3
        positions = searched.positions.detach().flatten(0, 1)
        new = (offsets.new_tensor(len(offsets)), offsets.sum(dim=0), (offsets**2).sum(dim=0),
               (offsets.abs() > SATURATED * searched.offset_range).sum(), (positions.abs()
                                                                           > 1).any(dim=1).sum())
        self._sums = tuple(a + b for a, b in zip(self._sums, new)) if self._sums else new

    def statistics(self) -> OffsetStatistics | None:
        """Statistics since the start; None where nothing was searched."""
        if not self._sums:
            return None
        count, total, squares, saturated, outside = self._sums
        deviation = (squares / count - (total / count)**2).clamp(min=0).sqrt()
        return OffsetStatistics(tuple(deviation.tolist()), (saturated / (3 * count)).item(),
                                (outside / count).item())
