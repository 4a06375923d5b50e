"""Heatmaps, pose tokens and RGB tokens."""
import math

import torch

from .parts import gelu, layer_norm, linear, resize_plane

LEAST_REACH = 1e-6  # a heatmap below this everywhere reaches no cell: the joint counts as missing


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


def rgb_tokens(p, features, time_embed):
    """Z, T x H/8 x W/8 x 4C, from F_b, 4C x T x H/8 x W/8."""
    frames, height, width = features.shape[1:]
    space = resize_plane(p('space_embed'), height, width)
    return torch.stack([
        layer_norm(p, 'norm', features[:, t, y, x] + time_embed[t] + space[y, x])
        for t in range(frames) for y in range(height) for x in range(width)
    ]).unflatten(0, (frames, height, width))
