"""Clips of which one modality says nothing."""
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from ...errors import InputError


@TRANSFORMS.register_module()
class ModalityDrop(BaseTransform):
    """Take the frames or the skeletons away, so that a model learns to use what is left.

    At most one of the two goes. Frames become one color, skeletons have no joint.

    Required and modified keys: ``imgs`` (list of H x W x 3), ``keypoint_score`` (M x T x V).

    Args:
        rgb: Probability that a clip loses its frames. Defaults to 0.
        pose: Probability that it loses its skeletons. Defaults to 0.
        fill: The color, by default the mean that our models subtract.
    """

    def __init__(self, rgb: float = 0., pose: float = 0.,
                 fill: Sequence[int] = (124, 116, 104)) -> None:
        if min(rgb, pose) < 0 or rgb + pose > 1:
            raise InputError('config', 'ModalityDrop', f'rgb={rgb}, pose={pose}',
                             'probabilities that sum to 1 at most')
        self.rgb, self.pose, self.fill = rgb, pose, fill

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        lot = np.random.rand()
        if lot < self.rgb:
            results['imgs'] = [
                np.broadcast_to(np.array(self.fill, img.dtype), img.shape).copy()
                for img in results['imgs']
            ]
        elif lot < self.rgb + self.pose:
            results['keypoint_score'] = np.zeros_like(results['keypoint_score'])
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(rgb={self.rgb}, pose={self.pose}, fill={self.fill})'
