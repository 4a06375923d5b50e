"""The three attentions, equations (4) to (7), algorithms A1 to A3."""
import math
from collections import defaultdict

import torch

from .parts import gelu, layer_norm, linear
from .search import kernel_of, search


def attention_row(query, keys, heads):
    """Weights of one query's heads, heads x keys."""
    rows = []
    for head in range(heads):
        part = slice(head * len(query) // heads, (head + 1) * len(query) // heads)
        scores = torch.stack([(query[part] * key[part]).sum() for key in keys])
        scores = torch.exp((scores - scores.max()) / math.sqrt(len(query[part])))
        rows.append(scores / scores.sum())
    return torch.stack(rows)


def attend(query, keys, values, heads):
    """One query's attended value, before the output projection."""
    rows = attention_row(query, keys, heads)
    values = torch.stack(values)
    width = len(query) // heads
    return torch.cat(
        [row @ values[:, head * width:(head + 1) * width] for head, row in enumerate(rows)])


def projected(p, tokens, name):
    """Queries, keys or values of a list of tokens."""
    p = p.part('attention')
    return [
        linear(p, name,
               layer_norm(p, 'norm', token) if 'norm' in p else token) for token in tokens
    ]


def residual(p, token, attended):
    token = token + linear(p, 'attention.output', attended)
    hidden = gelu(linear(p, 'ffn.1', layer_norm(p, 'ffn.0', token)))
    return token + linear(p, 'ffn.3', hidden)


def deformable_attention(p, volume, modal, config):
    """New Z and new modal tokens; modal is T x K x 4C."""
    searched, *_ = search(p.part('search'), volume, kernel_of(config),
                          config.get('offset_range', 1.), config.get('searched_frames'))
    tokens = list(volume.flatten(0, 2)) + list(modal.flatten(0, 1))
    others = searched + list(modal.flatten(0, 1))
    keys, values = projected(p, others, 'key'), projected(p, others, 'value')
    out = torch.stack([
        residual(p, token, attend(query, keys, values, config['num_heads']))
        for token, query in zip(tokens, projected(p, tokens, 'query'))
    ])
    cells = len(out) - modal.shape[0] * modal.shape[1]
    return out[:cells].view_as(volume), out[cells:].view_as(modal)


def windows(length, window, stride=None, wrap=True):
    """Pairs of a query window and the key window it attends to, each a list of positions."""
    stride = max(1, window // 2) if stride is None else stride
    window = min(window, length)
    starts, start = [], 0
    while start < length - window:
        starts.append(start)
        start += stride
    starts.append(length - window)
    parts = [list(range(start, start + window)) for start in starts]
    after = parts[1:] + [parts[0] if wrap else parts[-1]]
    return list(zip(parts, after))


def joint_stride_attention(p, pose, modal, visible, config):
    """New P and new modal tokens; pose is T x R x 4C, modal T x K x 4C."""
    frames, joints = pose.shape[:2]
    tokens = {('pose', t, r): pose[t, r] for t in range(frames) for r in range(joints)}
    tokens.update({('modal', t, k): modal[t, k] for t in range(frames)
                   for k in range(modal.shape[1])})
    query, key, value = (dict(zip(tokens, projected(p, tokens.values(), name)))
                         for name in ('query', 'key', 'value'))
    pairs = windows(joints, config.get('joint_window', 8), config.get('joint_stride'),
                    config.get('wrap', True))
    seen = [
        sum(float(visible[t, r]) for t in range(frames)
            for r in attended) / (frames * len(attended)) for _, attended in pairs
    ]
    if sum(seen) == 0:
        seen = [1.] * len(pairs)
    total, weight = defaultdict(float), defaultdict(float)
    for (asking, attended), share in zip(pairs, seen):
        names = [name for name in tokens if name[0] == 'modal' or name[2] in attended]
        for name in tokens:
            if name[0] == 'modal' or name[2] in asking:
                gain = share if name[0] == 'modal' else 1.
                output = attend(query[name], [key[other] for other in names],
                                [value[other] for other in names], config['num_heads'])
                total[name] = total[name] + gain * output
                weight[name] += gain
    out = torch.stack([residual(p, tokens[name], total[name] / weight[name]) for name in tokens])
    return out[:frames * joints].view_as(pose), out[frames * joints:].view_as(modal)


def temporal_stride_attention(p, tokens, config):
    """New N, T x D_n x 4C."""
    query, key, value = ([projected(p, frame, name) for frame in tokens]
                         for name in ('query', 'key', 'value'))
    total, count = defaultdict(float), defaultdict(int)
    for asking, attended in windows(len(tokens), config.get('temporal_window', 4),
                                    config.get('temporal_stride'), config.get('wrap', True)):
        keys = sum((key[t] for t in attended), [])
        values = sum((value[t] for t in attended), [])
        for t in asking:
            for n in range(tokens.shape[1]):
                output = attend(query[t][n], keys, values, config['num_heads'])
                total[t, n] = total[t, n] + output
                count[t, n] += 1
    return torch.stack([
        torch.stack(
            [residual(p, token, total[t, n] / count[t, n]) for n, token in enumerate(frame)])
        for t, frame in enumerate(tokens)
    ])
