"""Reading exactly the sampled frames, and the keypoints of the same frames."""
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from mmaction.datasets.transforms import Resize
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log

from ...media import ImageFiles, frames_of, numbered_images, read_video
from ...media.find import GAPS
from ..checking import refuse_exchanged_sides


@TRANSFORMS.register_module()
class AlignedDecode(BaseTransform):
    """Read the frames ``frame_inds`` and the keypoints of these same frames.

    Each frame is decoded once. Where a video is shorter than announced, indices beyond its end
    become its last frame's, for images and keypoints alike, and a warning says so once a file
    (and process). So it does where images of a folder are not numbered one by one, see
    :func:`.media.numbered_images`. Keypoints are scaled from the ``img_shape`` of the annotation to
    the size of the frames.

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
        self.resize: Resize | None = None
        self._warned: set[str] = set()

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        inds, shrink = results['frame_inds'], _Shrink(self.resize)
        if 'array' in results:
            place = results.get('filename', 'frames in memory')
            images, count = frames_of(results['array'], inds)
        elif 'filename' in results:
            place = results['filename']
            images, count = read_video(place, inds, self.backend, shrink)
        else:
            place = results['img_dir']
            paths = numbered_images(place, results['frame_tmpl'], results['start_index'],
                                    results['total_frames'])
            last = results['start_index'] + len(paths) - 1
            if paths[-1] != str(Path(place, results['frame_tmpl'].format(last))):
                self._warn(place, GAPS)
            images, count = frames_of(ImageFiles(paths), inds)
        if not shrink.sizes:
            images = {index: shrink(image) for index, image in images.items()}
        if count is not None:
            inds = np.minimum(inds, count - 1)
            self._warn(
                place, f'{count} frames decode, {results["total_frames"]} were announced; the '
                'last one stands in for the rest')

        # MMAction2's Flip works in place: a frame used twice must not be flipped twice.
        used, imgs = set(), []
        for index in inds.tolist():
            imgs.append(images[index].copy() if index in used else images[index])
            used.add(index)

        height, width = shrink.sizes[0]
        refuse_exchanged_sides(place, (height, width), results['img_shape'])
        old_height, old_width = results['img_shape']
        scale = np.array([width / old_width, height / old_height], np.float32)
        results['keypoint'] = results['keypoint'][:, inds].astype(np.float32) * scale
        results['keypoint_score'] = results['keypoint_score'][:, inds].astype(np.float32)
        results['frame_inds'] = inds
        results['img_shape'] = results['original_shape'] = (height, width)
        if self.resize is not None:
            results = self.resize(results)
        results['imgs'] = imgs
        return results

    def _warn(self, place: str, text: str) -> None:
        if place not in self._warned:
            self._warned.add(place)
            print_log(f'{place}: {text}', logger='current', level=logging.WARNING)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend={self.backend!r})'


class _Shrink:
    """Resizes frames one by one, as if they were together.

    Args:
        resize: None leaves them as they are.

    Attributes:
        sizes (list[tuple[int, int]]): Height and width of each as it was.
    """

    def __init__(self, resize: Resize | None) -> None:
        self.sizes: list[tuple[int, ...]] = []
        self._resize = resize

    def __call__(self, image: np.ndarray) -> np.ndarray:
        self.sizes.append(image.shape[:2])
        if self._resize is None:
            return image
        return self._resize(dict(imgs=[image], img_shape=self.sizes[0]))['imgs'][0]


def resizing_as_read(transforms: Iterable[Any]) -> list[Any]:
    """Return transforms of which a ``Resize`` behind a decoding is done frame by frame.

    The results are the same. Frames of full size take memory one at a time, which is faster.
    """
    joined: list[Any] = []
    for transform in transforms:
        last = joined[-1] if joined else None
        if type(transform) is Resize and not transform.lazy and type(
                last) is AlignedDecode and last.resize is None:
            joined[-1] = AlignedDecode(last.backend)
            joined[-1].resize = transform
        else:
            joined.append(transform)
    return joined
