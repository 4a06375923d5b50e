"""Shows during training what the model looks at."""
from typing import Any

from mmaction.registry import HOOKS
from mmengine.dataset import BaseDataset
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner

from ..skeletons import SkeletonLayout, get_layout, layout_by_number
from ..unwrapping import unwrap_dataset, unwrap_model


@HOOKS.register_module()
class ExplanationHook(Hook):
    """Adds pictures of the first clip of a batch to what the runner's visualizer writes to.

    They are those registered in :mod:`mmaction_d3d.visualization.pictures` (of what the model has),
    as ``tools/visualize.py`` draws them, under the number of the iteration. TensorBoard and W&B get
    them where ``visualizer.vis_backends`` of the config names ``TensorboardVisBackend`` or
    ``WandbVisBackend``, the folder ``vis_data/vis_image`` with ``LocalVisBackend``. The training is
    not changed.

    Args:
        interval: Every how many iterations to draw; 0 never.
        block: Block to draw, from 0; negative ones from the end.
        layout: Joint layout of data sets that do not know theirs, as MMAction2's.
    """

    def __init__(self, interval: int = 0, block: int = -1, layout: str | None = None) -> None:
        self.layout = layout and get_layout(layout)
        self.interval = interval
        self.block = block

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict[str, Any],
                         outputs: dict[str, Any]) -> None:
        """Draw where it is due."""
        if not self.every_n_train_iters(runner, self.interval) or not is_main_process():
            return
        # Matplotlib is slow to import, and mostly the hook is off.
        from ..evaluation.attention_maps import Selection
        from ..evaluation.explain import explain_packed
        from ..visualization import all_pictures, figure_array
        model = unwrap_model(runner.model)
        dataset = runner.train_dataloader.dataset
        packed = dict(inputs={key: value[0] for key, value in data_batch['inputs'].items()},
                      data_samples=data_batch['data_samples'][0])
        classes = getattr(dataset, 'metainfo', {}).get('classes')
        explanation = explain_packed(model, packed, self._layout_of(dataset, model), classes,
                                     Selection(self.block))
        for name, picture in all_pictures().items():
            if not picture.missing(explanation.maps):
                image = figure_array(picture.draw(explanation))
                runner.visualizer.add_image(name, image, step=runner.iter + 1)

    def _layout_of(self, dataset: BaseDataset, model: BaseModel) -> SkeletonLayout:
        """Return the data set's joint layout, else the hook's, else the only one of that size."""
        dataset = unwrap_dataset(dataset)
        if hasattr(dataset, 'layout'):
            return dataset.layout
        return self.layout or layout_by_number(model.backbone.num_joints,
                                               ('config', 'joints of the data set'),
                                               'default_hooks.explanation.layout')
