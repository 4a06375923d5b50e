"""Names the process of a distributed run that dies or hangs, where others wait for it.

gloo and nccl tell a process that waited in vain, not for whom. Therefore each one keeps a line in a
file of the work folder: where it is, and that it gave up waiting. Who has not given up when the
others have is the one.
"""
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mmengine.dist import get_rank, get_world_size, is_distributed
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..errors import InputError, find_system_mistake

_FOLDER = 'processes'  # of the work folder
_SECONDS = 5  # that those who give up wait for the others to do so, too
_LINE = 300  # bytes, so that a shorter line hides a longer one
_MOST = 4  # that a message names


class RollCall(Hook):
    """Keeps this process's line; see the module.

    Args:
        folder: The run's work folder.
    """
    priority = 'VERY_HIGH'  # before what another hook does in the same step

    def __init__(self, folder: str | Path) -> None:
        self._folder, self._rank = Path(folder) / _FOLDER, get_rank()
        self._line: dict[str, Any] = dict(host=socket.gethostname(), pid=os.getpid())
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path(self._rank), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o644)
        self._mark('the start')

    def _path(self, rank: int) -> Path:
        return self._folder / f'{rank}.json'

    def _mark(self, at: str, waits: bool = False) -> None:
        self._line |= dict(at=at, time=time.strftime('%H:%M:%S'), waits=waits)
        with suppress(OSError):  # a full disk is the checkpoint's to report
            os.pwrite(self._file, json.dumps(self._line).encode().ljust(_LINE), 0)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Mark an iteration of training."""
        self._mark(f'training iteration {runner.iter + 1}')

    def before_val_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Mark a batch of a validation."""
        self._mark(f'validation batch {batch_idx + 1}')

    def before_test_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Mark a batch of a test."""
        self._mark(f'test batch {batch_idx + 1}')

    def missing(self) -> str:
        """Say that this process gave up, and return who has not, '' where all have."""
        self._mark(self._line['at'], waits=True)
        others = [rank for rank in range(get_world_size()) if rank != self._rank]
        end = time.monotonic() + _SECONDS
        while lines := {rank: line for rank in others if not (line := self._read(rank))['waits']}:
            if time.monotonic() > end:
                break
            time.sleep(0.1)
        return ', '.join(_sentence(rank, lines[rank]) for rank in list(lines)[:_MOST])

    def _read(self, rank: int) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            return json.loads(self._path(rank).read_text())
        return dict(at='an unknown place', waits=False)

    def close(self) -> None:
        """Remove the line, and the folder where it was the last one."""
        os.close(self._file)
        with suppress(OSError):
            self._path(self._rank).unlink()
            self._folder.rmdir()


def _sentence(rank: int, line: dict[str, Any]) -> str:
    where = f', process number {line["pid"]} of {line["host"]}' if 'pid' in line else ''
    since = f', which it reached at {line["time"]}' if 'time' in line else ''
    return f'process {rank} was last at {line["at"]}{since}{where}'


@contextmanager
def roll_call(runner: Runner) -> Iterator[None]:
    """Let a distributed run that waits in vain name the process it waited for.

    Raises:
        InputError: A process died, or did not answer in time.
    """
    if not is_distributed():
        yield
        return
    call = RollCall(runner.work_dir)
    runner.register_hook(call, call.priority)
    try:
        yield
    except RuntimeError as error:
        mistake = find_system_mistake(error)
        missing = mistake is not None and mistake.file == 'distributed run' and call.missing()
        if mistake is None or not missing:
            raise
        raise InputError(mistake.file, mistake.field, f'{mistake.found}: {missing}',
                         mistake.want) from error
    finally:
        call.close()
