"""Parameters by name, and elementary functions."""
import math

import torch


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
