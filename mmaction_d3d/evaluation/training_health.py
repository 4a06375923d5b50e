"""Whether training does what it should: gradients by part, and where the token search looks."""
from collections.abc import Iterable

import torch
from mmengine.model import BaseModel, MMDistributedDataParallel
from torch import Tensor, nn

from ..models.layers import D3DBlock, TokenSearch
from ..models.layers.offset_statistics import OffsetStatistics, OffsetSums
from ..unwrapping import unwrap_model

# The beginning of a parameter's name -> its part, outside of blocks.
_PARTS = {
    'backbone.backbone.': 'backbone', 'backbone.pose_tokens.': 'pose_tokens',
    'backbone.rgb_tokens.': 'rgb_tokens', 'backbone.time_embed': 'rgb_tokens',
    'backbone.modal_tokens.': 'modal_tokens', 'cls_head.': 'head'
}


class OffsetWatch:
    """Sums up the offsets of every :class:`TokenSearch` of a model until it is removed.

    Args:
        model: Any model; without a token search nothing is watched.
    """

    def __init__(self, model: nn.Module) -> None:
        searches = [module for module in model.modules() if isinstance(module, TokenSearch)]
        self._sums = [OffsetSums() for _ in searches]
        self._handles = [
            search.register_forward_hook(lambda module, _, searched, sums=sums: sums.add(searched))
            for search, sums in zip(searches, self._sums)
        ]

    def statistics(self) -> list[OffsetStatistics]:
        """Statistics since the start, one entry a block; empty where no block has searched."""
        return [block for sums in self._sums if (block := sums.statistics()) is not None]

    def remove(self) -> None:
        """Stop to watch."""
        for handle in self._handles:
            handle.remove()


def offset_statistics(model: BaseModel | MMDistributedDataParallel,
                      batches: Iterable[dict]) -> list[OffsetStatistics]:
    """Measure the token search of a trained model over a data set.

    Args:
        model: A recogniser, possibly wrapped; it is left in the mode it was in.
        batches: What its data loader hands out.

    Returns:
        One entry a block, over all clips; empty without a token search.
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
        model: Any model, possibly wrapped.
        scale: Factor that the loss was multiplied by, as mixed precision does.

    Returns:
        Norm by part, over all blocks: of ``backbone``, ``pose_tokens``, ``rgb_tokens`` (with the
        time embedding), ``modal_tokens``, each attention by its name, each of its ``parts`` such as
        ``search`` and ``ffn`` (of all attentions), ``cls_merge``, ``head`` and ``other`` those
        that the model has and trains. Their squares add up to that of the whole gradient.
    """
    model = unwrap_model(model)
    norms: dict[str, list[Tensor]] = {}
    parts = _PARTS | _block_parts(model)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            longest = max(filter(name.startswith, parts), key=len, default='')
            of_part = norms.setdefault(parts.get(longest, 'other'), [])
            if parameter.grad is not None:
                of_part.append(parameter.grad.norm())
    return {
        part: torch.stack(gradients).norm().item() / scale if gradients else 0.
        for part, gradients in norms.items()
    }


def _block_parts(model: nn.Module) -> dict[str, str]:
    """Find the same for what lies in blocks: attentions, what they count apart, and the merge."""
    parts = {}
    for place, block in model.named_modules():
        if isinstance(block, D3DBlock):
            parts[f'{place}.cls_merge.'] = 'cls_merge'
            for name, attention in block.attentions.items():
                parts[f'{place}.{name}.'] = name
                parts.update({f'{place}.{name}.{part}.': part for part in attention.parts})
    return parts
