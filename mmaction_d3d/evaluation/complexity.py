"""Parameters and multiply-adds of a D3D model by part."""
from typing import Dict, NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

aten = torch.ops.aten


class Part(NamedTuple):
    """Cost of a part of the model: parameters, and multiply-adds of one clip."""
    parameters: int
    macs: int


def _attention_flop(query, key, value, *args, out_shape=None, **kwargs) -> int:
    return sdpa_flop_count(query, key, value)


def _embedding_bag_flop(weight, indices, *args, out_shape=None, **kwargs) -> int:
    """Trilinear sampling: one multiply-add a corner and channel."""
    return 2 * indices[0] * weight[1]


# torch's counter knows neither fused attention on CPUs nor embedding_bag.
_EXTRA = {
    aten._scaled_dot_product_flash_attention_for_cpu: _attention_flop,
    aten._embedding_bag: _embedding_bag_flop
}
_PARTS = {
    'backbone.backbone': 'backbone',
    'backbone.pose_tokens': 'pose tokens',
    'search': 'token search',
    'ffn': 'FFN',
    'deformable': 'deformable attention',
    'joint': 'joint stride attention',
    'temporal': 'temporal stride attention',
    'cls_head': 'head'
}


def count_complexity(model: nn.Module, inputs: Dict[str, torch.Tensor]) -> Dict[str, Part]:
    """Count what one forward pass of a recogniser costs.

    Args:
        model (nn.Module): ``D3DRecognizer`` with a ``D3DTransformer`` and a head.
        inputs (dict[str, Tensor]): One preprocessed sample, ``imgs`` and ``keypoint``.

    Returns:
        dict[str, Part]: Costs by part, and ``'total'``. Elementwise work (norms, GELU, softmax) is
        left out, as is usual.
    """
    model.eval()
    counter = FlopCounterMode(display=False, custom_mapping=_EXTRA)
    with counter:
        model(inputs, mode='tensor', stage='head')
    flops = {name.partition('.')[2]: sum(ops.values())
             for name, ops in counter.get_flop_counts().items()}
    total = sum(counter.get_flop_counts()['Global'].values()) // 2
    parts: Dict[str, Part] = {}

    def add(label, parameters, macs):
        old = parts.get(label, Part(0, 0))
        parts[label] = Part(old.parameters + parameters, old.macs + macs)

    for name, module in model.named_modules():
        label = _PARTS.get(name) or _PARTS.get(name.rpartition('.')[2] if '.blocks.' in name else '')
        if label is None:
            continue
        macs, parameters = flops.get(name, 0) // 2, _size(module)
        add(label, parameters, macs)
        if label in ('token search', 'FFN'):
            # Counted by the attention that holds it, too.
            add(_PARTS[name.split('.')[-2]], -parameters, -macs)
    rest = Part(_size(model) - sum(p.parameters for p in parts.values()),
                total - sum(p.macs for p in parts.values()))
    return dict(parts, **{'other tokens and CLS merge': rest}, total=Part(_size(model), total))


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
