"""Writes what a test gave for each clip to a file that can be read safely."""
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmaction.registry import HOOKS
from mmaction.structures import ActionDataSample
from mmengine.dist import collect_results, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from ..evaluation.samples import clip_name
from ..files import whole_or_absent
from ..unwrapping import unwrap_model


@HOOKS.register_module()
class DumpClipsHook(Hook):
    """Writes names, labels, scores and features of the tested clips as NumPy's ``.npz``.

    MMEngine's ``DumpResults`` pickles tensors, and reading such a file may run any code that it
    holds. This one holds plain arrays, to read with ``np.load(path, allow_pickle=False)``:
    ``name`` N (``frame_dir`` or ``filename``), ``source`` N (the video, or the folder of
    frames), ``frame_inds`` N x T (of the first view), ``label`` N, ``score`` N x classes,
    ``feature`` N x F (input of the head's last linear layer, the mean over a clip's views) and
    ``classes`` (names, empty where the annotations have none). Where a clip has several labels it
    is not written, and a line says so.

    Args:
        out_file: The file.
    """

    written = False

    def __init__(self, out_file: str) -> None:
        self.out_file = out_file

    def before_test(self, runner: Runner) -> None:
        """Start to listen to the head."""
        model = unwrap_model(runner.model)
        linear = [m for m in model.cls_head.modules() if isinstance(m, nn.Linear)][-1]
        self._rows: list[dict[str, Any] | None] = []
        self._handle = linear.register_forward_pre_hook(self._listen)

    def _listen(self, module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        self._features = inputs[0].detach().float().cpu().numpy()

    def after_test_iter(self, runner: Runner, batch_idx: int, data_batch: dict[str, Any],
                        outputs: Sequence[ActionDataSample]) -> None:
        """Keep the clips of a batch."""
        views = self._features.reshape(len(outputs), -1, self._features.shape[-1])
        for sample, feature in zip(outputs, views.mean(axis=1)):
            meta = sample.metainfo
            if sample.gt_label.numel() != 1:
                self._rows.append(None)
                continue
            length = meta.get('clip_len') or np.size(meta['frame_inds'])
            self._rows.append(
                dict(name=str(clip_name(meta)),
                     source=str(meta.get('filename') or meta.get('img_dir')),
                     frame_inds=np.ravel(meta['frame_inds'])[:length], label=int(sample.gt_label),
                     feature=feature, score=sample.pred_score.float().cpu().numpy()))

    def after_test(self, runner: Runner) -> None:
        """Write the file."""
        self._handle.remove()
        dataset = runner.test_dataloader.dataset
        rows = collect_results(self._rows, len(dataset), 'cpu')
        if is_main_process() and None in rows:
            runner.logger.warning(f'{self.out_file}: not written, as clips have several labels')
        elif is_main_process():
            self.written = True
            classes = np.array(dataset.metainfo.get('classes') or (), str)
            with whole_or_absent(self.out_file) as file:
                np.savez_compressed(
                    file, classes=classes,
                    **{key: np.stack([row[key] for row in rows]) for key in rows[0]})
