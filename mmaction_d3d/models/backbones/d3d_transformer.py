"""The 3D deformable transformer with its feature extractor (figure 2)."""
from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
from mmaction.registry import MODELS
from mmengine.logging import print_log
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...errors import InputError
from ..layers import (
    AttentionLayer,
    AttentionRecord,
    CrossModalTokens,
    D3DBlock,
    PathwayFeatures,
    RGBTokens,
    Tokens,
    attention_class,
)
from ..layers.embeddings import resize_time
from ..layers.pooled_heatmaps import is_merged_heatmap, unmerge_heatmaps
from ..layers.recomputed import recomputed
from .flat_keys import PAPER_BLOCK, nest_flat_keys

NUM_MODAL_TOKENS = dict(cross=3, single=1, none=0)


@MODELS.register_module()
class D3DTransformer(BaseModule):
    """RGB frames and skeletons to cross-modal tokens.

    Paper symbols: F_a, F_b -> the maps of ``backbone``, P -> ``tokens.pose``, Z -> ``tokens.rgb``,
    M -> ``tokens.modal``, L -> ``num_blocks``, 4C -> the channels of F_b.

    Each part has a dict of its own, with its class's defaults where a setting is not named::

        layer=dict(num_heads=4),
        block=dict(deformable=dict(kernel_size=5), joint=None, temporal=dict(window=6, stride=3)),
        pose_tokens=dict(embed='none')

    Args:
        backbone: Config of the feature extractor: any registered backbone that returns two maps,
            F_a (C channels, half the input's size) and F_b (4C channels, an eighth).
        num_joints: V, joints of a person.
        num_person: M, people of a clip.
        in_channels: Channels of F_a and F_b. Defaults to None, which reads them from
            ``backbone.stage_channels``.
        clip_len: Frames in training; others are interpolated. Defaults to 12.
        img_size: Height and width in training. Defaults to 224.
        num_blocks: L. Defaults to 3.
        layer: Settings of all attentions, those of :class:`AttentionLayer`. ``drop_path`` is that
            of the last block and rises linearly from 0.
        block: Settings of the attentions of a block by name: ``deformable``, ``joint`` and
            ``temporal`` are the paper's where they name no other ``type``, and None leaves one out
            (table 4). Other names add to them: any registered :class:`AttentionLayer`.
        pose_tokens: Settings of :class:`PoseTokens`, or with a ``type`` of another class in its
            place.
        modal_tokens: ``'cross'``, ``'single'`` or ``'none'`` (table 5). Defaults to ``'cross'``.
        pathways: Whether training also returns Z and P themselves, for the losses that ``pathways``
            of the head names. Defaults to False.
        with_cp: Whether training computes activations within each block again instead of storing
            them, and within R2Plus1D where its config says nothing else: of one clip on a CPU 0.7
            of the memory for 1.2 times the time. Defaults to False.
        init_cfg: mmengine's initialisation config. Defaults to None.
        **flat: Earlier keys, see :func:`nest_flat_keys`.
    """

    time_embed: nn.Parameter | None
    rgb_tokens: RGBTokens | None
    pose_tokens: nn.Module | None
    modal_tokens: CrossModalTokens | None

    def __init__(self, backbone: dict, num_joints: int, num_person: int,
                 in_channels: tuple[int, int] | None = None, clip_len: int = 12,
                 img_size: int | tuple[int, int] = 224, num_blocks: int = 3,
                 layer: dict | None = None, block: dict | None = None,
                 pose_tokens: dict | None = None, modal_tokens: str = 'cross',
                 pathways: bool = False, with_cp: bool = False, init_cfg: dict | None = None,
                 **flat: Any) -> None:
        super().__init__(init_cfg)
        for name, number in dict(num_joints=num_joints, num_person=num_person, clip_len=clip_len,
                                 num_blocks=num_blocks).items():
            if number < 1:
                raise InputError('D3DTransformer', name, number, '1 or more')
        if modal_tokens not in NUM_MODAL_TOKENS:
            raise InputError('D3DTransformer', 'modal_tokens', modal_tokens,
                             f'one of {tuple(NUM_MODAL_TOKENS)}')
        settings = nest_flat_keys(dict(flat, layer=layer, block=block, pose_tokens=pose_tokens))
        layer, block, pose_tokens = (settings.pop(name) or {}
                                     for name in ('layer', 'block', 'pose_tokens'))
        if settings:
            raise TypeError(f'D3DTransformer got an unexpected keyword argument {min(settings)!r}')
        attentions = block_configs(block, layer)
        reads = {name for config in attentions.values() for name in attention_class(config).reads}
        self.num_joints, self.num_person = num_joints, num_person
        # Without modal tokens the head reads Z and P themselves; otherwise a token set that no
        # attention reads is not built, nor are parameters that only it would reach.
        self.modal_only = modal_tokens != 'none'
        reads = reads if self.modal_only else {'rgb', 'pose'}
        if 'rgb' not in reads and backbone['type'] == 'R2Plus1D':
            backbone = dict(backbone, out_stages=(1, ))
        if with_cp and backbone['type'] == 'R2Plus1D':
            backbone = dict(dict(with_cp=True), **backbone)
        self.backbone, self.with_cp = MODELS.build(backbone), with_cp
        channels, embed_dims = in_channels or self._channels(backbone)
        height, width = (img_size, img_size) if isinstance(img_size, int) else img_size
        self.size = (clip_len, -(-height // 8), -(-width // 8))
        pose_tokens = dict(dict(type='PoseTokens'), **pose_tokens, in_channels=channels,
                           embed_dims=embed_dims, num_joints=num_joints, num_person=num_person)
        self._build_tokens(reads, pose_tokens, NUM_MODAL_TOKENS[modal_tokens])
        self.blocks = nn.ModuleList(
            D3DBlock(
                embed_dims, {
                    name: dict(config, drop_path=rate)
                    for (name, config), rate in zip(attentions.items(), rates)
                }, modal_tokens == 'cross') for rates in _drop_paths(attentions, num_blocks))
        grids = [attention.min_grid for attention in self._attentions(0)]
        self.min_size = tuple(max(1, *(8 * side for side in sides)) for sides in zip(*grids))
        self.pathways = pathways
        self._warned = False

    def _build_tokens(self, reads: set[str], pose_tokens: dict, num_modal: int) -> None:
        """Build what makes Z, P and M, as far as they are read."""
        embed_dims = pose_tokens['embed_dims']
        self.time_embed = self.rgb_tokens = self.pose_tokens = self.modal_tokens = None
        if 'rgb' in reads or pose_tokens.get('embed') != 'none':
            self.time_embed = nn.Parameter(torch.randn(self.size[0], embed_dims) * 0.02)
        if 'rgb' in reads:
            self.rgb_tokens = RGBTokens(embed_dims, self.size[1:])
        if not num_modal and 'body' in pose_tokens:
            pose_tokens = dict(pose_tokens, body=False)  # there is no M_pose to take it
        if 'pose' in reads:
            self.pose_tokens = MODELS.build(pose_tokens)
        else:
            with torch.device('meta'):  # refuses the same settings
                MODELS.build(pose_tokens)
        if num_modal:
            self.modal_tokens = CrossModalTokens(embed_dims, self.size[0], num_modal)

    def init_weights(self) -> None:
        """Initialise as ``init_cfg`` says, and log what the attentions say of this size."""
        super().init_weights()
        for attention in self._attentions(0):
            if description := attention.describe(self.size):
                print_log(description, 'current')

    def recording(self, kind: type, block: int = -1) -> AttentionLayer | None:
        """Return the attention of a block that records maps of a kind, None without one."""
        return next(
            (attention for attention in self._attentions(block) if attention.records is kind), None)

    @property
    def least_frames(self) -> int:
        """Least T from which on all parts do the same: an exported graph takes these."""
        parts = [self.pose_tokens, *self._attentions(0)]
        return max(getattr(part, 'least_frames', 1) for part in parts)

    def _attentions(self, block: int) -> Iterable[AttentionLayer]:
        return cast(D3DBlock, self.blocks[block]).attentions.values()

    def _channels(self, backbone: dict) -> tuple[int, int]:
        """Channels of F_a and 4C."""
        if not hasattr(self.backbone, 'stage_channels'):
            raise InputError('D3DTransformer', 'in_channels', 'nothing',
                             f'the channels of the two maps of {backbone["type"]}')
        first = self.backbone.stage_channels[0]
        return first, 4 * first

    def forward(self, imgs: Tensor, keypoint: Tensor | None = None,
                heatmap_imgs: Tensor | None = None, record: AttentionRecord | None = None,
                features: Sequence[Tensor] | None = None) -> Tensor | PathwayFeatures:
        """Compute the tokens that the head reads.

        Args:
            imgs: Normalised RGB, B x 3 x T x H x W.
            keypoint: x, y in input pixels and score of the same frames,
                B x T x R x 3.
            heatmap_imgs: Instead of ``keypoint``, heatmaps of eq. 2,
                B x T x R x H/2 x W/2, or where T is not V MMAction2's merged ones,
                B x V x T' x H' x W'.
            record: Receives the attention maps.
            features: What ``backbone`` makes of ``imgs``, where it is
                known. Defaults to None, computed.

        Returns:
            B x T x K x 4C: the modal tokens M_RGB, M_pose and M_CLS at K = 3, the single one at
            K = 1, or without modal tokens the mean of mean(Z) and mean(P), B x 1 x 1 x 4C. In
            training with ``pathways``, these with Z and P.

        Raises:
            InputError: The clip is too small, or the skeleton has another shape or comes twice.
        """
        if any(side < least for side, least in zip(imgs.shape[-2:], self.min_size)):
            raise InputError('model input', 'imgs', '{} x {} pixels'.format(*imgs.shape[-2:]),
                             '{} x {} or more (8 times kernel_size)'.format(*self.min_size))
        tokens, visible = self._tokenise(imgs, keypoint, heatmap_imgs, features)
        pathways = self._pathways(tokens) if self.pathways and self.training else None
        for index, block in enumerate(self.blocks):
            last = index == len(self.blocks) - 1
            arguments = tokens, visible, self.modal_only and last, record
            # The backward pass begins with the last block, before anything else is given back.
            again = self.with_cp and not last and record is None
            tokens = recomputed(block, *arguments) if again else block(*arguments)
        if self.modal_only:
            read = tokens.modal
        else:
            assert tokens.rgb is not None and tokens.pose is not None  # all that the head reads
            mean = (tokens.rgb.mean(dim=(1, 2, 3)) + tokens.pose.mean(dim=(1, 2))) / 2
            read = mean[:, None, None]
        return read if pathways is None else PathwayFeatures(read, *pathways)

    @staticmethod
    def _pathways(tokens: Tokens) -> tuple[Tensor | None, Tensor | None]:
        """Mean Z, B x 4C, and the mean over frames of P, B x R x 4C."""
        return (None if tokens.rgb is None else tokens.rgb.mean(dim=(1, 2, 3)),
                None if tokens.pose is None else tokens.pose.mean(dim=1))

    def _tokenise(self, imgs: Tensor, keypoint: Tensor | None, heatmaps: Tensor | None,
                  maps: Sequence[Tensor] | None) -> tuple[Tokens, Tensor | None]:
        """Z, P and M, and which joints are visible."""
        maps = self.backbone(imgs) if maps is None else maps
        features_a, features_b = maps[0], maps[-1]
        frames = features_b.shape[2]
        time_embed = None if self.time_embed is None else resize_time(self.time_embed, frames)
        rgb = pose = visible = body = None
        if self.rgb_tokens is not None:
            rgb = self.rgb_tokens(features_b, time_embed)
        if self.pose_tokens is not None:
            features_a = _every(features_a, 2, frames)
            keypoint, heatmaps = self._aligned_skeleton(imgs, features_a, keypoint, heatmaps)
            pose, visible, *more = self.pose_tokens(features_a, time_embed, keypoint, heatmaps)
            body = more[0] if more else None
        if self.modal_tokens is not None:
            modal = self.modal_tokens(imgs.shape[0], frames, body)
        else:
            assert rgb is not None  # without modal tokens the head reads it
            modal = features_b.new_empty(imgs.shape[0], frames, 0, rgb.shape[-1])
        return Tokens(rgb, pose, modal), visible

    def _aligned_skeleton(self, imgs: Tensor, features: Tensor, keypoint: Tensor | None,
                          heatmaps: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
        """Check the skeleton and take the frames that F_a has."""
        clip_len, frames = imgs.shape[2], features.shape[2]
        joints = self.num_person * self.num_joints
        if keypoint is not None and heatmaps is not None:
            raise InputError('model input', 'keypoint and heatmap_imgs', 'both', 'one of the two')
        if heatmaps is not None and is_merged_heatmap(heatmaps, clip_len, self.num_joints):
            if not self._warned:
                self._warned = True
                print_log(
                    'heatmap_imgs come from a pipeline that samples RGB and pose frames apart: the '
                    'modalities are not aligned and the nearest pose frame is used. '
                    'AlignedSampleFrames draws one index set for both.', 'current', 30)
            heatmaps = unmerge_heatmaps(heatmaps, frames, features.shape[-2:])
            return None, heatmaps
        name, skeleton = ('keypoint', keypoint) if heatmaps is None else ('heatmap_imgs', heatmaps)
        want = (imgs.shape[0], clip_len, joints) + (
            (3, ) if heatmaps is None else tuple(features.shape[-2:]))
        if skeleton is None or tuple(skeleton.shape) != want:
            found = 'nothing' if skeleton is None else ' x '.join(map(str, skeleton.shape))
            layout = 'B x T x R x ..., R = num_person * num_joints'
            if heatmaps is not None:
                layout += "; MMAction2's own B x V x T' x H' x W' only where T is not V"
            raise InputError('model input', name, found, f'{" x ".join(map(str, want))} ({layout})')
        skeleton = _every(skeleton, 1, frames)
        return (skeleton, None) if heatmaps is None else (None, skeleton)


def _every(x: Tensor, axis: int, num_kept: int) -> Tensor:
    """Every s-th frame: after a stride of s, ``num_kept`` outputs are centred on these."""
    frames = x.shape[axis]
    for stride in (1, 2, 4, 8, 16):
        if -(-frames // stride) == num_kept:
            break
    else:
        raise InputError('D3DTransformer', 'backbone', f'maps of {frames} and {num_kept} frames',
                         'temporal strides that are powers of two')
    if stride == 1:
        return x
    return x.index_select(axis, torch.arange(0, frames, stride, device=x.device))


def block_configs(block: dict, layer: dict) -> dict[str, dict]:
    """Return the configs of a block's attentions by name, the paper's first.

    Args:
        block: The transformer's ``block``.
        layer: Its ``layer``.

    Raises:
        InputError: All are left out.
    """
    named = {name: {} for name in PAPER_BLOCK} | block
    configs = {
        name: dict(dict(type=PAPER_BLOCK.get(name)), **{**layer, **config})
        for name, config in named.items() if config is not None
    }
    if not configs:
        raise InputError('D3DTransformer', 'block', 'no attention', 'one or more')
    return configs


def _drop_paths(attentions: dict[str, dict], num_blocks: int) -> list[list[float]]:
    """Drop path of each attention in each block: rises linearly to what its config says."""
    last = max(num_blocks - 1, 1)
    return [[
        config.get('drop_path', 0.) * max(index, num_blocks == 1) / last
        for config in attentions.values()
    ] for index in range(num_blocks)]
