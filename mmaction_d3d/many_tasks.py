"""Commands as tasks on many machines: an array of Slurm's, started and watched by submitit."""
from __future__ import annotations

import importlib.util
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import InputError, shown
from .progress import Progress
from .run_folder import RunFolder

if TYPE_CHECKING:
    import submitit

ENGINES = 'slurm', 'local'
_MISTAKE = 2  # exit code of a wrong input, which no other machine changes
_PAUSE = dict(slurm=10., local=0.1)  # seconds between two looks


class Settings(NamedTuple):
    """How tasks run.

    Attributes:
        engine: ``slurm``, or ``local``: processes of this machine.
        at_once: Tasks at a time, at most.
        minutes: Time limit of a task.
        retries: How often a task that was lost starts again.
        slurm: Further arguments of ``sbatch``, such as ``dict(partition='gpu')``.
    """
    engine: str
    at_once: int
    minutes: int
    retries: int
    slurm: dict[str, str]


def _executor(folder: Path, settings: Settings) -> submitit.Executor:
    if importlib.util.find_spec('submitit') is None:
        raise InputError('environment', 'submitit', 'nothing',
                         'pip install --no-deps -r requirements/slurm.txt')
    import submitit
    folder.mkdir(parents=True, exist_ok=True)
    try:
        executor = submitit.AutoExecutor(folder, cluster=settings.engine)
        executor.update_parameters(
            timeout_min=settings.minutes, slurm_array_parallelism=settings.at_once,
            **{f'slurm_{key}': value for key, value in settings.slurm.items()})
    except (NameError, RuntimeError) as error:  # an unknown argument; no Slurm here
        raise InputError('command line', f'engine {settings.engine}', shown(str(error)),
                         'a machine that has sbatch, and arguments of its own') from error
    return executor


def run_tasks(commands: Sequence[Sequence[str]], folder: RunFolder,
              settings: Settings) -> dict[int, str]:
    """Run commands, of which an earlier run may have done some, and watch them.

    A task is done when its command ends with exit code 0. It starts again where it was lost: with
    its machine, by its time limit, or by any exit code but 2, a wrong input. Stopped from the
    keyboard, tasks are cancelled.

    Args:
        commands: Commands, each of which goes on where a run of it was stopped.
        folder: Keeps which are done, and logs.
        settings: How they run.

    Returns:
        Why the others failed, by number from 0.

    Raises:
        InputError: submitit is not installed, or its engine takes no tasks.
    """
    todo = [number for number in range(len(commands)) if not folder.path(f'{number}').is_file()]
    if len(todo) < len(commands):
        print(f'{len(commands) - len(todo)} of {len(commands)} tasks are done from an earlier run')
    if not todo:
        return {}
    executor = _executor(folder.folder / 'logs', settings)
    failed: dict[int, str] = {}
    tries = dict.fromkeys(todo, 0)
    running: dict[int, Any] = {}
    try:
        with Progress('tasks', len(commands), len(commands) - len(todo)) as progress:
            while todo or running:
                starting, todo = _next(todo, running, settings)
                if starting:  # a function that imports nothing of this package
                    jobs = executor.map_array(subprocess.call,
                                              [list(commands[number]) for number in starting])
                    running.update(zip(starting, jobs))
                for number in [number for number, job in running.items() if job.done()]:
                    why = _problem(running.pop(number))
                    if not why:
                        folder.keep(f'{number}', 0)
                    elif tries[number] < settings.retries and f'code {_MISTAKE},' not in why:
                        tries[number] += 1
                        print(f'task {number + 1} starts again: {why}', flush=True)
                        todo.append(number)
                        continue
                    else:
                        failed[number] = why
                    progress.step()
                if running:
                    time.sleep(_PAUSE[settings.engine])
    finally:
        for job in running.values():
            with suppress(Exception):  # of any kind: the others are to be cancelled, too
                job.cancel()
    return failed


def _next(todo: list[int], running: dict[int, Any],
          settings: Settings) -> tuple[list[int], list[int]]:
    """Split what waits into what starts now and what goes on waiting."""
    room = len(todo)  # Slurm itself keeps the limit
    if settings.engine == 'local':
        room = settings.at_once - len(running)
    return todo[:room], todo[room:]


def _problem(job: Any) -> str:
    """Return why a task is not done; '' where it is."""
    try:
        code = job.result()
    except Exception as error:  # of any kind: how a task was lost
        return f'lost ({" ".join(str(error).split())[:200]})'
    log = job.paths.stderr
    lines = log.read_text(errors='replace').split('\n') if log.is_file() else []
    last = next((line for line in reversed(lines) if line.strip() and 'submitit' not in line), '')
    return f'exit code {code}, {last.strip()[:300]} (log: {log})' if code else ''
