"""Skeletons from any network of mmpose: top-down, bottom-up or one-stage."""
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmengine.structures import InstanceData

from ..errors import InputError
from ..skeletons import LAYOUTS, convert_joints
from .backends import register_backend
from .upstream import find_config, load_network, scope

DEFAULT_CONFIG = ('mmpose::body_2d_keypoint/topdown_heatmap/coco/'
                  'td-hm_hrnet-w32_8xb64-210e_coco-256x192.py')


@register_backend('mmpose')
class MMPoseBackend:
    """A pose network, loaded once.

    On a CPU it runs with its batch norms folded into its convolutions and channels last, which
    leaves coordinates as they are to float rounding.

    Args:
        config: Config file, or ``mmpose::NAME`` out of mmpose's own configs. Defaults to HRNet-W32
            on COCO.
        checkpoint: Weights, a file or URL; by default those that mmpose publishes for a config of
            its own.
        device: Such as ``cuda:0``. Defaults to the first GPU, else the CPU.

    Attributes:
        layout (str): Joint layout of what it finds: the one with the network's joints, else
            ``coco17``, whose joints of the same name it takes.
        missing (list[str]): Joints of the layout that the network does not find: score 0.
        top_down (bool): Whether it takes one person's box at a time, not a frame.

    Raises:
        InputError: Config or weights cannot be used, or no joint of the network is COCO's.
    """

    def __init__(self, config: str | None = None, checkpoint: str | None = None,
                 device: str | None = None) -> None:
        config = config or DEFAULT_CONFIG
        cfg, checkpoint = find_config('mmpose', config, checkpoint)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # of operators that mmcv's lite edition lacks
            from mmpose.apis import init_model
            self.network = load_network('mmpose', init_model, cfg, checkpoint, device)
        loader: Any = cfg.get('test_dataloader') or {}
        if not loader.get('dataset', {}).get('pipeline'):
            raise InputError(config, 'test_dataloader.dataset.pipeline', 'nothing', 'a pipeline')
        self.top_down = loader.dataset.get('data_mode', 'topdown') == 'topdown'
        with scope('mmpose'):
            self._pipeline = Compose(loader.dataset.pipeline)
        names = self.network.dataset_meta['keypoint_id2name']
        self._joints = tuple(names[index] for index in range(len(names)))
        self._place = config, 'joints'
        self.layout: str = next(
            (name for name, layout in LAYOUTS.items() if layout.joints == self._joints), 'coco17')
        self.missing: Sequence[str] = convert_joints(np.zeros((1, len(names), 3)), self._joints,
                                                     self.layout, self._place)[1]
        if next(self.network.parameters()).device.type == 'cpu':
            from mmcv.cnn import fuse_conv_bn
            self.network = fuse_conv_bn(self.network).to(memory_format=torch.channels_last)

    def prepare(self, frame: np.ndarray, boxes: np.ndarray | None) -> list[dict]:
        """Cut what the network takes out of a frame.

        Args:
            frame: H x W x 3 uint8 RGB.
            boxes: N x 4: x1, y1, x2, y2; None where it is not ``top_down``.

        Returns:
            A crop for each box, or the frame.
        """
        image = np.ascontiguousarray(frame[..., ::-1])
        if not self.top_down:
            return [self._pipeline(dict(img=image, **self.network.dataset_meta))]
        return [
            self._pipeline(
                dict(img=image, bbox=box[None], bbox_score=np.ones(1, np.float32),
                     **self.network.dataset_meta)) for box in np.asarray(boxes, np.float32)
        ]

    def predict(self, crops: list[dict]) -> list[np.ndarray]:
        """Run the network once for all crops.

        Args:
            crops: Of :meth:`prepare`.

        Returns:
            N x V x 3 (x, y in pixels of the frame, score) for each crop, N = 1 where it is
            ``top_down``. Scores are cut to [0, 1].
        """
        # Frames go one by one: CID takes no more, and mmpose itself gives no more.
        batches = [crops] if self.top_down else [[crop] for crop in crops]
        with torch.inference_mode():
            samples = [
                sample for batch in batches
                for sample in self.network.test_step(pseudo_collate(batch))
            ]
        return [
            convert_joints(_people(sample.pred_instances), self._joints, self.layout,
                           self._place)[0] for sample in samples
        ]


def _people(instances: InstanceData) -> np.ndarray:
    """N x V x 3 of an ``InstanceData``; tensors of some heads, arrays of others."""
    joints, scores = (torch.as_tensor(part).cpu().numpy()
                      for part in (instances.keypoints, instances.keypoint_scores))
    people = np.concatenate([joints[..., :2], np.clip(scores, 0, 1)[..., None]], axis=-1)
    return people.astype(np.float32)
