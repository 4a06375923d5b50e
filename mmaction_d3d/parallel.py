"""Jobs over all processors, in order, with their progress."""
import gc
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import is_dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.pool import ExceptionWithTraceback  # type: ignore[attr-defined]  # no stub
from pathlib import Path
from typing import Any, TypeVar

import cv2

from .errors import InputError
from .progress import Progress

Job = TypeVar('Job')
Result = TypeVar('Result')

#: Seconds after which a process that still does the same job counts as hanging.
JOB_SECONDS = 3600

_AHEAD = 2  # jobs that a process is told, so that it need not wait for the next one


def available_cpus() -> int:
    """Return the number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0))


def map_in_order(function: Callable[[Job], Result], jobs: Sequence[Job], workers: int | None = None,
                 name: str = 'jobs', done: int = 0) -> Generator[Result, None, None]:
    """Yield ``function(job)`` in the order of ``jobs``, and show how many are done.

    Args:
        function: Of one job.
        jobs: What it gets.
        workers: Processes; with one, all is done in this one. Defaults to None: one for each CPU.
        name: Of the jobs, in the plural.
        done: Jobs of an earlier run. Defaults to 0.

    Raises:
        InputError: A process died at a job, killed or by a crash of a library. That is known at
            once, and ends the others. Or one took longer than :data:`JOB_SECONDS`, which does so,
            too.
        Exception: What ``function`` raises.
    """
    workers = min(available_cpus() if workers is None else workers, max(len(jobs), 1))
    progress = Progress(name, done + len(jobs), done)
    if workers > 1:
        yield from _over_processes(function, jobs, workers, progress)
        return
    with progress:
        for result in map(function, jobs):
            progress.step()
            yield result


def _over_processes(function: Callable[[Job], Result], jobs: Sequence[Job], workers: int,
                    progress: Progress) -> Generator[Result, None, None]:
    # A forked process has none of the threads of OpenCV, nor of what waits here to be collected,
    # but would wait for them: end them before.
    gc.collect()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    team: list[_Worker] = []
    try:
        with _ctrl_c_waits():  # until all are there that it is to end
            for _ in range(workers):
                team.append(_Worker(function, jobs, [worker.connection for worker in team]))
        todo, results = iter(range(len(jobs))), dict[int, Result]()
        for worker in team * _AHEAD:
            worker.take(next(todo, None))
        with progress:  # the processes know nothing of its bar
            for index in range(len(jobs)):
                while index not in results:
                    busy: dict[Any, _Worker] = {
                        worker.connection: worker for worker in team if worker.taken
                    }
                    for connection in _answering(busy):
                        worker = busy[connection]
                        results.update([worker.answer()])
                        progress.step()
                        worker.take(next(todo, None))
                yield results.pop(index)
    finally:
        for worker in team:
            worker.process.kill()  # one that hangs in a library does not hear of SIGTERM
        for worker in team:
            worker.process.join()
        cv2.setNumThreads(threads)


def _answering(busy: dict[Any, '_Worker']) -> list[Any]:
    """Wait for processes that have something to say, and return their connections."""
    first = min(worker.since for worker in busy.values())
    answering = wait(list(busy), max(first + JOB_SECONDS - time.monotonic(), 0))
    for worker in busy.values():
        if worker.connection not in answering and time.monotonic() - worker.since > JOB_SECONDS:
            raise InputError(
                worker.job, 'worker process', f'no answer for {JOB_SECONDS} s at this job',
                'one that ends (does the input hang a library, or the disk? with --workers 1 '
                'nothing is timed)')
    return answering


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Answer Ctrl-C at the end; processes that are started here do not see it."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _Worker:
    """A process that does jobs, and what it has been told to do."""

    def __init__(self, function: Callable[[Job], Result], jobs: Sequence[Job],
                 elders: list[Connection]) -> None:
        fork = multiprocessing.get_context('fork')
        self.connection, theirs = fork.Pipe()
        self.process = fork.Process(target=_work, daemon=True,
                                    args=(function, jobs, theirs, [*elders, self.connection]))
        self.process.start()
        theirs.close()
        self._jobs, self.taken = jobs, deque[int]()
        self.since = 0.  # when it began with the first job that it has

    @property
    def job(self) -> str:
        """The job that it does, as a user knows it."""
        return _text_of(self._jobs[self.taken[0]])

    def take(self, index: int | None) -> None:
        """Tell the process a job to do after those that it has."""
        if index is not None:
            if not self.taken:
                self.since = time.monotonic()
            self.taken.append(index)
            with suppress(OSError):  # the process is dead, which reading its answer says
                self.connection.send(index)

    def answer(self) -> tuple[int, Any]:
        """Wait for the result of its first job."""
        try:
            error, result = self.connection.recv()
        except (EOFError, OSError):
            self.process.join()
            raise InputError(
                self.job, 'worker process',
                f'its end by {_ending(self.process.exitcode)} at this job',
                'one that lives (does the input crash a library? is there too little memory?)'
            ) from None
        if error is not None:
            raise error
        self.since = time.monotonic()
        return self.taken.popleft(), result


def _work(function: Callable[[Job], Result], jobs: Sequence[Job], connection: Connection,
          others: list[Connection]) -> None:
    """Do jobs until there is no parent any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, and that its workers
    for other in others:
        other.close()  # held open here, they would never tell that the parent is gone
    try:
        while True:
            job = jobs[connection.recv()]
            try:
                answer: tuple[Exception | None, Any] = None, function(job)
            except Exception as error:
                answer = ExceptionWithTraceback(error, error.__traceback__), None
            connection.send(answer)
    except (EOFError, OSError):
        pass


def _ending(code: int | None) -> str:
    """Say how a process ended, by its exit code."""
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f'exit code {code}'


def _text_of(job: object) -> str:
    """Return the names and numbers in a job, by which a user knows it."""
    if isinstance(job, (str, int, Path)):
        return str(job)
    if is_dataclass(job):
        job = list(vars(job).values())
    parts = job if isinstance(job, (list, tuple)) else []
    return ' '.join(filter(None, map(_text_of, parts)))[:300]
