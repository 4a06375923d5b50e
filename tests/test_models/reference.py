"""The model once more, as plain loops over frames, joints, cells, windows, heads and queries.

Written from the paper and its appendix, with nothing taken from the package but parameters by name.
Slow and differentiable: it is what the package is compared with, in value and through autograd in
gradient. Tensors are float64; a sample at a time, without a batch axis.
"""
import math
from collections import defaultdict

import torch

LEAST_REACH = 1e-6  # a heatmap below this everywhere reaches no cell: the joint counts as missing


class Parameters:
    """Parameters of a module by name, of which a part of the names may be taken for granted."""

    def __init__(self, named, prefix=''):
        self.named, self.prefix = named, prefix

    def __call__(self, name):
        return self.named[self.prefix + name]

    def __contains__(self, name):
        return any(key.startswith(self.prefix + name) for key in self.named)

    def part(self, name):
        return Parameters(self.named, f'{self.prefix}{name}.')


# --- Elementary functions


def linear(p, name, x):
    y = x @ p(f'{name}.weight').T
    return y + p(f'{name}.bias') if f'{name}.bias' in p else y


def layer_norm(p, name, x):
    mean = x.sum(-1, keepdim=True) / x.shape[-1]
    variance = ((x - mean)**2).sum(-1, keepdim=True) / x.shape[-1]
    return (x - mean) / torch.sqrt(variance + 1e-5) * p(f'{name}.weight') + p(f'{name}.bias')


def gelu(x):
    return x * (1 + torch.erf(x / math.sqrt(2))) / 2


def resize(rows, count):
    """Linear interpolation of a list of vectors to `count`, ends aligned at the outer edges."""
    length, resized = len(rows), []
    for i in range(count):
        position = min(max((i + 0.5) * length / count - 0.5, 0), length - 1)
        low = int(position)
        high = min(low + 1, length - 1)
        resized.append((low + 1 - position) * rows[low] + (position - low) * rows[high])
    return torch.stack(resized)


def resize_plane(plane, height, width):
    return resize([resize(list(row), width) for row in plane], height)


# --- Pose tokens, equations (1) and (2)


def heatmap(joint, grid, sigma=1., use_score=True):
    """H_{t,r}, H/2 x W/2, of a joint (x, y, score) in input pixels."""
    x, y, score = (float(value) for value in joint)
    cells = torch.zeros(grid, dtype=torch.float64)
    if not (math.isfinite(x) and math.isfinite(y) and score > 0):
        return cells
    weight = min(score, 1.) if use_score else 1.
    for j in range(grid[0]):
        for i in range(grid[1]):
            distance = (i - (x / 2 - 0.25))**2 + (j - (y / 2 - 0.25))**2
            cells[j, i] = weight * math.exp(-distance / (2 * sigma**2))
    return cells


def heatmaps(keypoint, grid, sigma=1., use_score=True):
    """Heatmaps of T x R x 3 joints, T x R x H/2 x W/2."""
    return torch.stack([
        torch.stack([heatmap(joint, grid, sigma, use_score) for joint in frame])
        for frame in keypoint
    ])


def is_visible(joint, grid, sigma=1.):
    return bool(heatmap(joint, grid, sigma, use_score=False).max() >= LEAST_REACH)


