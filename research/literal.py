"""The blocks as the paper reads: heatmaps, windows and attention matrices stored as they are.

No straw man: all windows go through at once, by torch's own layers, and the backbone is shared.
Each part of the package that computes the same in another way is one entry of :data:`TRICKS`; a
module becomes literal by its class alone, so that its parameters stay.
"""
from collections.abc import Collection
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from mmaction_d3d.benchmarks.models import noise, subject, usual
from mmaction_d3d.benchmarks.report import Row
from mmaction_d3d.benchmarks.timing import Call, ratios, spread, time_in_turn, warm_up
from mmaction_d3d.models.layers import Tokens
from mmaction_d3d.models.layers.attention import FeedForward, MultiHeadAttention
from mmaction_d3d.models.layers.attention_record import AttentionRecord
from mmaction_d3d.models.layers.block import D3DBlock
from mmaction_d3d.models.layers.depthwise_conv import DepthwiseConv3d
from mmaction_d3d.models.layers.joint_heatmaps import grid_position, joint_profiles
from mmaction_d3d.models.layers.pose_tokens import PoseTokens
from mmaction_d3d.models.layers.token_search import SearchedTokens, TokenSearch, reference_points

COLUMNS = dict(name='blocks', seconds='seconds', ratio='time, ratio to {reference}',
               gib='memory, GiB', gib_ratio='memory, ratio')


