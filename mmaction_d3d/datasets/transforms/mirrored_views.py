"""Tests that see each clip from both sides."""
from typing import Any

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from .flip import JointFlip


@TRANSFORMS.register_module()
class MirroredViews(BaseTransform):
    """Add each clip's mirror image, with left and right joints exchanged, as a further clip.

    A test then averages the scores of all. It stands before ``FormatShape``.

    Required and modified keys: ``imgs`` (list of H x W x 3), ``keypoint`` (M x N*T x V x 2),
    ``keypoint_score`` (M x N*T x V), ``frame_inds``, ``num_clips``, ``img_shape``. Added key:
    ``mirrored``, of each clip.

    Args:
        layout: Key of :data:`mmaction_d3d.skeletons.LAYOUTS`.
    """

    def __init__(self, layout: str) -> None:
        self.layout = layout
        self._flip = JointFlip(layout, flip_ratio=1)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        keys = ('imgs', 'keypoint', 'keypoint_score', 'img_shape', 'modality')
        mirror = {key: results[key] for key in keys if key in results}
        mirror.update(imgs=[image.copy() for image in results['imgs']],
                      keypoint=results['keypoint'].copy())
        mirror = self._flip.transform(mirror)
        for key in ('keypoint', 'keypoint_score'):
            results[key] = np.concatenate([results[key], mirror[key]], axis=1)
        results['imgs'] = [*results['imgs'], *mirror['imgs']]
        results['frame_inds'] = np.tile(results['frame_inds'], 2)
        results['mirrored'] = np.repeat([False, True], results['num_clips'])
        results['num_clips'] *= 2
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(layout={self.layout!r})'