def left_to_right(keypoint, visible, config):
    """Person slots by the mean x of their visible joints over the clip, those without any last."""
    joints = config['num_joints']
    places = []
    for first in range(0, keypoint.shape[1], joints):
        seen = [
            float(frame[r, 0]) for frame, there in zip(keypoint, visible)
            for r in range(first, first + joints) if there[r]
        ]
        places.append((sum(seen) / len(seen) if seen else math.inf, first // joints))
    order = [slot for _, slot in sorted(places)]
    return order if config.get('order_people') else list(range(len(order)))


def body_tokens(p, keypoint, visible, config):
    """One token of all joints a frame, T x 4C."""
    seen = [joint[:2] for joint in keypoint[visible]]
    centre = sum(seen) / max(len(seen), 1)
    spread = math.sqrt(
        sum(float(((joint - centre)**2).sum()) for joint in seen) / 2 / max(len(seen), 1))
    tokens = []
    for t, frame in enumerate(keypoint):
        body = []
        for r, joint in enumerate(frame):
            numbers = torch.zeros(3 + 2 * len(config.get('motion_lags', ())), dtype=torch.float64)
            if visible[t, r]:
                numbers[:2] = (joint[:2] - centre) / max(spread, 1.)
                numbers[2] = min(float(joint[2]), 1.) if config.get('use_score', True) else 1.
                for index, lag in enumerate(config.get('motion_lags', ())):
                    if t >= lag and visible[t - lag, r]:
                        moved = (joint[:2] - keypoint[t - lag, r, :2]) / max(spread, 1.)
                        numbers[3 + 2 * index:5 + 2 * index] = moved
            body.append(numbers)
        people = torch.cat(body).chunk(keypoint.shape[1] // config['num_joints'])
        body = torch.cat([people[slot] for slot in left_to_right(keypoint, visible, config)])
        tokens.append(linear(p, '2', gelu(linear(p, '0', body))))
    return torch.stack(tokens)


def pose_tokens(p, features, keypoint, time_embed, config):
    """P, T x R x 4C, and the visible joints, T x R; `features` is F_a, C x T x H/2 x W/2."""
    grid, sigma = tuple(features.shape[-2:]), config.get('sigma', 1.)
    use_score = config.get('use_score', True)
    visible = torch.tensor([[is_visible(joint, grid, sigma) for joint in frame]
                            for frame in keypoint])
    places = [joint[:2] for joint in keypoint[visible]]
    if places:
        centre = sum(places) / len(places)
        spread = math.sqrt(
            sum(float(((place - centre)**2).sum()) for place in places) / (2 * len(places)))
    tokens = []
    for t, frame in enumerate(keypoint):
        for r, joint in enumerate(frame):
            cells = heatmap(joint, grid, sigma, use_score) * visible[t, r]
            pooled = 0.
            for j in range(grid[0]):
                for i in range(grid[1]):
                    pooled = pooled + features[:, t, j, i] * cells[j, i]
            token = layer_norm(p, 'norm', linear(p, 'projection', pooled))
            if config.get('pose_embed', 'coords') == 'coords':
                where = torch.zeros(3, dtype=torch.float64)

                def normalised(joint):
                    return (joint[:2] - centre) / max(spread, 1.)

                if visible[t, r]:
                    score = min(float(joint[2]), 1.) if use_score else 1.
                    where[:2] = normalised(joint)
                    where[2] = score
                else:
                    token = p('missing_token')
                parts = [where]
                for octave in range(config.get('octaves', 0)):
                    parts += [f(1.5 * 2**octave * where[:2]) for f in (torch.sin, torch.cos)]
                for lag in config.get('motion_lags', ()):
                    moved = torch.zeros(2, dtype=torch.float64)
                    if t >= lag and visible[t, r] and visible[t - lag, r]:
                        moved = normalised(joint) - normalised(keypoint[t - lag, r])
                    parts.append(moved)
                where = torch.cat(parts)
                hidden = gelu(linear(p, 'coord_mlp.0', where))
                token = token + linear(p, 'coord_mlp.2', hidden) + time_embed[t]
                person, which = divmod(r, config['num_joints'])
                person = left_to_right(keypoint, visible, config).index(person)
                embed = p('place_embed' if config.get('order_people') else 'person_embed')
                token = token + p('joint_embed')[which] + embed[person]
            tokens.append(token)
    return torch.stack(tokens).unflatten(0, keypoint.shape[:2]), visible


# --- RGB tokens


def rgb_tokens(p, features, time_embed):
    """Z, T x H/8 x W/8 x 4C, from F_b, 4C x T x H/8 x W/8."""
    frames, height, width = features.shape[1:]
    space = resize_plane(p('space_embed'), height, width)
    return torch.stack([
        layer_norm(p, 'norm', features[:, t, y, x] + time_embed[t] + space[y, x])
        for t in range(frames) for y in range(height) for x in range(width)
    ]).unflatten(0, (frames, height, width))


# --- 3D token search, equation (3), algorithm A3


def trilinear(volume, point):
    """Token at a normalised (x, y, z) of T x H x W x 4C: the sum over all cells of A3."""

    def g(place, cell):
        return torch.clamp(1 - torch.abs(place - cell), min=0)

    depth, height, width, _ = volume.shape
    place = [
        torch.clamp(((value + 1) * count - 1) / 2, 0, count - 1)
        for value, count in zip(point, (width, height, depth))
    ]
    near_x, near_y, near_z = ([g(along, cell) for cell in range(count)]
                              for along, count in zip(place, (width, height, depth)))
    token = 0.
    for rz in range(depth):
        for ry in range(height):
            for rx in range(width):
                token = token + near_x[rx] * near_y[ry] * near_z[rz] * volume[rz, ry, rx]
    return token


def padded(volume, kernel):
    """Repeats border cells where an axis is shorter than the kernel."""
    for axis, size in enumerate(kernel):
        count = volume.shape[axis]
        if count < size:
            before = (size - count) // 2
            cells = [min(max(i - before, 0), count - 1) for i in range(size)]
            volume = torch.stack([volume.select(axis, cell) for cell in cells], axis)
    return volume


def search(p, volume, kernel, offset_range=1., searched_frames=None):
    """Z~ in a list, the places where it was found, their offsets and the grid; volume is Z."""
    wide, weight = padded(volume, kernel), p('conv.weight')
    grid = [have - size + 1 for have, size in zip(wide.shape, kernel)]
    starts = list(range(grid[0]))
    if searched_frames is not None and len(starts) > searched_frames:
        share = len(starts) / searched_frames  # the start in the middle of each share
        starts = [starts[math.floor((i + 0.5) * share)] for i in range(searched_frames)]
        grid[0] = searched_frames
    tokens, points, offsets = [], [], []
    for t, start in enumerate(starts):
        for y in range(grid[1]):
            for x in range(grid[2]):
                value = p('conv.bias')
                for a in range(kernel[0]):
                    for b in range(kernel[1]):
                        for c in range(kernel[2]):
                            cell, w = wide[start + a, y + b, x + c], weight[:, :, a, b, c]
                            value = value + (w[:, 0] * cell if w.shape[1] == 1 else w @ cell)
                offset = linear(p, 'to_offset', gelu(layer_norm(p, 'norm', value)))
                offset = offset_range * torch.tanh(offset)
                reference = torch.tensor([(2 * i + 1) / n - 1
                                          for i, n in zip((x, y, t), reversed(grid))]).to(offset)
                points.append(reference + offset)
                offsets.append(offset)
                tokens.append(trilinear(volume, points[-1]))
    return tokens, points, offsets, grid


# --- The three attentions, equations (4) to (7), algorithms A1 to A3


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


# --- The whole


def kernel_of(config):
    size = config.get('kernel_size', 7)
    return (size, ) * 3 if isinstance(size, int) else tuple(size)


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
