"""From a source and its skeleton to the model's input, through the config's own test pipeline."""
import os
import re

import numpy as np
from mmaction.datasets.transforms import FormatShape
from mmengine.dataset import Compose

from ..datasets.transforms import AlignedDecode
from ..datasets.transforms.cropping import check_before_crops
from ..errors import InputError

_NUMBERED = re.compile(r'(.*?)(\d+)(\.\w+)')


def pipeline_fields(source):
    """Return what a pipeline needs to read a source.

    Args:
        source (Media): A video or frame folder, of :mod:`mmaction_d3d.media`.

    Raises:
        InputError: The frames of a folder are not numbered without a gap.
    """
    if source.images is None:
        return dict(filename=source.path, start_index=0)
    names = [os.path.basename(path) for path in source.images]
    first = _NUMBERED.fullmatch(names[0])
    if first is not None:
        prefix, suffix = (text.replace('{', '{{').replace('}', '}}') for text in first.group(1, 3))
        tmpl, start = f'{prefix}{{:0{len(first[2])}}}{suffix}', int(first[2])
        if names == [tmpl.format(start + index) for index in range(len(names))]:
            return dict(img_dir=source.path, frame_tmpl=tmpl, start_index=start)
    raise InputError(source.path, 'frames', f'{len(names)} images from {names[0]} to {names[-1]}',
                     'images numbered without a gap, such as img_00001.jpg, img_00002.jpg, ...')


class TestPipeline:
    """The config's test pipeline, whole or around its decoding step.

    Args:
        transforms (list[dict]): The pipeline of the test split.
        num_person (int): People that the model takes.
    """

    def __init__(self, transforms, num_person):
        self.num_person = num_person
        self._transforms = check_before_crops(Compose(transforms).transforms)

    def __call__(self, source, skeleton):
        """Pack a whole source as one sample.

        Returns:
            dict: ``inputs`` and ``data_samples``.
        """
        return self._run(self._transforms, self._fields(skeleton, source))

    @property
    def decode(self):
        """Where the decoding step stands.

        Raises:
            InputError: There is none, but one that reads a file as a whole.
        """
        for index, step in enumerate(self._transforms):
            if isinstance(step, AlignedDecode):
                return index
        raise InputError('config', 'test pipeline', 'no AlignedDecode',
                         'AlignedDecode, for windows of a long video and for attention')

    def sample(self, total_frames):
        """Return the frames that a clip of that length is sampled at: ``frame_inds`` and its company."""
        return self._run(self._transforms[:self.decode],
                         dict(total_frames=total_frames, start_index=0, modality='RGB'))

    def of_images(self, sampled, images, skeleton):
        """Pack frames that are decoded already, as :class:`AlignedDecode` would have.

        Args:
            sampled (dict): What :meth:`sample` gave.
            images (list[np.ndarray]): H x W x 3 uint8 RGB, one for each of its ``frame_inds``, none
                of them in use elsewhere.
            skeleton (dict): Of that clip.

        Returns:
            dict: ``inputs`` and ``data_samples``.
        """
        height, width = images[0].shape[:2]
        inds, (old_height, old_width) = sampled['frame_inds'], skeleton['img_shape']
        scale = np.array([width / old_width, height / old_height], np.float32)
        results = self._fields(skeleton)
        results.update(sampled, frame_inds=inds.copy(), imgs=images, img_shape=(height, width),
                       original_shape=(height, width),
                       keypoint=results['keypoint'][:, inds] * scale,
                       keypoint_score=results['keypoint_score'][:, inds])
        return self._run(self._transforms[self.decode + 1:], results)

    def placement(self, height, width):
        """Where the model's input lies in a frame of that size.

        Found by sending two joints through the steps between decoding and formatting.

        Returns:
            tuple: ((scale, shift) along x, (scale, shift) along y, (height, width) of the input),
            where a pixel x of the frame is ``scale * x + shift`` of the input.
        """
        corners = np.array([[[[0, 0], [width, height]]]], np.float32)
        results = dict(imgs=[np.zeros(
            (height, width, 3), np.uint8)], keypoint=corners, keypoint_score=np.ones(
                (1, 1, 2), np.float32), img_shape=(height, width), original_shape=(height, width),
                       frame_inds=np.zeros(1, np.int64), clip_len=1, num_clips=1, num_person=1,
                       modality='RGB')
        end = next(
            (index for index, step in enumerate(self._transforms) if isinstance(step, FormatShape)),
            None)
        moved = self._run(self._transforms[self.decode + 1:end], results)
        (x0, y0), (x1, y1) = moved['keypoint'][0, 0]
        return (((x1 - x0) / width, x0), ((y1 - y0) / height, y0), moved['img_shape'])

    def _fields(self, skeleton, source=None):
        arrays = {key: skeleton[key].astype(np.float32) for key in ('keypoint', 'keypoint_score')}
        fields = pipeline_fields(source) if source is not None else {}
        return {**skeleton, **arrays, **fields, 'num_person': self.num_person, 'modality': 'RGB'}

    @staticmethod
    def _run(steps, results):
        for step in steps:
            results = step(results)
        return results
