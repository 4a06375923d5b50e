"""Joint heatmaps, the paper's H."""
from typing import Any

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from ...errors import InputError
from .packing import joint_tokens


def _gaussians(centre: np.ndarray, size: int, sigma: float) -> np.ndarray:
    """exp(-(i - centre)^2 / (2 sigma^2)) for i = 0 .. size-1: centre ... -> ... x size."""
    distance = np.arange(size, dtype=np.float32) - centre[..., None]
    return np.exp(-distance**2 / np.float32(2 * sigma**2))


@TRANSFORMS.register_module()
class GenerateJointHeatmap(BaseTransform):
    """One Gaussian map a joint on the grid of F_a, half the input's resolution (equation 2).

    ``H_{t,r}(i, j) = score * exp(-((i - x')^2 + (j - y')^2) / (2 sigma^2))`` with
    ``x' = x / 2 - 0.25``, ``y'`` likewise: x is in pixels with 0 at the first pixel's left edge,
    and cell i is centred on pixel 2i. The Gaussian is not truncated, people keep maps of their
    own, a missing joint has a map of zeros.

    Place it after ``FormatShape``. The explicit form of ``keypoint``: it gives the same pose
    tokens and takes thousands of times the memory.

    Required keys: ``keypoint``, ``keypoint_score``, ``img_shape``, ``num_clips``, ``clip_len``.
    Added key: ``heatmap_imgs``, num_clips x T x R x ceil(H/2) x ceil(W/2) float32.

    Args:
        sigma: Standard deviation in cells of that grid. Defaults to 1.
        use_score: Weigh each map by its joint's score; False is the paper's equation to the letter.
            Defaults to True.
        num_person: As in :class:`PackRGBPose`.
    """

    def __init__(self, sigma: float = 1., use_score: bool = True,
                 num_person: int | None = None) -> None:
        self.sigma = sigma
        self.use_score = use_score
        self.num_person = num_person

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        if isinstance(results.get('imgs'), list):
            raise InputError('pipeline', 'GenerateJointHeatmap', 'its place before FormatShape',
                             'a place after it')
        height, width = results['img_shape']
        tokens = joint_tokens(results, self.num_person)  # N x T x R x 3
        x, y, score = np.moveaxis(tokens, -1, 0)
        across = _gaussians(x / 2 - 0.25, (width + 1) // 2, self.sigma)
        down = _gaussians(y / 2 - 0.25, (height + 1) // 2, self.sigma)
        weight = score if self.use_score else (score > 0).astype(np.float32)
        # N x T x R x H' x 1 times N x T x R x 1 x W'
        results['heatmap_imgs'] = (down * weight[..., None])[..., None] * across[..., None, :]
        return results

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(sigma={self.sigma}, use_score={self.use_score}, '
                f'num_person={self.num_person})')
