"""Training by epochs that names the clips where numbers go wrong."""
from collections.abc import Iterable
from typing import Any

from mmaction.registry import LOOPS
from mmengine.dist import all_gather_object
from mmengine.runner import EpochBasedTrainLoop

from .finite_updates import NotFiniteError

_MOST_NAMES = 16


@LOOPS.register_module()
class D3DTrainLoop(EpochBasedTrainLoop):
    """MMEngine's ``EpochBasedTrainLoop`` that names the clips of an update that is refused.

    With ``AutoAmpOptimWrapper`` a loss or a gradient that is nan or inf ends the training, see
    :class:`~mmaction_d3d.engine.finite_updates.FiniteUpdates`; here the clips that it came from are
    added: those of all batches of the update, on all processes.

    Args:
        *args: As of ``EpochBasedTrainLoop``.
        **kwargs: As of ``EpochBasedTrainLoop``.
    """

    def run_iter(self, idx: int, data_batch: Any) -> None:
        """Train on a batch; see :class:`EpochBasedTrainLoop`.

        Raises:
            NotFiniteError: The update was refused.
        """
        wrapper = self.runner.optim_wrapper
        if wrapper._inner_count % wrapper._accumulative_counts == 0:
            self._names: list[str] = []
        self._names += _names_of(data_batch)
        try:
            super().run_iter(idx, data_batch)
        except NotFiniteError as error:
            names = [name for part in all_gather_object(self._names) for name in part]
            more = f' and {len(names) - _MOST_NAMES} more' if len(names) > _MOST_NAMES else ''
            raise NotFiniteError(
                self.runner.cfg.filename or 'training', error.field, error.found,
                f'{error.want}; epoch {self._epoch + 1}, iteration {self._iter + 1}, of the clips '
                f'{", ".join(names[:_MOST_NAMES])}{more}') from None


def _names_of(data_batch: Any) -> Iterable[str]:
    """Return the names of a batch's clips, where they have any."""
    samples = data_batch.get('data_samples', ()) if isinstance(data_batch, dict) else ()
    for sample in samples:
        meta = getattr(sample, 'metainfo', {})
        name = meta.get('frame_dir') or meta.get('filename') or meta.get('img_dir')
        yield str(name or 'without a name')