class StoredHeatmaps(PoseTokens):
    """Equation 2 stored for each joint, then equation 1 as a product with it."""

    def forward(self, features: Tensor, time_embed: Tensor | None, keypoint: Tensor | None = None,
                heatmaps: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As the base class, of ``keypoint`` alone."""
        assert keypoint is not None and time_embed is not None
        planes = features.float().transpose(1, 2)  # B x T x C x H/2 x W/2
        profiles = joint_profiles(keypoint.float(), planes.shape[-2:], self.sigma, self.use_score)
        x, y = (grid_position(profiles.joints[..., axis])[..., None, None] for axis in (0, 1))
        rows, columns = (torch.arange(n, device=x.device) for n in planes.shape[-2:])
        distance = (columns - x)**2 + (rows[:, None] - y)**2
        weight = profiles.joints[..., 2] * profiles.visible
        heatmaps = weight[..., None, None] * torch.exp(-distance / (2 * self.sigma**2))
        pooled = heatmaps.flatten(3) @ planes.flatten(3).transpose(-1, -2)
        tokens = self.norm(self.projection(pooled))
        if self.embed == 'coords':
            visible = profiles.visible.unsqueeze(-1)
            tokens = torch.where(visible, tokens, self.missing_token.to(tokens))
            tokens = tokens + self._embedding(profiles.joints, profiles.visible, time_embed)
        return tokens, profiles.visible


class _Later(nn.Linear):
    """A projection that waits for :class:`ProjectedInWindows`."""

    def forward(self, x: Tensor) -> Tensor:
        return x


class ProjectedInWindows(MultiHeadAttention):
    """Tokens of each window are projected there: once for each window that a token lies in."""

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """As the base class, of tokens that are not projected yet."""
        projected = (F.linear(x, layer.weight, layer.bias)
                     for x, layer in ((query, self.query), (key, self.key), (value, self.value)))
        return super().attend(*projected)


class ExplicitAttention(MultiHeadAttention):
    """softmax(Q K^T / sqrt(d)) V with the matrix in memory."""

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """As the base class."""
        attended = self.weights(query, key) @ self.split_heads(value)
        return attended.transpose(-3, -2).flatten(-2)


class GroupedConv3d(DepthwiseConv3d):
    """torch's convolution in as many groups as channels."""

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return nn.Conv3d._conv_forward(self, x, weight, bias)


class GridSampled(TokenSearch):
    """torch's ``grid_sample`` over a volume with channels first."""

    def forward(self, tokens: Tensor) -> SearchedTokens:
        """As the base class."""
        grid = self.grid_size(tokens.shape[1:4])
        offsets = self.offsets(tokens).flatten(1, 3)
        positions = reference_points(grid, offsets.device) + offsets
        volume = tokens.movedim(-1, 1)
        sampled = F.grid_sample(volume, positions[:, None, None].to(volume.dtype), 'bilinear',
                                'border', align_corners=False)
        return SearchedTokens(
            sampled.flatten(2).transpose(1, 2), positions, offsets, grid, self.offset_range)


class StoredActivations(FeedForward):
    """The hidden layer of the FFN is kept for the backward pass."""

    def forward(self, x: Tensor) -> Tensor:
        """As the base class."""
        return nn.Sequential.forward(self, x)


class AllQueries(D3DBlock):
    """The last block computes tokens that nothing reads, too."""

    def forward(self, tokens: Tokens, visible: Tensor | None, modal_only: bool = False,
                record: AttentionRecord | None = None) -> Tokens:
        """As the base class."""
        return super().forward(tokens, visible, False, record)


LAST = 'the last block computes what is read'
#: What the package does, and the classes that do it as the paper reads.
TRICKS: dict[str, tuple[type[nn.Module], ...]] = {
    'joints are pooled by separable Gaussians': (StoredHeatmaps, ),
    'tokens are projected once, then windowed': (ProjectedInWindows, _Later),
    'attention is fused': (ExplicitAttention, ),
    'the search convolves plane by plane': (GroupedConv3d, ),
    'tokens are sampled as weighted embeddings': (GridSampled, ),
    'the FFN is computed again for its gradient': (StoredActivations, ),
    LAST: (AllQueries, ),
}


def make_literal(model: nn.Module, tricks: Collection[str] = tuple(TRICKS)) -> nn.Module:
    """Take tricks out of a model, in place.

    Args:
        model: Any that holds a ``D3DTransformer``.
        tricks: Keys of :data:`TRICKS`. Defaults to all.

    Returns:
        The model.
    """
    kinds = [kind for trick in tricks for kind in TRICKS[trick] if kind is not _Later]
    for module in list(model.modules()):
        mine = tuple(kind for kind in kinds if kind.__base__ is type(module))
        if ProjectedInWindows in mine:
            for name in ('query', 'key', 'value'):
                getattr(module, name).__class__ = _Later
        if mine:
            module.__class__ = type(mine[0].__name__, mine, {})
    return model


def _step(config: str, device: str, batch: int, tricks: Collection[str]) -> Call:
    """Return a call of forward and backward of pose tokens and one block, on given feature maps."""
    which = subject(config)
    transformer: Any = MODELS.build(dict(which.model['backbone'], num_blocks=1)).to(device).train()
    inputs = {key: value[:, 0] for key, value in noise(which.shapes, batch, device).items()}
    with torch.no_grad():
        maps = [each.requires_grad_() for each in transformer.backbone(inputs['imgs'])]
    make_literal(transformer, tricks)

    def step() -> None:
        with usual(device):
            tokens = transformer(**inputs, features=maps)
        tokens.float().logsumexp(-1).sum().backward()
        for leaf in (*maps, *transformer.parameters()):
            leaf.grad = None

    return step


def measure(config: str, device: str, batch: int, repeats: int) -> list[Row]:
    """Time forward and backward of one inner block in turn: ours, without each trick, literal.

    Args:
        config: Of this project.
        device: ``'cuda'`` or ``'cpu'``.
        batch: Clips at once.
        repeats: Rounds.

    Returns:
        Rows of :data:`COLUMNS`. A last block is a row of its own: in all others nothing is saved at
        a block's end, as in most of a model's.
    """
    forms: dict[str, Collection[str]] = {'ours': (LAST, )}
    forms |= {f'without: {trick}': (trick, LAST) for trick in TRICKS if trick != LAST}
    forms |= {'literal, all of these': tuple(TRICKS), f'ours, {LAST}': ()}
    _step(config, device, batch, (LAST, ))()  # what torch loads once is not the first form's
    calls, memory = {}, {}
    for name, tricks in forms.items():
        step = _step(config, device, batch, tricks)
        calls[name], memory[name] = warm_up(partial(_same, step), device)
    times = time_in_turn(calls, device, repeats)
    return [
        dict(name=name, **spread('seconds', taken), **spread('ratio', ratios(taken, times['ours'])),
             gib=memory[name], gib_ratio=memory[name] / memory['ours'])
        for name, taken in times.items()
    ]


def _same(call: Call) -> Call:
    return call
