"""Turning, shrinking and shifting a clip and its skeletons."""
from typing import Any

import cv2
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from ...errors import InputError


@TRANSFORMS.register_module()
class RandomAffine(BaseTransform):
    """Turn and shrink all frames of a clip alike and put them anywhere in the frame.

    The frames keep their size and are black where no picture is. A crop at random would cut people
    off, and an action of two cannot be told from one of them; here only a turned picture's corners
    are lost.

    Required keys: ``imgs`` (list of H x W x 3), ``img_shape``, ``keypoint`` (M x T x V x 2).
    Modified keys: ``imgs``, ``keypoint``; keypoints move with the pixels.

    Args:
        degrees: Largest angle, either way. Defaults to 0.
        scale: Least and largest size of the picture over that of the frame. Defaults to 1, which
            leaves no room for a shift.
    """

    def __init__(self, degrees: float = 0., scale: tuple[float, float] = (1., 1.)) -> None:
        if not 0 < scale[0] <= scale[1] <= 1:
            raise InputError('config', 'RandomAffine.scale', scale,
                             'two numbers in order, more than 0 and at most 1')
        self.degrees = degrees
        self.scale = (scale[0], scale[1])

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        height, width = results['img_shape']
        size = np.array([width, height])
        angle = np.random.uniform(-self.degrees, self.degrees)
        scale = np.random.uniform(*self.scale)
        shift = np.random.uniform(-0.5, 0.5, size=2) * (1 - scale) * size
        matrix = cv2.getRotationMatrix2D((0, 0), angle, scale)
        turn, center = matrix[:, :2], size / 2
        # OpenCV counts from the center of the first pixel, keypoints from its left edge.
        matrix[:, 2] = center - 0.5 + shift - turn @ (center - 0.5)
        results['imgs'] = [cv2.warpAffine(img, matrix, (width, height)) for img in results['imgs']]
        keypoint = (results['keypoint'] - center) @ turn.T + center + shift
        results['keypoint'] = keypoint.astype(results['keypoint'].dtype)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(degrees={self.degrees}, scale={self.scale})'
