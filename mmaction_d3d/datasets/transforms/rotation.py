"""Turning a clip and its skeletons."""
from typing import Any

import cv2
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform


@TRANSFORMS.register_module()
class RandomRotate(BaseTransform):
    """Turn all frames of a clip by one random angle about their center, black where none was.

    Required keys: ``imgs`` (list of H x W x 3), ``img_shape``, ``keypoint`` (M x T x V x 2).
    Modified keys: ``imgs``, ``keypoint``; keypoints move with the pixels.

    Args:
        degrees: Largest angle, either way.
    """

    def __init__(self, degrees: float) -> None:
        self.degrees = degrees

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        height, width = results['img_shape']
        # OpenCV counts from the center of the first pixel, keypoints from its left edge.
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2),
                                         np.random.uniform(-self.degrees, self.degrees), 1.)
        results['imgs'] = [cv2.warpAffine(img, matrix, (width, height)) for img in results['imgs']]
        center = np.array([width / 2, height / 2], np.float32)
        turn = matrix[:, :2].T.astype(np.float32)
        results['keypoint'] = (results['keypoint'] - center) @ turn + center
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(degrees={self.degrees})'
