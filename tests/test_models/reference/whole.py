"""Blocks, transformer and head."""
import torch

from .attention import deformable_attention, joint_stride_attention, temporal_stride_attention
from .parts import layer_norm, linear, resize
from .tokens import body_tokens, pose_tokens, rgb_tokens


def block(p, volume, pose, modal, visible, config):
    """One block: new Z, P and modal tokens, T x K x 4C in the order RGB, pose, CLS."""
    parts = config.get('attentions', ('deformable', 'joint', 'temporal'))
    if config.get('modal_tokens', 'cross') == 'cross':
        rgb, body, cls = (modal[:, k:k + 1] for k in range(3))
        seen_rgb = cls  # M'_CLS
        if 'deformable' in parts:
            volume, out = deformable_attention(p.part('deformable'), volume, torch.cat((rgb, cls),
                                                                                       1), config)
            rgb, seen_rgb = out[:, :1], out[:, 1:]
        seen_pose = seen_rgb  # M*_CLS
        if 'joint' in parts:
            pose, out = joint_stride_attention(p.part('joint'), pose, torch.cat((body, seen_rgb),
                                                                                1), visible, config)
            body, seen_pose = out[:, :1], out[:, 1:]
        cls = linear(p, 'cls_merge', torch.cat((seen_rgb, seen_pose), -1))
        modal = torch.cat((rgb, body, cls), 1)
    else:
        if 'deformable' in parts:
            volume, modal = deformable_attention(p.part('deformable'), volume, modal, config)
        if 'joint' in parts:
            pose, modal = joint_stride_attention(p.part('joint'), pose, modal, visible, config)
    if 'temporal' in parts:
        cells, joints = volume.shape[1] * volume.shape[2], pose.shape[1]
        out = torch.cat((volume.flatten(1, 2), pose, modal), 1)
        out = temporal_stride_attention(p.part('temporal'), out, config)
        volume = out[:, :cells].reshape(volume.shape)
        pose, modal = out[:, cells:cells + joints], out[:, cells + joints:]
    return volume, pose, modal


def transformer(p, features_a, features_b, keypoint, config):
    """Tokens that the head reads, T x K x 4C, from F_a, F_b and T x R x 3 joints of one clip."""
    frames = features_b.shape[1]
    time = resize(p('time_embed'), frames) if 'time_embed' in p else None
    volume = pose = visible = None
    if 'rgb_tokens' in p:
        volume = rgb_tokens(p.part('rgb_tokens'), features_b, time)
    if 'pose_tokens' in p:
        pose, visible = pose_tokens(p.part('pose_tokens'), features_a, keypoint, time, config)
    if 'modal_tokens' in p:
        modal = resize(p('modal_tokens.modal_tokens'), frames)
        if 'pose_tokens.body_mlp' in p:
            place = torch.zeros(modal.shape[1], 1, dtype=torch.float64)
            place[min(1, len(place) - 1)] = 1.  # M_pose, or the single token
            body = body_tokens(p.part('pose_tokens.body_mlp'), keypoint, visible, config)
            modal = modal + place * body[:, None]
    else:
        modal = torch.zeros(frames, 0, features_b.shape[0], dtype=torch.float64)
    for index in range(config['num_blocks']):
        volume, pose, modal = block(p.part(f'blocks.{index}'), volume, pose, modal, visible, config)
    if 'modal_tokens' in p:
        return modal
    return ((volume.mean((0, 1, 2)) + pose.mean((0, 1))) / 2)[None, None]


def head(p, tokens, clip_len=None):
    """Logits of T x K x 4C tokens."""
    frames = [torch.cat([layer_norm(p, 'norm', token) for token in frame]) for frame in tokens]
    if clip_len is not None:
        return linear(p, 'classifier', torch.cat(list(resize(frames, clip_len))))
    return linear(p, 'classifier', sum(frames) / len(frames))
