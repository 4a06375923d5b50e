"""A random crop that keeps people whole where they fit."""
from typing import Any

import numpy as np
from mmaction.datasets.transforms import RandomCrop
from mmaction.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PersonCrop(RandomCrop):
    """MMAction2's random crop, at a place that keeps as many visible joints as any.

    Both offsets are drawn evenly from those that leave the most visible joints of all people and
    frames inside, each along its own axis: where all people fit, whole, from all that hold them.
    Without a visible joint every offset will do.

    Required keys: ``imgs``, ``img_shape``, ``keypoint`` (M x T x V x 2), ``keypoint_score``
    (M x T x V). Modified keys: as of ``RandomCrop``.

    Args:
        size: Width and height of the crop.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        xy, score = results['keypoint'], results['keypoint_score']
        seen = xy[np.isfinite(xy).all(-1) & (score > 0)]
        height, width = results['img_shape']
        inside = (seen >= 0).all(-1) & (seen[:, 0] < width) & (seen[:, 1] < height)
        x, y = (self._draw(seen[inside, axis], side) for axis, side in enumerate((width, height)))
        box = np.array([x, y, x + self.size, y + self.size])
        results['imgs'] = self._crop_imgs(results['imgs'], box)
        results['keypoint'] = self._crop_kps(xy, box)
        results['crop_bbox'], results['img_shape'] = box, (self.size, self.size)
        return results

    def _draw(self, places: np.ndarray, side: int) -> int:
        """Draw an offset among those whose half-open interval holds the most places."""
        offsets = np.arange(side - self.size + 1)
        ordered = np.sort(places)
        held = np.searchsorted(ordered, offsets + self.size) - np.searchsorted(ordered, offsets)
        return int(np.random.choice(offsets[held == held.max()]))

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size})'
