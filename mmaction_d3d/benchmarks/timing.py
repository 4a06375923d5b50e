"""Times of calls in turn, and their memory."""
import math
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

import torch

from ..datasets.array_store import give_back_memory

#: What is timed: a call without arguments.
Call = Callable[[], object]


def time_in_turn(calls: dict[str, Call], device: str, repeats: int,
                 clock: Callable[[], float] = time.perf_counter) -> dict[str, list[float]]:
    """Time every call once in each round, so that what else happens falls on all alike.

    Args:
        calls: Calls that have run before.
        device: ``'cuda'`` or ``'cpu'``.
        repeats: Rounds.
        clock: Of a CPU; ``time.process_time`` leaves out what other processes take. Defaults to
            wall time.

    Returns:
        Seconds of each call, by round.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].append(seconds(call, device, clock))
    return times


def seconds(call: Call, device: str = 'cpu', clock: Callable[[],
                                                             float] = time.perf_counter) -> float:
    """Time of a call; on a GPU until all that it started has ended there."""
    if device != 'cuda':
        begin = clock()
        call()
        return clock() - begin
    before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    before.record()
    call()
    after.record()
    torch.cuda.synchronize()
    return before.elapsed_time(after) / 1e3


def spread(name: str, values: Iterable[float]) -> dict[str, float]:
    """Median, least and greatest, under ``name``, ``name_low`` and ``name_high``."""
    values = list(values)
    return {name: median(values), f'{name}_low': min(values), f'{name}_high': max(values)}


def ratios(times: Sequence[float], reference: Sequence[float]) -> list[float]:
    """Ratio of two calls' times, round by round."""
    return [one / other for one, other in zip(times, reference, strict=True)]


def allocated(device: str) -> int:
    """Bytes of tensors on the GPU; 0 on a CPU."""
    return torch.cuda.memory_allocated() if device == 'cuda' else 0


def warm_up(make: Callable[[], Call], device: str, base: int | None = None) -> tuple[Call, float]:
    """Make a call and run it twice.

    Args:
        make: Makes it, with the model and the inputs that it needs.
        device: ``'cuda'`` or ``'cpu'``.
        base: Bytes on the GPU that do not count. Defaults to None: those before.

    Returns:
        The call, and the most GiB that were taken at once, weights, inputs and optimiser among
        them: of tensors on the GPU, in the second run, as the first also looks for the fastest
        kernels; of the whole process on a CPU, nan where the system does not tell it.
    """
    if device == 'cuda':
        base = allocated(device) if base is None else base
        call = make()
        call()
        torch.cuda.reset_peak_memory_stats()
        call()
        torch.cuda.synchronize()
        return call, (torch.cuda.max_memory_allocated() - base) / 2**30
    before = _start_peak()
    call = make()
    call()
    call()
    return call, (process_memory(peak=True) - before) / 2**30


def process_memory(peak: bool = False) -> float:
    """Bytes of this process in memory, now or at the most; nan where Linux does not tell."""
    name = 'VmHWM' if peak else 'VmRSS'
    status = Path('/proc/self/status')
    lines = status.read_text().splitlines() if status.exists() else []
    return next((1024. * int(line.split()[1]) for line in lines if line.startswith(name)), math.nan)


def _start_peak() -> float:
    """Let the peak of this process start anew; return what it takes now."""
    try:
        give_back_memory()  # or the next call would take it unseen
        Path('/proc/self/clear_refs').write_text('5')
    except OSError:
        return math.nan
    return process_memory()


def matrix_product(device: str, side: int | None = None) -> tuple[Call, int]:
    """Return a call of a matrix product, and its multiply-adds.

    Args:
        device: ``'cuda'``, where it is bfloat16, or ``'cpu'``, float32.
        side: Of the matrices. Defaults to None: enough to be limited by arithmetic alone.
    """
    side = side or (8192 if device == 'cuda' else 2048)
    dtype = torch.bfloat16 if device == 'cuda' else torch.float32
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    return lambda: a @ b, side**3
