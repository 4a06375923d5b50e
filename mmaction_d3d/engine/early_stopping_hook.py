"""MMEngine's early stopping, which survives a stop and is left off where few clips decide."""
import logging
from typing import Any

from mmaction.registry import HOOKS
from mmengine import hooks
from mmengine.runner import Runner

_KEY = 'early_stopping'


@HOOKS.register_module()
class EarlyStoppingHook(hooks.EarlyStoppingHook):
    """MMEngine's ``EarlyStoppingHook``, whose count a run that goes on has from its checkpoint.

    This one has its name, so that every config of MMAction2 gets it.

    Args:
        *args: As of MMEngine's.
        min_clips: Where the validation split has fewer clips, a line says so and training runs to
            its end. Defaults to 0.
        **kwargs: As of MMEngine's.
    """
    priority = 'LOW'  # before the best checkpoint is saved, which then holds the count

    def __init__(self, *args: Any, min_clips: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.min_clips = min_clips

    def before_train(self, runner: Runner) -> None:
        """Take up the count, and say where there are too few clips."""
        known = runner.message_hub.get_info(_KEY)
        if known is not None:
            self.best_score, self.wait_count = known
        clips = self._clips(runner)
        if runner.val_loop is not None and clips < self.min_clips:
            runner.logger.log(
                logging.WARNING, f'{clips} clips to validate on are fewer than {self.min_clips}: '
                f'one is {100 / max(clips, 1):.0f} points of accuracy. Training runs to its end, '
                'and best.pth says little more than last.pth')

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Decide whether to stop."""
        if self._clips(runner) >= self.min_clips:
            super().after_val_epoch(runner, metrics)
            runner.message_hub.update_info(_KEY, [self.best_score, self.wait_count])

    @staticmethod
    def _clips(runner: Runner) -> int:
        return 0 if runner.val_loop is None else len(runner.val_loop.dataloader.dataset)
