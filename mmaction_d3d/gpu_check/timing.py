"""Times of calls in turn, and their memory."""
import time
from collections.abc import Callable
from statistics import median

import torch


def time_in_turn(calls: dict[str, Callable], device: str, repeats: int) -> dict[str, dict]:
    """Time every call once in each round, so that what else happens falls on all alike.

    Args:
        calls: Calls without arguments, that have run before.
        device: ``'cuda'`` or ``'cpu'``.
        repeats: Rounds.

    Returns:
        ``ms`` (median), ``low`` and ``high`` of each.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].append(1e3 * _seconds(call, device))
    return {
        name: dict(ms=median(every), low=min(every), high=max(every))
        for name, every in times.items()
    }


def _seconds(call: Callable, device: str) -> float:
    if device != 'cuda':
        begin = time.perf_counter()
        call()
        return time.perf_counter() - begin
    before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    before.record()
    call()
    after.record()
    torch.cuda.synchronize()
    return before.elapsed_time(after) / 1e3


def warm_up(call: Callable, device: str, base: int = 0) -> float:
    """Run a call twice; peak memory of the second on the GPU, GiB, above ``base`` bytes."""
    call()
    if device == 'cuda':
        torch.cuda.reset_peak_memory_stats()
    call()
    if device != 'cuda':
        return 0.
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - base) / 2**30


def allocated(device: str) -> int:
    """Bytes of tensors on the GPU; 0 on a CPU."""
    return torch.cuda.memory_allocated() if device == 'cuda' else 0
