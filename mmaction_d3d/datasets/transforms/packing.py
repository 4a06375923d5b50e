"""The last step of the pipeline: what the model receives."""
from typing import Any

import numpy as np
from mmaction.datasets.transforms import PackActionInputs
from mmaction.registry import TRANSFORMS

from ...errors import InputError
from .source import source


def joint_tokens(results: dict[str, Any], num_person: int | None = None) -> np.ndarray:
    """Lay a clip's joints out as the model reads them.

    A joint is missing if its score is not above 0 or if a number of it is not finite; it becomes
    x = y = score = 0. Scores are clamped to [0, 1]. People are concatenated (joint v of person m
    stands at ``m * V + v``), absent people are missing joints.

    Args:
        results: A pipeline's dict with ``keypoint`` (M x N*T x V x 2, pixels), ``keypoint_score``
            (M x N*T x V), ``num_clips`` (N) and ``clip_len`` (T).
        num_person: People the model was built for; by default the number that the data set put into
            ``results``.

    Returns:
        N x T x (num_person*V) x 3 float32: x and y in pixels, score.

    Raises:
        InputError: There are more people than ``num_person``.
    """
    num_person = results['num_person'] if num_person is None else num_person
    if num_person is None:
        raise InputError(source(results), 'num_person', 'nothing', 'that of the data set, or of '
                         'PackRGBPose: the model takes as many')
    xy = np.asarray(results['keypoint'], np.float32)
    score = np.asarray(results['keypoint_score'], np.float32)
    people, frames, joints = score.shape
    if people > num_person:
        raise InputError(source(results), 'keypoint', f'{people} people',
                         f'at most num_person = {num_person}')
    tokens = np.zeros((num_person, frames, joints, 3), np.float32)
    tokens[:people, ..., :2] = xy
    tokens[:people, ..., 2] = np.minimum(score, 1)
    present = np.isfinite(tokens).all(-1) & (tokens[..., 2] > 0)
    tokens[~present] = 0
    # M x N*T x V x 3 -> N x T x M x V x 3
    tokens = tokens.reshape(num_person, results['num_clips'], results['clip_len'], joints, 3)
    tokens = tokens.transpose(1, 2, 0, 3, 4)
    return tokens.reshape(results['num_clips'], results['clip_len'], num_person * joints, 3)


@TRANSFORMS.register_module()
class PackRGBPose(PackActionInputs):
    """Pack RGB and skeleton, aligned frame by frame, into model inputs.

    ``inputs`` holds, as tensors, the ``collect_keys``:

    - ``imgs``: N x 3 x T x H x W, as ``FormatShape(input_format='NCTHW')`` left it;
    - ``keypoint``: N x T x R x 3 float32, from :func:`joint_tokens`;
    - ``heatmap_imgs``: N x T x R x H' x W', from :class:`GenerateJointHeatmap`.

    Numbers in them that are nan or inf are an :class:`~mmaction_d3d.errors.InputError`, which names
    the clip before the model sees it.

    Args:
        num_person: People kept in ``keypoint`` (M). Defaults to None: the data set's
            ``num_person``.
        collect_keys: What the model takes.
        meta_keys: What the data sample's metainfo keeps, where present.
    """

    def __init__(
        self, num_person: int | None = None, collect_keys: tuple[str, ...] = ('imgs', 'keypoint'),
        meta_keys: tuple[str, ...] = ('img_shape', 'original_shape', 'frame_dir', 'filename',
                                      'img_dir', 'total_frames', 'frame_inds', 'num_clips',
                                      'clip_len', 'flip', 'mirrored')
    ) -> None:
        super().__init__(collect_keys=collect_keys, meta_keys=meta_keys)
        self.num_person = num_person

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        if 'imgs' in self.collect_keys:
            self._check_images(results)
        if 'keypoint' in self.collect_keys:
            results['keypoint'] = joint_tokens(results, self.num_person)
        for key in self.collect_keys:
            values = np.asarray(results.get(key))
            if values.dtype.kind == 'f' and not np.isfinite(values).all():
                raise InputError(source(results), key, 'nan or inf', 'finite numbers')
        return super().transform(results)

    @staticmethod
    def _check_images(results: dict[str, Any]) -> None:
        """Refuse images that no longer belong to the keypoints."""
        if np.ndim(results['imgs']) != 5:
            raise InputError('pipeline', 'imgs', f'{np.ndim(results["imgs"])} axes',
                             "5: FormatShape with input_format='NCTHW' before PackRGBPose")
        place = source(results)
        num_clips, _, clip_len, height, width = results['imgs'].shape
        if (height, width) != tuple(results['img_shape']):
            # MMAction2's CenterCrop cuts what it can out of an image smaller than the crop.
            raise InputError(
                place, 'imgs', f'{height}x{width} pixels',
                'x'.join(map(str, results['img_shape'])) + ' as img_shape says '
                '(is a crop larger than the image?)')
        if (num_clips, clip_len) != (results['num_clips'], results['clip_len']):
            raise InputError(
                place, 'imgs', f'{num_clips} clips of {clip_len} frames',
                f'{results["num_clips"]} clips of {results["clip_len"]} frames, as '
                'the keypoints (multi-crop transforms leave keypoints behind)')
