"""Whether training does what it should: gradients by part, and where the token search looks."""
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import nn

from ..models.layers.token_search import SearchedTokens, TokenSearch
from ..unwrapping import unwrap_model

# Of offset_range: beyond it, tanh passes less than a tenth of the gradient on.
SATURATED = 0.95

# Part -> what the name of its parameters contains; the first that fits counts.
_PARTS = {
    'backbone': ('.backbone.', ),
    'pose_tokens': ('.pose_tokens.', ),
    'rgb_tokens': ('.rgb_tokens.', '.time_embed'),
    'modal_tokens': ('.modal_tokens.', ),
    'search': ('.search.', ),
    'ffn': ('.ffn.', ),
    'deformable': ('.deformable.', ),
    'joint': ('.joint.', ),
    'temporal': ('.temporal.', ),
    'cls_merge': ('.cls_merge.', ),
    'head': ('cls_head.', ),
}


class OffsetStatistics(NamedTuple):
    """What one block's token search did with some clips.

    Attributes:
        deviation (tuple[float]): Standard deviation of the offsets dp along (x, y, z) over tokens
            and clips, in normalised coordinates, where the volume is 2 wide.
        saturated (float): Share of the offsets, of all axes, with |dp| > 0.95 offset_range.
        outside (float): Share of the searched positions that leave the volume, |p + dp| > 1 on any
            axis, and take the border's token.
    """
    deviation: tuple[float, float, float]
    saturated: float
    outside: float


class OffsetWatch:
    """Sums up the offsets of every :class:`TokenSearch` of a model until it is removed.

    Args:
        model (nn.Module): Any model; without a token search nothing is watched.
    """

    def __init__(self, model: nn.Module) -> None:
        searches = [m for m in model.modules() if isinstance(m, TokenSearch)]
        self._sums: list[Sequence[torch.Tensor]] = [() for _ in searches]
        self._handles = [
            module.register_forward_hook(
                lambda module, _, searched, block=block: self._add(block, module, searched))
            for block, module in enumerate(searches)
        ]

    def _add(self, block: int, module: TokenSearch, searched: SearchedTokens) -> None:
        offsets = searched.offsets.detach().flatten(0, 1).double()  # (B P) x 3
        positions = searched.positions.detach().flatten(0, 1)
        new = (offsets.new_tensor(len(offsets)), offsets.sum(dim=0), (offsets**2).sum(dim=0),
               (offsets.abs() > SATURATED * module.offset_range).sum(), (positions.abs()
                                                                         > 1).any(dim=1).sum())
        old = self._sums[block]
        self._sums[block] = tuple(a + b for a, b in zip(old, new)) if old else new

    def statistics(self) -> list[OffsetStatistics]:
        """Statistics since the start, one entry a block; empty where no block has searched."""
        result = []
        for count, total, squares, saturated, outside in filter(None, self._sums):
            variance = squares / count - (total / count)**2
            result.append(
                OffsetStatistics(tuple(variance.clamp(min=0).sqrt().tolist()),
                                 (saturated / (3 * count)).item(), (outside / count).item()))
        return result

    def remove(self) -> None:
        """Stop to watch."""
        for handle in self._handles:
            handle.remove()


def offset_statistics(model: nn.Module, batches: Iterable[dict]) -> list[OffsetStatistics]:
    """Measure the token search of a trained model over a data set.

    Args:
        model (nn.Module): A recogniser, possibly wrapped; it is left in the mode it was in.
        batches (iterable[dict]): What its data loader hands out.

    Returns:
        list[OffsetStatistics]: One entry a block, over all clips; empty without a token search.
    """
    training, watch = model.training, OffsetWatch(model)
    model.eval()
    try:
        with torch.no_grad():
            for batch in batches:
                model.test_step(batch)
    finally:
        watch.remove()
        model.train(training)
    return watch.statistics()


def gradient_norms(model: nn.Module, scale: float = 1.) -> dict[str, float]:
    """Euclidean norms of the gradients that a model's parameters hold.

    Args:
        model (nn.Module): Any model, possibly wrapped.
        scale (float): Factor that the loss was multiplied by, as mixed precision does.

    Returns:
        dict[str, float]: Norm by part, over all blocks: of ``backbone``, ``pose_tokens``,
        ``rgb_tokens`` (with the time embedding), ``modal_tokens``, ``search``, ``ffn`` (of all
        three attentions), ``deformable``, ``joint``, ``temporal``, ``cls_merge``, ``head`` and
        ``other`` those that the model has and trains. Their squares add up to that of the whole
        gradient.
    """
    norms: dict[str, list[torch.Tensor]] = {}
    for name, parameter in unwrap_model(model).named_parameters():
        if parameter.requires_grad:
            of_part = norms.setdefault(_part(name), [])
            if parameter.grad is not None:
                of_part.append(parameter.grad.norm())
    return {
        part: torch.stack(found).norm().item() / scale if found else 0.
        for part, found in norms.items()
    }


def _part(name: str) -> str:
    """Which part a parameter of a recogniser belongs to."""
    # Of `backbone.backbone.stem.0.weight`, the first word is the transformer.
    return next((part for part, keys in _PARTS.items() if any(key in name for key in keys)),
                'other')
