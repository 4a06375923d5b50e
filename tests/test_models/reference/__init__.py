"""The model once more, as plain loops over frames, joints, cells, windows, heads and queries.

Written from the paper and its appendix, with nothing taken from the package but parameters by name.
Slow and differentiable: it is what the package is compared with, in value and through autograd in
gradient. Tensors are float64; a sample at a time, without a batch axis.
"""
from .attention import (
    attend,
    attention_row,
    deformable_attention,
    joint_stride_attention,
    projected,
    residual,
    temporal_stride_attention,
    windows,
)
from .parts import Parameters, layer_norm, linear, resize, resize_plane
from .search import kernel_of, search, trilinear
from .tokens import heatmap, heatmaps, pose_tokens, rgb_tokens
from .whole import block, head, transformer

__all__ = [
    'Parameters', 'attend', 'attention_row', 'block', 'deformable_attention', 'head', 'heatmap',
    'heatmaps', 'joint_stride_attention', 'kernel_of', 'layer_norm', 'linear', 'pose_tokens',
    'projected', 'residual', 'resize', 'resize_plane', 'rgb_tokens', 'search',
    'temporal_stride_attention', 'transformer', 'trilinear', 'windows'
]
