"""Jobs over all processors, in order, with a line of progress."""
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

import cv2

Job = TypeVar('Job')
Result = TypeVar('Result')


def available_cpus() -> int:
    """Return the number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0))


def map_in_order(function: Callable[[Job], Result], jobs: Sequence[Job], workers: int | None = None,
                 name: str = 'jobs', done: int = 0) -> Generator[Result, None, None]:
    """Yield ``function(job)`` in the order of ``jobs``, with a line of progress.

    Args:
        function: Of one job; where ``workers`` is not 1, of a module's top level.
        jobs: What it gets.
        workers: Processes. Defaults to None: one for each CPU.
        name: What the line of progress calls the jobs.
        done: Jobs of an earlier run, for the line of progress. Defaults to 0.
    """
    workers = min(available_cpus() if workers is None else workers, max(len(jobs), 1))
    progress = Progress(name, done + len(jobs), done)
    if workers <= 1:
        for job in jobs:
            result = function(job)
            progress.step()
            yield result
        return
    # A forked process has none of the threads of OpenCV, nor of what waits here to be collected, but
    # would wait for them: end them before.
    gc.collect()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with multiprocessing.get_context('fork').Pool(workers) as pool:
            for result in pool.imap(function, jobs, chunksize=1):
                progress.step()
                yield result
    finally:
        cv2.setNumThreads(threads)


class Progress:
    """A line that updates itself on a terminal, and one for every tenth otherwise."""

    def __init__(self, name: str, total: int, done: int = 0) -> None:
        self.name, self.total, self.done = name, total, done
        self._start, self._at_start = time.monotonic(), done
        self._next = 0.0

    def step(self, count: int = 1) -> None:
        """Count finished jobs."""
        before, self.done = self.done, self.done + count
        now = time.monotonic()
        terminal = sys.stdout.isatty()
        tenth = max(self.total // 10, 1)
        last = self.done == self.total
        if not last and (now < self._next if terminal else before // tenth == self.done // tenth):
            return
        self._next = now + 0.2
        left = (now - self._start) / (self.done - self._at_start) * (self.total - self.done)
        print(f'{self.name}: {self.done}/{self.total}, {left:.0f} s left',
              end='\r' if terminal and not last else '\n', flush=True)
