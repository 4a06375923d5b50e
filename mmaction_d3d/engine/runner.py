"""A runner that takes the machine as it is: GPUs with nccl, or CPUs with gloo."""
import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmaction.registry import RUNNERS
from mmengine.logging import MMLogger
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import OptimWrapper
from mmengine.registry import MODEL_WRAPPERS
from mmengine.runner import Runner
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from ..datasets.provenance import describe_data
from .seeded_loading import seeded_loader
from .terminal_log import keep_terminal_readable


@RUNNERS.register_module()
class AutoDeviceRunner(Runner):
    """MMEngine's runner, also for several processes on a machine without a GPU.

    With GPUs, or in one process, it is MMEngine's :class:`Runner`. That class takes for granted
    that every distributed process has a GPU. Where there is none, this one communicates by gloo
    whatever ``env_cfg.dist_cfg.backend`` says, keeps the model on the CPU, and leaves ``sync_bn``
    aside, because torch's SyncBatchNorm runs on GPUs only.

    A config selects it with ``runner_type='AutoDeviceRunner'``.
    """

    def setup_env(self, env_cfg: dict[str, Any]) -> None:
        """Set up processes, communication and limits as ``env_cfg`` says; see :class:`Runner`."""
        if not self._on_cpus():
            return super().setup_env(env_cfg)
        dist_cfg = {**env_cfg.get('dist_cfg', {}), 'backend': 'gloo'}
        with _no_gpu_selection():
            super().setup_env({**env_cfg, 'dist_cfg': dist_cfg})

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build the log, of which the terminal shows what a user reads; see :class:`Runner`."""
        logger = super().build_logger(*args, **kwargs)
        keep_terminal_readable(logger)
        return logger

    def save_checkpoint(self, *args: Any, meta: dict | None = None, **kwargs: Any) -> None:
        """Save a checkpoint that says what data it was trained on; see :class:`Runner`."""
        trained_on = describe_data(self.train_dataloader.dataset)
        super().save_checkpoint(*args, meta=dict(meta or {}, trained_on=trained_on), **kwargs)

    def set_randomness(self, seed: int, diff_rank_seed: bool = False,
                       deterministic: bool = False) -> None:
        """Seed the random generators; see :class:`Runner`.

        Args:
            seed: The seed. None draws one.
            diff_rank_seed: Whether each process adds its rank. Defaults to False.
            deterministic: Whether torch uses deterministic algorithms only, and raises an error
                where it has none. Defaults to False.
        """
        if deterministic:
            # Without a workspace of its own for each stream cuBLAS is not deterministic, and torch
            # refuses its products. Read when the first one is computed.
            os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
        super().set_randomness(seed, diff_rank_seed, deterministic)

    @staticmethod
    def build_dataloader(dataloader: DataLoader | dict, seed: int | None = None,
                         diff_rank_seed: bool = False) -> DataLoader:
        """Build a loader whose random numbers do not depend on its workers.

        Args:
            dataloader: As of :class:`Runner`; one that is built already is returned.
            seed: The run's. Without one the loader is :class:`Runner`'s.
            diff_rank_seed: As of :class:`Runner`.

        Returns:
            See :func:`~mmaction_d3d.engine.seeded_loading.seeded_loader`.
        """
        loader = Runner.build_dataloader(dataloader, seed, diff_rank_seed)
        return loader if seed is None or loader is dataloader else seeded_loader(loader, seed)

    def scale_lr(self, optim_wrapper: OptimWrapper, auto_scale_lr: dict | None = None) -> None:
        """Scale the learning rate by the batch of one update over ``base_batch_size``.

        MMEngine counts the clips of all processes in one iteration, but not that an update
        accumulates several.

        Args:
            optim_wrapper: Holds the learning rates.
            auto_scale_lr: ``enable`` and ``base_batch_size``. Defaults to None.
        """
        accumulated = getattr(optim_wrapper, '_accumulative_counts', 1)
        if accumulated > 1 and auto_scale_lr is not None and auto_scale_lr.get('enable'):
            self.logger.info(f'Each update accumulates {accumulated} batches: the base batch size, '
                             f'{auto_scale_lr["base_batch_size"]}, is divided by as many')
            auto_scale_lr = dict(auto_scale_lr,
                                 base_batch_size=auto_scale_lr['base_batch_size'] / accumulated)
        super().scale_lr(optim_wrapper, auto_scale_lr)

    def wrap_model(self, model_wrapper_cfg: dict, model: nn.Module) -> nn.Module:
        """Move the model to its device and wrap it for distributed training.

        Args:
            model_wrapper_cfg: Wrapper to build instead of ``MMDistributedDataParallel``.
            model: The model.

        Returns:
            The model, wrapped if there are several processes.
        """
        if model_wrapper_cfg is None and self.distributed:
            known = inspect.signature(DistributedDataParallel).parameters
            # MMEngine's choice, by the name that this torch has for it.
            buffers = ('forward_sync_buffers'
                       if 'forward_sync_buffers' in known else 'broadcast_buffers')
            model_wrapper_cfg = {
                'type': 'MMDistributedDataParallel', buffers: False, 'find_unused_parameters':
                self.cfg.get('find_unused_parameters', False)
            }
        if not self._on_cpus():
            return super().wrap_model(model_wrapper_cfg, model)
        # As MMEngine does, but without device_ids, which are GPUs.
        return MODEL_WRAPPERS.build(model_wrapper_cfg,
                                    default_args=dict(module=revert_sync_batchnorm(model)))

    def _on_cpus(self) -> bool:
        return self.distributed and not torch.cuda.is_available()


@contextmanager
def _no_gpu_selection() -> Iterator[None]:
    """Let MMEngine's ``init_dist`` pass: it selects a GPU before it starts even gloo."""
    select = torch.cuda.set_device
    torch.cuda.set_device = lambda device: None
    try:
        yield
    finally:
        torch.cuda.set_device = select


def leave_processes() -> None:
    """Part from the other processes of a run in order, once all have come so far.

    One that exits while its group is open may be ended by the group's own threads, and a run that
    is whole then counts as failed.
    """
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
