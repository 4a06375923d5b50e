"""Parameters and multiply-adds of a model by part."""
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import torch
from mmaction.models.recognizers import MMRecognizer3D
from mmaction.registry import MODELS
from torch import nn
from torch._subclasses import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from ..models.backbones import D3DTransformer
from ..models.layers import AttentionLayer, D3DBlock
from ..models.layers.windows import cached_windows

aten = torch.ops.aten


class Part(NamedTuple):
    """Cost of a part of the model: parameters, and multiply-adds of one clip."""
    parameters: int
    macs: int

    def plus(self, other: 'Part', sign: int = 1) -> 'Part':
        """Return the sum of two parts, or with ``sign`` -1 their difference."""
        return Part(self.parameters + sign * other.parameters, self.macs + sign * other.macs)


class Macs(NamedTuple):
    """Multiply-adds of one call.

    Attributes:
        total: All of them.
        attention: Those of fused attention: queries times keys, and attention times values.
        modules: Those of each submodule that was called, with all inside it.
    """
    total: int
    attention: int
    modules: dict[str, int]


def _attention_flop(query: Sequence[int], key: Sequence[int], value: Sequence[int], *args: Any,
                    out_shape: Any = None, **kwargs: Any) -> int:
    return sdpa_flop_count(query, key, value)


def _embedding_bag_flop(weight: Sequence[int], indices: Sequence[int], *args: Any,
                        out_shape: Any = None, **kwargs: Any) -> int:
    """Trilinear sampling: one multiply-add a corner and channel."""
    return 2 * indices[0] * weight[1]


# torch's counter knows neither fused attention on CPUs nor embedding_bag.
_EXTRA = {
    aten._scaled_dot_product_flash_attention_for_cpu: _attention_flop, aten._embedding_bag:
    _embedding_bag_flop, aten._embedding_bag_forward_only: _embedding_bag_flop
}

# Names of modules to labels, in the table's order; those of attentions stand in between.
_FIRST = {'backbone.backbone': 'backbone', 'backbone.pose_tokens': 'pose tokens'}
_LAST = {'backbone': 'other tokens and CLS merge', 'cls_head': 'head'}
_OTHER_PARTS = {
    'backbone.rgb_path': 'RGB path', 'backbone.pose_path': 'pose path', 'backbone': 'backbone',
    'cls_head': 'head'
}


def _labels(model: nn.Module) -> dict[str, str]:
    """Names of the modules that are counted and their labels; what lies inside one counts apart."""
    if not isinstance(model.backbone, D3DTransformer):
        return _OTHER_PARTS
    attentions: dict[str, str] = {}
    shared: dict[str, str] = {}
    for index, block in enumerate(cast(Iterable[D3DBlock], model.backbone.blocks)):
        for name, attention in block.attentions.items():
            place = f'backbone.blocks.{index}.{name}'
            for part, label in attention.parts.items():
                (shared if part in AttentionLayer.parts else attentions)[f'{place}.{part}'] = label
            attentions[place] = attention.label or name
    return _FIRST | attentions | shared | _LAST


def count_macs(module: nn.Module, call: Callable[[], object]) -> Macs:
    """Count the multiply-adds of what ``call`` runs of ``module``.

    Matrix products, convolutions, attention and sampling are counted. Elementwise work (norms,
    GELU, softmax, interpolated embeddings) is left out, as is usual.

    Args:
        module: The module that ``call`` calls.
        call: Runs the module once, without arguments.

    Returns:
        The count.
    """
    counter = FlopCounterMode(display=False, custom_mapping=_EXTRA)
    with counter:
        call()
    counts = counter.get_flop_counts()
    every = counts['Global']
    head = type(module).__name__ + '.'
    modules = {
        name[len(head):]: sum(ops.values()) // 2 for name, ops in counts.items()
        if name.startswith(head)
    }
    attention = sum(flops for op, flops in every.items() if 'scaled_dot_product' in str(op))
    return Macs(sum(every.values()) // 2, attention // 2, modules)


def count_complexity(model: nn.Module, inputs: dict[str, torch.Tensor]) -> dict[str, Part]:
    """Count what one forward pass of a recogniser costs.

    Args:
        model: ``D3DRecognizer``, or a 3D recogniser of MMAction2.
        inputs: One preprocessed sample, modality to 1 x 1 x ...

    Returns:
        Costs by part, those that the model lacks left out, and ``'total'``.
    """
    macs = count_macs(model.eval(), lambda: run_model(model, inputs))
    labels = _labels(model)
    total = Part(_size(model), macs.total)
    parts = {label: Part(0, 0) for label in labels.values()} | dict(other=total)
    present = dict(model.named_modules())
    labels = {name: label for name, label in labels.items() if name in present}
    for name, label in labels.items():
        module = present[name]
        cost = Part(_size(module), _macs_of(module, name, macs.modules))
        parts[label] = parts[label].plus(cost)
        holder = name.rpartition('.')[0]
        while holder and holder not in labels:
            holder = holder.rpartition('.')[0]
        holder = labels.get(holder, 'other')
        parts[holder] = parts[holder].plus(cost, -1)
    parts = {label: part for label, part in parts.items() if part != Part(0, 0)}
    return dict(parts, total=total)


def count_config(model: dict, shapes: Mapping[str, Sequence[int]]) -> dict[str, Part]:
    """Count what a model of a config costs, without computing or storing anything of its size.

    Args:
        model: Config of the recogniser.
        shapes: Modality to the shape of one clip.

    Returns:
        As from :func:`count_complexity`.
    """
    with shapes_only():
        inputs = {key: torch.zeros(1, 1, *shape) for key, shape in shapes.items()}
        return count_complexity(MODELS.build(model), inputs)


@contextmanager
def shapes_only() -> Iterator[None]:
    """Tensors made within have a shape and no values; CPU kernels are chosen as for real ones."""
    # Index tensors are cached: real ones must not enter, and those without values must not leave.
    cached_windows.cache_clear()
    try:
        with FakeTensorMode():
            yield
    finally:
        cached_windows.cache_clear()


def run_model(model: nn.Module, inputs: dict[str, torch.Tensor]) -> object:
    """Scores of one sample: a tensor, or where the head gives several, a dict of them."""
    if isinstance(model, MMRecognizer3D):
        data: object = dict(inputs)  # MMAction2 writes into it
    else:
        data, = inputs.values()
    return model(data, mode='tensor', stage='head')


def _macs_of(module: nn.Module, name: str, modules: dict[str, int]) -> int:
    """Multiply-adds inside a module, also where another one calls its submodules directly."""
    if name in modules:
        return modules[name]
    return sum(_macs_of(child, f'{name}.{key}', modules) for key, child in module.named_children())


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
