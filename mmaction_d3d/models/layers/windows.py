"""Overlapping windows of stride attention (appendix A.1 and A.2, algorithms A1 and A2)."""
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...errors import InputError


class StrideWindows(NamedTuple):
    """Index tensors of the windows over one axis.

    Attributes:
        query: Positions of each query window, n x window.
        key: Positions of the key window that each query window attends to, n x window.
        average: Matrix, length x (n * window), that averages the windows' values where they
            overlap.
    """
    query: Tensor
    key: Tensor
    average: Tensor


def check_window(owner: str, window: int, stride: int | None) -> None:
    """Refuse a window or a stride that cannot be.

    Raises:
        InputError: The window is empty, or the stride leaves positions out.
    """
    if window < 1:
        raise InputError(owner, 'window', window, '1 or more')
    if stride is not None and not 1 <= stride <= window:
        raise InputError(owner, 'stride', stride, f'1 to {window}, the window')


def stride_windows(length: int, window: int, stride: int | None = None, wrap: bool = True,
                   device: torch.device = torch.device('cpu')) -> StrideWindows:
    """Lay windows over an axis so that every position is a query and a key.

    Window k starts at min(k * stride, length - window), for k = 0 .. n - 1 with
    n = ceil((length - window) / stride) + 1, and attends to window k + 1. The paper's loops leave
    the axis' end without queries and its beginning without keys; the wrap-around mends the latter.

    Args:
        length: Positions on the axis.
        window: Positions in a window; an axis that is shorter is one window.
        stride: Distance of two windows, 1 to ``window``. Defaults to None, the paper's max(1,
            window // 2).
        wrap: Whether the last window attends to the first one, otherwise to itself. Defaults to
            True.
        device: Where the index tensors live.

    Returns:
        The windows; cached, not to be edited.
    """
    arguments = length, window, stride or max(1, window // 2), wrap, device
    # A compiler keeps them as constants of its own.
    return (_lay_windows if torch.compiler.is_compiling() else cached_windows)(*arguments)


@lru_cache(maxsize=64)
def cached_windows(*arguments: Any) -> StrideWindows:
    """Lay windows; those of equal arguments once."""
    # Cached tensors serve training too, where tensors made in inference mode are refused.
    with torch.inference_mode(False):
        return _lay_windows(*arguments)


def _lay_windows(length: int, window: int, stride: int, wrap: bool,
                 device: torch.device) -> StrideWindows:
    # In tensors, so that an exported graph lays them for any length of at least a window.
    window = window if length >= window else length
    count = (length - window + stride - 1) // stride + 1
    starts = (torch.arange(count, device=device) * stride).clamp(max=length - window)
    query = starts[:, None] + torch.arange(window, device=device)
    key = query.roll(-1, 0) if wrap else torch.cat((query[1:], query[-1:]))
    member = (query.flatten() == torch.arange(length, device=device)[:, None]).float()
    return StrideWindows(query, key, member / member.sum(dim=1, keepdim=True))
