"""Making frames square without cutting anything off."""
from typing import Any

import cv2
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform


@TRANSFORMS.register_module()
class SquarePad(BaseTransform):
    """Pad the short side with black, the same on both ends, to the length of the long side.

    Required keys: ``imgs`` (list of H x W x 3), ``img_shape``, ``keypoint`` (M x T x V x 2).
    Modified keys: these three; keypoints move with the pixels.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        height, width = results['img_shape']
        side = max(height, width)
        top, left = (side - height) // 2, (side - width) // 2
        bottom, right = side - height - top, side - width - left
        results['imgs'] = [
            cv2.copyMakeBorder(img, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(0, 0, 0))
            for img in results['imgs']
        ]
        results['keypoint'] = results['keypoint'] + np.array([left, top], np.float32)
        results['img_shape'] = (side, side)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
