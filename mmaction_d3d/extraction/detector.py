"""People found by a network of mmdet, where that is installed."""
import importlib.util

import numpy as np
import torch
from torchvision.ops import nms

from ..errors import InputError
from ..media import Media
from .boxes import Find
from .upstream import find_config, load_network, scope

DEFAULT_DETECTOR = 'mmdet::rtmdet/rtmdet_m_8xb32-300e_coco.py'
MIN_SCORE = 0.5  # of a box
MAX_OVERLAP = 0.5  # IoU of two people's boxes: of pairs above it, the one of lower score goes


class DetectedPeople:
    """Boxes from mmdet.

    Args:
        config: Config of a detector, or ``mmdet::NAME`` out of mmdet's own configs.
        checkpoint: Its weights, a file or URL; by default those that mmdet publishes for a config
            of its own.
        device: Such as ``cuda:0``. Defaults to the first GPU, else the CPU.

    Raises:
        InputError: mmdet is not installed, or has no class ``person``.
    """

    linked = False

    def __init__(self, config: str, checkpoint: str | None = None,
                 device: str | None = None) -> None:
        if importlib.util.find_spec('mmdet') is None:
            raise InputError(
                'this Python', 'mmdet', 'nothing', 'mmdet 3.3.0 with mmcv with ops, '
                'for --det-config; --boxes and --whole-frame do without')
        from mmdet.apis import inference_detector, init_detector
        path, checkpoint = find_config('mmdet', config, checkpoint)
        self._network = load_network('mmdet', init_detector, path, checkpoint, device)
        self._infer = inference_detector
        classes = self._network.dataset_meta.get('classes') or ()
        if 'person' not in classes:
            raise InputError(path, 'classes', ', '.join(classes[:3]) or 'none', 'person among them')
        self._person = classes.index('person')

    def open(self, media: Media) -> Find:
        """As :meth:`.boxes.WholeFrame.open`."""
        return lambda index, frame: self.find(frame)

    def find(self, frame: np.ndarray) -> np.ndarray:
        """Boxes of a frame's people, N x 4, the surest first.

        Args:
            frame: H x W x 3 uint8 RGB.
        """
        with scope('mmdet'):
            detected = self._infer(self._network, np.ascontiguousarray(frame[..., ::-1]))
        people = detected.pred_instances
        people = people[(people.labels == self._person) & (people.scores >= MIN_SCORE)].cpu()
        return without_doubles(people.bboxes.numpy(), people.scores.numpy())


def without_doubles(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Drop boxes that overlap a surer one: N x 4 and N in, N' x 4 out, the surest first."""
    surest = nms(torch.as_tensor(boxes).float(), torch.as_tensor(scores).float(), MAX_OVERLAP)
    return np.asarray(boxes, np.float32)[surest.numpy()]
