"""Training by epochs that goes on exactly where it was stopped, and names clips of bad numbers."""
import random
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import torch
from mmaction.registry import LOOPS
from mmengine.dist import all_gather_object, barrier, get_rank
from mmengine.runner import EpochBasedTrainLoop
from torch import nn

from ..evaluation.samples import clip_name
from .checkpoint_hook import CheckpointHook, is_update_complete
from .finite_updates import NotFiniteError
from .seeded_loading import SeededSampler, seed_of
from .stop_signals import STOPPED, StopSignals

_MOST_NAMES = 16


@LOOPS.register_module()
class D3DTrainLoop(EpochBasedTrainLoop):
    """MMEngine's ``EpochBasedTrainLoop``, same arguments, that loses nothing when it is stopped.

    - A run that goes on starts at the batch after its checkpoint, also in the middle of an epoch.
    - Random numbers of an iteration are drawn from (seed, process, iteration), so that they are the
      same whether it was stopped before or not.
    - A validation that a stopped run owed is made up for.
    - SIGTERM, and SIGUSR1 before Slurm's time is up, save a checkpoint and end with the exit code
      :data:`~mmaction_d3d.engine.stop_signals.STOPPED`.
    - With ``AutoAmpOptimWrapper`` a loss or a gradient that is nan or inf ends the training, see
      :class:`~mmaction_d3d.engine.finite_updates.FiniteUpdates`; here the clips that it came from
      are named: those of all batches of the update, on all processes.
    """

    def run(self) -> nn.Module:
        """Train; see :class:`EpochBasedTrainLoop`."""
        self._done = self._batches_done()
        self._stop = StopSignals()
        with self._stop.heard():
            self.runner.call_hook('before_train')
            self._validate_if_due()
            while self._epoch < self._max_epochs and not self.stop_training:
                self.run_epoch()
                self._validate_if_due()
            self.runner.call_hook('after_train')
        return self.runner.model

    def run_epoch(self) -> None:
        """Train on what is left of an epoch."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        done, self._done = self._done, 0
        for index, data_batch in enumerate(self._batches(done), done):
            self.run_iter(index, data_batch)
            if is_update_complete(self.runner) and self._stop.agreed(self._iter):
                self._save_and_end()
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def run_iter(self, idx: int, data_batch: Any) -> None:
        """Train on a batch; see :class:`EpochBasedTrainLoop`.

        Raises:
            NotFiniteError: The update was refused.
        """
        if is_update_complete(self.runner):
            self._names: list[str] = []
        self._names += _names_of(data_batch)
        seed = seed_of(self.runner.seed % 2**32, get_rank(), self._iter)
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        try:
            super().run_iter(idx, data_batch)
        except NotFiniteError as error:
            names = [name for part in all_gather_object(self._names) for name in part]
            more = f' and {len(names) - _MOST_NAMES} more' if len(names) > _MOST_NAMES else ''
            raise NotFiniteError(
                self.runner.cfg.filename or 'training', error.field, error.found,
                f'{error.want}; epoch {self._epoch + 1}, iteration {self._iter + 1}, of the clips '
                f'{", ".join(names[:_MOST_NAMES])}{more}') from None

    def _batches(self, done: int) -> Iterator[Any]:
        """Go through the loader from the batch ``done`` on."""
        if isinstance(self.dataloader.sampler, SeededSampler):
            self.dataloader.sampler.skip = done * self.dataloader.batch_size
            return iter(self.dataloader)
        return islice(self.dataloader, done, None)

    def _batches_done(self) -> int:
        """Count the batches of this epoch that the checkpoint to go on from has seen."""
        known = self.runner.message_hub.runtime_info  # of the checkpoint, before training starts
        if not self._iter or not known.get('max_epochs'):
            return 0
        before = known['max_iters'] // known['max_epochs']
        done = self._iter - self._epoch * before
        if done and before != len(self.dataloader):
            self.runner.logger.warning(
                f'An epoch had {before} batches and has {len(self.dataloader)} now: training goes '
                f'on at the start of epoch {self._epoch + 1}')
            return 0
        return max(done, 0)

    def _validate_if_due(self) -> None:
        """Validate after an epoch that was not validated yet, also before a run was stopped."""
        self._decide_current_val_interval()
        due = (self._epoch >= max(self.val_begin, 1)
               and (self._epoch % self.val_interval == 0 or self._epoch == self._max_epochs))
        known = self.runner.message_hub
        if self.runner.val_loop is None or not due or known.get_info(
                'validated_epoch') == self._epoch:
            return
        # Before: the checkpoint that validation may save is one of a validated epoch. A run that
        # goes on has the numbers of what comes next.
        known.update_info_dict(
            dict(validated_epoch=self._epoch, epoch=self._epoch - 1, iter=self._iter - 1))
        self.runner.val_loop.run()

    def _save_and_end(self) -> None:
        saved = [
            hook.save_now(self.runner) for hook in self.runner.hooks
            if isinstance(hook, CheckpointHook)
        ]
        barrier()
        self.runner.logger.info(
            f'Stopped by {self._stop.name or "a signal to another process"}: '
            f'{", ".join(saved) or "nothing"} saved, --resume goes on from there')
        sys.exit(STOPPED)


def _names_of(data_batch: Any) -> Iterable[str]:
    """Return the names of a batch's clips, where they have any."""
    samples = data_batch.get('data_samples', ()) if isinstance(data_batch, dict) else ()
    for sample in samples:
        meta = getattr(sample, 'metainfo', {})
        yield clip_name(meta) or 'without a name'
