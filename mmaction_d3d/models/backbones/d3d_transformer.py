"""The 3D deformable transformer with its feature extractor (figure 2)."""
from collections.abc import Sequence

import torch
from mmaction.registry import MODELS
from mmengine.logging import print_log
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...errors import InputError
from ..layers import AttentionRecord, CrossModalTokens, D3DBlock, PoseTokens, RGBTokens, Tokens
from ..layers.embeddings import resize_time
from ..layers.pooled_heatmaps import is_merged_heatmap, unmerge_heatmaps

ATTENTIONS = ('deformable', 'joint', 'temporal')
NUM_MODAL_TOKENS = dict(cross=3, single=1, none=0)


@MODELS.register_module()
class D3DTransformer(BaseModule):
    """RGB frames and skeletons to cross-modal tokens.

    Paper symbols: F_a, F_b -> the maps of ``backbone``, P -> ``tokens.pose``, Z -> ``tokens.rgb``,
    M -> ``tokens.modal``, L -> ``num_blocks``, 4C -> ``embed_dims`` (the channels of F_b),
    wnd -> ``joint_window`` and ``temporal_window``.

    Args:
        backbone (dict): Config of the feature extractor: any registered backbone that returns two
            maps, F_a (C channels, half the input's size) and F_b (4C channels, an eighth).
        num_joints (int): V, joints of a person.
        num_person (int): M, people of a clip.
        in_channels (tuple[int], optional): Channels of F_a and F_b. Defaults to None, which reads
            them from ``backbone.stage_channels``.
        clip_len (int): Frames in training; others are interpolated. Defaults to 12.
        img_size (int | tuple[int]): Height and width in training. Defaults to 224.
        num_blocks (int): L. Defaults to 3.
        num_heads (int): Attention heads. Defaults to 4.
        ffn_ratio (float): Hidden width of the FFNs over 4C. Defaults to 4.
        kernel_size (int | sequence[int]): k of the token search along (T, H, W). Defaults to 7.
        depthwise (bool): Whether the token search's first convolution is depthwise. Defaults to True.
        offset_range (float): Largest offset in normalised coordinates. Defaults to 1.
        joint_window (int): Joints in a window. Defaults to 8.
        joint_stride (int, optional): Joints from one window to the next. Defaults to None,
            max(1, joint_window // 2).
        temporal_window (int): Frames in a window. Defaults to 4.
        temporal_stride (int, optional): Frames from one window to the next. Defaults to None,
            max(1, temporal_window // 2).
        wrap (bool): Whether the last window attends to the first one. Defaults to True.
        attentions (sequence[str]): Attentions of a block (table 4). Defaults to all three.
        modal_tokens (str): ``'cross'``, ``'single'`` or ``'none'`` (table 5). Defaults to ``'cross'``.
        sigma (float): Standard deviation of joint heatmaps in cells of F_a. Defaults to 1.
        use_score (bool): Whether scores weight the heatmaps. Defaults to True.
        pose_embed (str): ``'coords'`` or ``'none'``. Defaults to ``'coords'``.
        attn_norm (bool): Whether tokens are normalised before q, k, v. Defaults to True.
        drop_path (float): Drop path of the last block, rising linearly from 0. Defaults to 0.
        init_cfg (dict, optional): mmengine's initialisation config. Defaults to None.
    """

    def __init__(self, backbone: dict, num_joints: int, num_person: int,
                 in_channels: tuple[int, int] | None = None, clip_len: int = 12,
                 img_size: int | tuple[int, int] = 224, num_blocks: int = 3, num_heads: int = 4,
                 ffn_ratio: float = 4., kernel_size: int | Sequence[int] = 7,
                 depthwise: bool = True, offset_range: float = 1., joint_window: int = 8,
                 joint_stride: int | None = None, temporal_window: int = 4, temporal_stride: int
                 | None = None, wrap: bool = True, attentions: Sequence[str] = ATTENTIONS,
                 modal_tokens: str = 'cross', sigma: float = 1., use_score: bool = True,
                 pose_embed: str = 'coords', attn_norm: bool = True, drop_path: float = 0.,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if not attentions or set(attentions) - set(ATTENTIONS):
            raise InputError('D3DTransformer', 'attentions', attentions,
                             f'a subset of {ATTENTIONS}')
        if modal_tokens not in NUM_MODAL_TOKENS:
            raise InputError('D3DTransformer', 'modal_tokens', modal_tokens,
                             f'one of {tuple(NUM_MODAL_TOKENS)}')
        if pose_embed not in ('coords', 'none'):
            raise InputError('D3DTransformer', 'pose_embed', pose_embed, "'coords' or 'none'")
        if not 0 <= drop_path < 1:
            raise InputError('D3DTransformer', 'drop_path', drop_path, '0 or more and less than 1')
        if not sigma > 0:
            raise InputError('D3DTransformer', 'sigma', sigma, 'more than 0')
        kernel = (kernel_size, ) * 3 if isinstance(kernel_size, int) else tuple(kernel_size)
        if len(kernel) != 3 or min(kernel) < 1:
            raise InputError('D3DTransformer', 'kernel_size', kernel_size,
                             '1 or more, one number or three')
        for name, number in dict(num_joints=num_joints, num_person=num_person, clip_len=clip_len,
                                 num_blocks=num_blocks, joint_window=joint_window,
                                 temporal_window=temporal_window).items():
            if number < 1:
                raise InputError('D3DTransformer', name, number, '1 or more')
        for name, window, stride in (('joint', joint_window, joint_stride),
                                     ('temporal', temporal_window, temporal_stride)):
            if stride is not None and not 1 <= stride <= window:
                raise InputError('D3DTransformer', f'{name}_stride', stride,
                                 f'1 to {window}, the {name}_window')
        self.num_joints, self.num_person = num_joints, num_person
        # Without modal tokens the head reads Z and P themselves; otherwise a token set that no
        # attention reads is not built, nor are parameters that only it would reach.
        self.modal_only = modal_tokens != 'none'
        needs_rgb = not self.modal_only or {'deformable', 'temporal'} & set(attentions)
        needs_pose = not self.modal_only or {'joint', 'temporal'} & set(attentions)
        if not needs_rgb and backbone['type'] == 'R2Plus1D':
            backbone = dict(backbone, out_stages=(1, ))
        self.backbone = MODELS.build(backbone)
        channels, embed_dims = in_channels or self._channels(backbone)
        height, width = (img_size, img_size) if isinstance(img_size, int) else img_size
        # The search pads shorter axes, of time above all; in space it would see little but padding.
        self.min_size = tuple(8 * k if 'deformable' in attentions else 1 for k in kernel[1:])

        self.time_embed = self.rgb_tokens = self.pose_tokens = self.modal_tokens = None
        if needs_rgb or pose_embed == 'coords':
            self.time_embed = nn.Parameter(torch.randn(clip_len, embed_dims) * 0.02)
        if needs_rgb:
            self.rgb_tokens = RGBTokens(embed_dims, (-(-height // 8), -(-width // 8)))
        if needs_pose:
            self.pose_tokens = PoseTokens(channels, embed_dims, num_joints, num_person, sigma,
                                          use_score, pose_embed)
        if self.modal_only:
            self.modal_tokens = CrossModalTokens(embed_dims, clip_len,
                                                 NUM_MODAL_TOKENS[modal_tokens])
        self.size = (clip_len, -(-height // 8), -(-width // 8))
        drop_paths = [drop_path * i / (num_blocks - 1) for i in range(num_blocks - 1)] + [drop_path]
        self.blocks = nn.ModuleList(
            D3DBlock(embed_dims, num_heads, attentions, modal_tokens, kernel, depthwise,
                     offset_range, joint_window, joint_stride, temporal_window, temporal_stride,
                     wrap, ffn_ratio=ffn_ratio, norm=attn_norm, drop_path=rate)
            for rate in drop_paths)
        self._warned = False

    def init_weights(self) -> None:
        """Initialise as ``init_cfg`` says, and log the grid of the token search."""
        super().init_weights()
        if self.blocks[0].deformable is not None:
            grid = self.blocks[0].deformable.search.grid_size(self.size)
            print_log(
                '3D token search: a grid of {} x {} x {} tokens (T~ x H~ x W~) is searched '
                'in {} x {} x {}'.format(*grid, *self.size), 'current')

    def _channels(self, backbone: dict) -> tuple[int, int]:
        """Channels of F_a and 4C."""
        if not hasattr(self.backbone, 'stage_channels'):
            raise InputError('D3DTransformer', 'in_channels', 'nothing',
                             f'the channels of the two maps of {backbone["type"]}')
        first = self.backbone.stage_channels[0]
        return first, 4 * first

    def forward(self, imgs: Tensor, keypoint: Tensor | None = None,
                heatmap_imgs: Tensor | None = None, record: AttentionRecord | None = None,
                features: Sequence[Tensor] | None = None) -> Tensor:
        """Compute the tokens that the head reads.

        Args:
            imgs (Tensor): Normalised RGB, B x 3 x T x H x W.
            keypoint (Tensor, optional): x, y in input pixels and score of the same frames,
                B x T x R x 3.
            heatmap_imgs (Tensor, optional): Instead of ``keypoint``, heatmaps of eq. 2,
                B x T x R x H/2 x W/2, or where T is not V MMAction2's merged ones,
                B x V x T' x H' x W'.
            record (AttentionRecord, optional): Receives the attention maps.
            features (sequence[Tensor], optional): What ``backbone`` makes of ``imgs``, where it is
                known. Defaults to None, computed.

        Returns:
            Tensor: B x T x K x 4C: the modal tokens M_RGB, M_pose and M_CLS at K = 3, the single one
            at K = 1, or without modal tokens the mean of mean(Z) and mean(P), B x 1 x 1 x 4C.

        Raises:
            InputError: The clip is too small, or the skeleton has another shape or comes twice.
        """
        if any(side < least for side, least in zip(imgs.shape[-2:], self.min_size)):
            raise InputError('model input', 'imgs', '{} x {} pixels'.format(*imgs.shape[-2:]),
                             '{} x {} or more (8 times kernel_size)'.format(*self.min_size))
        tokens, visible = self._tokenise(imgs, keypoint, heatmap_imgs, features)
        for index, block in enumerate(self.blocks):
            last = index == len(self.blocks) - 1
            tokens = block(tokens, visible, self.modal_only and last, record)
        if self.modal_only:
            return tokens.modal
        mean = (tokens.rgb.mean(dim=(1, 2, 3)) + tokens.pose.mean(dim=(1, 2))) / 2
        return mean[:, None, None]

    def _tokenise(self, imgs: Tensor, keypoint: Tensor | None, heatmaps: Tensor | None,
                  maps: Sequence[Tensor] | None) -> tuple[Tokens, Tensor | None]:
        """Z, P and M, and which joints are visible."""
        maps = self.backbone(imgs) if maps is None else maps
        features_a, features_b = maps[0], maps[-1]
        frames = features_b.shape[2]
        time_embed = None if self.time_embed is None else resize_time(self.time_embed, frames)
        rgb = pose = visible = None
        if self.rgb_tokens is not None:
            rgb = self.rgb_tokens(features_b, time_embed)
        if self.pose_tokens is not None:
            features_a = _every(features_a, 2, frames)
            keypoint, heatmaps = self._aligned_skeleton(imgs, features_a, keypoint, heatmaps)
            pose, visible = self.pose_tokens(features_a, time_embed, keypoint, heatmaps)
        if self.modal_tokens is not None:
            modal = self.modal_tokens(len(imgs), frames)
        else:
            modal = features_b.new_empty(len(imgs), frames, 0, rgb.shape[-1])
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
        want = (len(imgs), clip_len, joints) + (
            (3, ) if heatmaps is None else tuple(features.shape[-2:]))
        if skeleton is None or tuple(skeleton.shape) != want:
            found = 'nothing' if skeleton is None else ' x '.join(map(str, skeleton.shape))
            layout = 'B x T x R x ..., R = num_person * num_joints'
            if heatmaps is not None:
                layout += "; MMAction2's own B x V x T' x H' x W' only where T is not V"
            raise InputError('model input', name, found, f'{" x ".join(map(str, want))} ({layout})')
        skeleton = _every(skeleton, 1, frames)
        return (skeleton, None) if heatmaps is None else (None, skeleton)


def _every(x: Tensor, axis: int, kept: int) -> Tensor:
    """Every s-th frame, on which an output of ``kept`` frames is centred after a stride of s."""
    frames = x.shape[axis]
    stride = next((s for s in (1, 2, 4, 8, 16) if -(-frames // s) == kept), None)
    if stride is None:
        raise InputError('D3DTransformer', 'backbone', f'maps of {frames} and {kept} frames',
                         'temporal strides that are powers of two')
    if stride == 1:
        return x
    return x.index_select(axis, torch.arange(0, frames, stride, device=x.device))
