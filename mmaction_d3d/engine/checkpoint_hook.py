"""MMEngine's checkpoint hook, which removes a checkpoint only when the next one is whole."""
import inspect
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmaction.registry import HOOKS
from mmengine import hooks
from mmengine.dist import is_main_process
from mmengine.fileio import BaseStorageBackend
from mmengine.runner import Runner

from ..checkpoint_files import SUM_SUFFIX
from ..files import write_text
from .rank_buffers import KEY, differing_buffers, use_own_buffers
from .stop_signals import any_asks

_BETWEEN = 'iter_{}.pth'  # of an iteration, where others are of epochs


@HOOKS.register_module()
class CheckpointHook(hooks.CheckpointHook):
    """MMEngine's ``CheckpointHook``, which at no time leaves a run without a whole checkpoint.

    MMEngine's removes the older checkpoint, and the best one so far, before it writes the newer.
    This one has its name, so that every config of MMAction2 gets it. See
    :mod:`mmaction_d3d.checkpoint_files` for how a file is written.

    Args:
        *args: As of MMEngine's.
        every_iters: Every how many iterations to save within an epoch too, as ``iter_N.pth``; only
            the last of them stays, until the next checkpoint of an epoch. Defaults to None.
        every_minutes: The same after so many minutes without a checkpoint, by the clock of the main
            process; several processes look every 10 iterations. Defaults to None.
        **kwargs: As of MMEngine's.
    """

    def __init__(self, *args: Any, every_iters: int | None = None,
                 every_minutes: float | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in set(self.args) - set(inspect.signature(Runner.save_checkpoint).parameters):
            raise TypeError(f'{type(self).__name__} got an unexpected keyword argument {key!r}')
        if not isinstance(self.out_dir, (str, Path, type(None))):
            raise TypeError(f'out_dir is no folder: {self.out_dir!r}')
        self.every_iters, self.every_minutes, self._due = every_iters, every_minutes, False
        self._rank_buffers: list[dict] = []

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add what the other processes have of their own."""
        if self._rank_buffers:
            checkpoint[KEY] = self._rank_buffers

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Give each process what was its own, where a training goes on."""
        if runner._resume:
            use_own_buffers(checkpoint, runner._load_from or runner.work_dir)

    def before_train(self, runner: Runner) -> None:
        """Find the folder, and remove what a run that was stopped had superseded."""
        known = runner.message_hub
        numbers = list(known.get_info('keep_ckpt_ids') or [])
        surplus = numbers[:-self.max_keep_ckpts] if self.max_keep_ckpts > 0 else []
        known.update_info('keep_ckpt_ids', numbers[len(surplus):])
        super().before_train(runner)
        self._saved = time.monotonic()
        self.last_ckpt = known.get_info('last_ckpt')
        self._remove(map(self.filename_tmpl.format, surplus))
        self._remove_between(runner)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None,
                         outputs: Any = None) -> None:
        """Save where an iteration is due, once its update is complete."""
        super().after_train_iter(runner, batch_idx, data_batch, outputs)
        if not self.by_epoch:
            return
        if self.every_iters:
            self._due |= self.every_n_train_iters(runner, self.every_iters)
        if self.every_minutes:
            late = time.monotonic() - self._saved >= 60 * self.every_minutes
            self._due |= any_asks(late and is_main_process(), runner.iter + 1)
        if self._due and is_update_complete(runner):
            self._save_between(runner, runner.iter + 1)

    def save_now(self, runner: Runner) -> str:
        """Save after an iteration; return the file."""
        return self._save_between(runner, runner.iter)

    def _save_between(self, runner: Runner, iteration: int) -> str:
        self._due = False
        known = runner.message_hub
        known.update_info('keep_iter_ids', [*(known.get_info('keep_iter_ids') or []), iteration])
        self._write(runner, _BETWEEN.format(iteration), dict(epoch=runner.epoch, iter=iteration))
        return str(self.last_ckpt)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Save, say which is the last one, and only then remove the oldest."""
        if isinstance(self.file_backend, _LateRemovals):
            self.file_backend.remove_now()  # the better one is whole
        numbers = []
        if self.max_keep_ckpts > 0:
            numbers = [number for number in self.keep_ckpt_ids if number != step] + [step]
            # With the one to be removed: a run that is stopped before that does it when it goes on.
            runner.message_hub.update_info('keep_ckpt_ids', numbers)
        self._write(runner, self.filename_tmpl.format(step), meta)
        if self.max_keep_ckpts > 0:
            self.keep_ckpt_ids.clear()
            self.keep_ckpt_ids.extend(numbers[-self.max_keep_ckpts:])
            runner.message_hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))
            self._remove(map(self.filename_tmpl.format, numbers[:-self.max_keep_ckpts]))

    def _write(self, runner: Runner, name: str, meta: dict) -> None:
        """Write a checkpoint that is the last one from then on."""
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        self._rank_buffers = differing_buffers(runner.model)
        runner.save_checkpoint(self.out_dir, name, self.file_client_args,
                               save_optimizer=self.save_optimizer,
                               save_param_scheduler=self.save_param_scheduler, meta=meta,
                               by_epoch=self.by_epoch, backend_args=self.backend_args, **self.args)
        self._rank_buffers = []
        if is_main_process():
            write_text(Path(runner.work_dir, 'last_checkpoint'), self.last_ckpt)
        self._remove_between(runner)
        self._saved = time.monotonic()

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        """Save where the metrics are better, and only then remove the best one before."""
        backend: BaseStorageBackend = self.file_backend
        late = _LateRemovals(backend)
        self.file_backend: BaseStorageBackend = late
        try:
            super()._save_best_checkpoint(runner, metrics)
            late.remove_now()
        finally:
            self.file_backend = backend

    def _remove_between(self, runner: Runner) -> None:
        """Remove the checkpoints of iterations but the last one of all."""
        numbers = runner.message_hub.get_info('keep_iter_ids') or []
        last = Path(self.last_ckpt or '').name
        runner.message_hub.update_info(
            'keep_iter_ids', [number for number in numbers if _BETWEEN.format(number) == last])
        self._remove(name for name in map(_BETWEEN.format, numbers) if name != last)

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            if is_main_process():
                _remove(self.file_backend, self.file_backend.join_path(self.out_dir, name))


def is_update_complete(runner: Runner) -> bool:
    """Whether no gradient waits for further batches of its update."""
    wrapper = runner.optim_wrapper
    return wrapper._inner_count % wrapper._accumulative_counts == 0


class _LateRemovals:
    """A storage backend that removes files when it is told to."""

    def __init__(self, backend: BaseStorageBackend) -> None:
        self._backend = backend
        self._due: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def remove(self, path: str) -> None:
        self._due.append(path)

    rmtree = remove

    def remove_now(self) -> None:
        while self._due:
            _remove(self._backend, self._due.pop())


def _remove(backend: BaseStorageBackend, path: str) -> None:
    """Remove a checkpoint and its checksum."""
    for file in (path, f'{path}{SUM_SUFFIX}'):
        if backend.isfile(file):
            backend.remove(file)
    if backend.isdir(path):
        backend.rmtree(path)  # as deepspeed saves them
