"""Logs gradient norms by part and statistics of the token search's offsets."""
from typing import Any

from mmaction.registry import HOOKS
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..evaluation.training_health import OffsetWatch, gradient_norms


@HOOKS.register_module()
class TrainingHealthHook(Hook):
    """Adds scalars to what the runner logs in training, and changes nothing in it.

    For parts see :func:`gradient_norms`, for statistics :class:`OffsetStatistics`; blocks count
    from 0:

    - ``grad/PART``: norm of the gradient of a part at an update, before it is clipped, averaged
      over the processes and without the loss scale of mixed precision, whose overflows show as inf
      or nan;
    - ``offset_std/blockN_x``, ``_y``, ``_z``: standard deviation of the offsets;
    - ``offset_saturated/blockN``: share of saturated offsets;
    - ``offset_outside/blockN``: share of searched positions outside of the volume.

    Those of offsets are of the batch of the process that logs. Between measurements the log repeats
    the last one. A model without a token search, or any other model, logs what it has.

    Args:
        interval: Every how many iterations to measure. Defaults to 20, the interval of the logger
            in ``configs/_base_/default_runtime.py``.
    """

    def __init__(self, interval: int = 20) -> None:
        self.interval = interval
        self._watch: OffsetWatch | None = None

    def before_train_iter(self, runner: Runner, batch_idx: int,
                          data_batch: dict[str, Any] | None = None) -> None:
        """Start to watch where a measurement is due."""
        if self.every_n_train_iters(runner, self.interval):
            self._watch = OffsetWatch(runner.model)
            self._measure_next_update(runner)

    def after_train_iter(self, runner: Runner, batch_idx: int,
                         data_batch: dict[str, Any] | None = None,
                         outputs: dict[str, Any] | None = None) -> None:
        """Record the offsets of the iteration."""
        if self._watch is None:
            return
        self._watch.remove()
        for block, offsets in enumerate(self._watch.statistics()):
            scalars = {
                f'offset_std/block{block}_{axis}': value
                for axis, value in zip('xyz', offsets.deviation)
            }
            scalars[f'offset_saturated/block{block}'] = offsets.saturated
            scalars[f'offset_outside/block{block}'] = offsets.outside
            _record(runner, scalars)
        self._watch = None

    @staticmethod
    def _measure_next_update(runner: Runner) -> None:
        """Measure the gradient when it is complete: where they accumulate, some iterations later.

        After the update it is clipped and then gone, hence this stands in for ``step`` once.
        """
        wrapper = runner.optim_wrapper
        counted_step = vars(wrapper).get('step')  # a parameter scheduler's, which counts calls

        def step(**kwargs: Any) -> None:
            del wrapper.step
            if counted_step is not None:
                wrapper.step = counted_step
            scaler = getattr(wrapper, 'loss_scaler', None)
            norms = gradient_norms(runner.model, 1. if scaler is None else scaler.get_scale())
            _record(runner, {f'grad/{part}': norm for part, norm in norms.items()})
            wrapper.step(**kwargs)

        wrapper.step = step


def _record(runner: Runner, scalars: dict[str, float]) -> None:
    # Names with "loss", "time" or "grad_norm" would be averaged over past measurements.
    for name, value in scalars.items():
        runner.message_hub.update_scalar(f'train/{name}', value)
