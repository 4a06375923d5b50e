"""One set of frame indices for both modalities."""
from typing import Any

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from ...errors import InputError


@TRANSFORMS.register_module()
class AlignedSampleFrames(BaseTransform):
    """Choose the frames of a clip: one in each of ``clip_len`` equal segments of the video.

    RGB and skeleton are read at the same indices, which equation (1) of the paper needs: it pools
    frame t's features at frame t's joints.

    In training the frame is drawn at random within its segment, of the whole video or of a part of
    it that is drawn before (``part``). In test clip k of n takes the
    middle of the k-th of n equal parts of each segment; for n = 1 that is the segment's centre.
    A video with fewer frames than segments gives some of its frames several times, in order.

    Required keys: ``total_frames``.
    Added keys: ``frame_inds`` (int array, ``num_clips * clip_len``, clip-major, counted from 0),
    ``clip_len``, ``num_clips``.

    Args:
        clip_len: Frames a clip (T).
        num_clips: Clips a video. Defaults to 1.
        test_mode: Fixed positions in place of random ones. Defaults to False.
        part: Least and largest share of the video that a clip of training covers. Defaults to all.
    """

    def __init__(self, clip_len: int, num_clips: int = 1, test_mode: bool = False,
                 part: tuple[float, float] = (1., 1.)) -> None:
        if clip_len < 1 or num_clips < 1:
            raise ValueError(f'clip_len and num_clips must be at least 1, got {clip_len} and '
                             f'{num_clips}')
        if not 0 < part[0] <= part[1] <= 1:
            raise InputError('config', 'AlignedSampleFrames.part', part,
                             'two shares in order, more than 0 and at most 1')
        self.clip_len = clip_len
        self.num_clips = num_clips
        self.test_mode = test_mode
        self.part = (part[0], part[1])

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        total = results['total_frames']
        segment = np.arange(self.clip_len)
        if self.test_mode:
            # Position within the segment is (2k + 1) / 2n; whole numbers keep the floor exact.
            part = 2 * np.arange(self.num_clips)[:, None] + 1
            inds = (2 * self.num_clips * segment + part) * total // (2 * self.num_clips *
                                                                     self.clip_len)
        else:
            position = segment + np.random.rand(self.num_clips, self.clip_len)
            if self.part != (1, 1):
                share = np.random.uniform(*self.part, size=(self.num_clips, 1))
                begin = np.random.uniform(0, 1 - share)
                position = begin * self.clip_len + share * position
            inds = (position * (total / self.clip_len)).astype(np.int64)
            inds = np.minimum(inds, total - 1)  # rounding of the product can reach `total`
        results['frame_inds'] = inds.reshape(-1).astype(np.int64)
        results['clip_len'] = self.clip_len
        results['num_clips'] = self.num_clips
        return results

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(clip_len={self.clip_len}, num_clips={self.num_clips}, '
                f'test_mode={self.test_mode}, part={self.part})')
