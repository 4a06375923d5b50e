"""Writes or shows tested clips with label and prediction (``tools/test.py --show-dir``)."""
from pathlib import Path

from mmaction.registry import HOOKS
from mmaction.structures import ActionDataSample
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.structures import LabelData


@HOOKS.register_module()
class RGBPoseVisualizationHook(Hook):
    """Draws what the model said onto the clips it was tested on.

    It stands in for MMAction2's ``VisualizationHook``, whose arguments its own
    ``ActionVisualizer`` refuses, and which takes one tensor a sample where ours have two.

    Args:
        enable: Whether to draw at all.
        interval: Every how many samples to draw one.
        show: Whether to show the clip in a window.
        out_dir: Folder to write frames to; by default the work directory's.
        wait_time: Seconds that the last frame stays in the window.
    """

    def __init__(self, enable: bool = False, interval: int = 1, show: bool = False,
                 out_dir: str | None = None, wait_time: float = 2) -> None:
        self.enable = enable
        self.interval = interval
        self.show = show
        self.out_dir = out_dir
        self.wait_time = wait_time

    def before_test_epoch(self, runner: Runner) -> None:
        """Start to count samples."""
        self._count = 0

    def after_test_iter(self, runner: Runner, batch_idx: int, data_batch: dict,
                        outputs: list[ActionDataSample]) -> None:
        """Draw the first clip of each sample of the batch that is due.

        Args:
            runner: The runner.
            batch_idx: Index of the batch.
            data_batch: Its ``inputs.imgs`` holds, per sample, num_clips x 3 x T x H x W.
            outputs: Outputs of the model.
        """
        if not self.enable:
            return
        for imgs, sample in zip(data_batch['inputs']['imgs'], outputs):
            if self._count % self.interval == 0:
                path = sample.get('filename') or sample.get('img_dir')
                name = Path(path).stem
                runner.visualizer.add_datasample(
                    name,
                    imgs[0].permute(1, 2, 3, 0).numpy().astype('uint8'),  # T x H x W x 3
                    _with_drawable_labels(sample),
                    show_frames=self.show,
                    wait_time=self.wait_time,
                    target_resolution=(480, -1),  # at the model's size text is too small
                    out_path=self.out_dir and str(Path(self.out_dir, name)))
            self._count += 1


def _with_drawable_labels(sample: ActionDataSample) -> ActionDataSample:
    """Return a sample whose labels stand where ``ActionVisualizer`` looks for them."""
    best = sample.pred_score.argmax(dim=0, keepdim=True)
    return ActionDataSample(gt_label=sample.gt_label, gt_labels=sample.gt_label,
                            pred_labels=LabelData(item=best, score=sample.pred_score))
