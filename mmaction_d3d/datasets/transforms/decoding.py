"""Reading exactly the sampled frames, and the keypoints of the same frames."""
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log

from ...media import read_frame_folder, read_video
from ..checking import refuse_exchanged_sides


@TRANSFORMS.register_module()
class AlignedDecode(BaseTransform):
    """Read the frames ``frame_inds`` and the keypoints of these same frames.

    Each frame is decoded once. Where a video is shorter than announced, indices beyond its end
    become its last frame's, for images and keypoints alike, and a warning says so once a file
    (and process). Keypoints are scaled from the ``img_shape`` of the annotation to the size of
    the frames.

    Required keys: ``frame_inds``, ``keypoint`` (M x total_frames x V x 2), ``keypoint_score``
    (M x total_frames x V), ``img_shape``, and either ``array`` (frames in memory, each
    H x W x 3 uint8 RGB), ``filename`` (a video), or ``img_dir`` with ``frame_tmpl`` and
    ``start_index``.
    Modified keys: ``keypoint`` and ``keypoint_score`` (their time axis is now ``frame_inds``),
    ``img_shape``, ``original_shape``, ``frame_inds``. Added keys: ``imgs``, a list of H x W x 3
    uint8 RGB arrays, no two of which share memory.

    Args:
        backend: ``av`` or ``decord``. Defaults to None: the first installed.
    """

    def __init__(self, backend: str | None = None) -> None:
        self.backend = backend
        self._warned: set[str] = set()

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        inds = results['frame_inds']
        if 'array' in results:
            place = results.get('filename', 'frames in memory')
            images, count = _frames_of(results['array'], inds)
        elif 'filename' in results:
            place = results['filename']
            images, count = read_video(place, inds, self.backend)
        else:
            place = results['img_dir']
            images, count = read_frame_folder(place, inds, results['frame_tmpl'],
                                              results['start_index'])
        if count is not None:
            inds = np.minimum(inds, count - 1)
            self._warn_short(place, count, results['total_frames'])

        # MMAction2's Flip works in place: a frame used twice must not be flipped twice.
        used, imgs = set(), []
        for index in inds.tolist():
            imgs.append(images[index].copy() if index in used else images[index])
            used.add(index)

        height, width = imgs[0].shape[:2]
        refuse_exchanged_sides(place, (height, width), results['img_shape'])
        old_height, old_width = results['img_shape']
        scale = np.array([width / old_width, height / old_height], np.float32)
        results['keypoint'] = results['keypoint'][:, inds].astype(np.float32) * scale
        results['keypoint_score'] = results['keypoint_score'][:, inds].astype(np.float32)
        results['frame_inds'] = inds
        results['imgs'] = imgs
        results['img_shape'] = results['original_shape'] = (height, width)
        return results

    def _warn_short(self, place: str, count: int, announced: int) -> None:
        if place not in self._warned:
            self._warned.add(place)
            print_log(
                f'{place}: {count} frames decode, {announced} were announced; the last one '
                'stands in for the rest', logger='current', level=logging.WARNING)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend={self.backend!r})'


def _frames_of(array: Sequence[np.ndarray],
               inds: np.ndarray) -> tuple[dict[int, np.ndarray], int | None]:
    """Copy the named frames; result as of :func:`.media.read_video`."""
    count = len(array)
    images = {index: array[index].copy() for index in np.minimum(inds, count - 1).tolist()}
    return images, count if inds.max() >= count else None
