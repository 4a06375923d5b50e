"""3D token search, equation (3), algorithm A3."""
import math

import torch

from .parts import gelu, layer_norm, linear


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


def kernel_of(config):
    size = config.get('kernel_size', 7)
    return (size, ) * 3 if isinstance(size, int) else tuple(size)
