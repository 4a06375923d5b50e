"""Gives the best and the last checkpoint of a run names that do not depend on the epoch."""
from pathlib import Path

from mmaction.registry import HOOKS
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..checkpoint_files import name_checkpoint


@HOOKS.register_module()
class CheckpointNamesHook(Hook):
    """Keep ``WORK_DIR/best.pth`` and ``last.pth`` the same as what ``CheckpointHook`` wrote.

    They are further names of its files (hard links), or copies where the file system has no links,
    so that they stay whole when it removes older files. ``best.pth`` is the best by the first of
    ``save_best``; without ``save_best`` there is none.
    """

    priority = 'LOWEST'  # after CheckpointHook
    _last: str | None = None  # what has its further name

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Follow a checkpoint of an iteration; most have none, and files are slow to ask for."""
        if runner.message_hub.runtime_info.get('last_ckpt') != self._last:
            self._follow(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Follow a checkpoint of an epoch."""
        self._follow(runner)

    def after_val_epoch(self, runner: Runner, metrics: dict | None = None) -> None:
        """Follow the best checkpoint."""
        self._follow(runner)

    def _follow(self, runner: Runner) -> None:
        if not is_main_process():
            return
        written = runner.message_hub.runtime_info
        self._last = written.get('last_ckpt')
        best = [key for key in written if key == 'best_ckpt' or key.startswith('best_ckpt_')]
        for name, key in (('best.pth', best[0] if best else None), ('last.pth', 'last_ckpt')):
            source = written.get(key)
            # A resumed run may name a file that is no longer there, or one of a file server.
            if source is not None and Path(source).is_file():
                name_checkpoint(source, Path(runner.work_dir, name))
