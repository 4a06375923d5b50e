"""The steps of a test pipeline, as mmaction_d3d and MMAction2 do them, on NumPy arrays."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ._shared.errors import InputError

_INTERPOLATIONS = dict(nearest=cv2.INTER_NEAREST, bilinear=cv2.INTER_LINEAR,
                       bicubic=cv2.INTER_CUBIC, area=cv2.INTER_AREA, lanczos=cv2.INTER_LANCZOS4)


@dataclass
class Clip:
    """Frames and joints on their way.

    Attributes:
        source: What messages call it.
        keypoint: M x T x V x 2, in pixels of the images.
        keypoint_score: M x T x V.
        images: H x W x 3 uint8 RGB each.
        num_clips: Clips, one after the other in the frames.
    """
    source: str
    keypoint: np.ndarray
    keypoint_score: np.ndarray
    images: Sequence[np.ndarray] = ()
    num_clips: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.images[0].shape[:2]
        return height, width


def sampled_frames(total: int, clip_len: int, num_clips: int = 1) -> np.ndarray:
    """Choose frames as ``AlignedSampleFrames`` does in a test, clip after clip."""
    part = 2 * np.arange(num_clips)[:, None] + 1
    inds = (2 * num_clips * np.arange(clip_len) + part) * total // (2 * num_clips * clip_len)
    return inds.ravel()


def _resize(clip: Clip, scale: Any, keep_ratio: bool = True,
            interpolation: str = 'bilinear') -> None:
    height, width = clip.size
    if keep_ratio:
        if not isinstance(scale, float):
            # A side of -1 is left to the other one.
            long, short = (np.inf, max(scale)) if min(scale) == -1 else (max(scale), min(scale))
            scale = min(long / max(height, width), short / min(height, width))
        width, height = (int(side * float(scale) + 0.5) for side in (width, height))
    else:
        width, height = scale
    factor = np.divide((width, height), clip.size[::-1]).astype(np.float32)
    method = _INTERPOLATIONS[interpolation]
    clip.images = [
        cv2.resize(image, (width, height), interpolation=method) for image in clip.images
    ]
    clip.keypoint = clip.keypoint * factor


def _centre_crop(clip: Clip, crop_size: Any) -> None:
    height, width = clip.size
    crop_width, crop_height = (crop_size, crop_size) if isinstance(crop_size, int) else crop_size
    if width < crop_width or height < crop_height:
        raise InputError(clip.source, 'frame size before the crop', f'{height}x{width}',
                         f'at least {crop_height}x{crop_width}, the size of the crop')
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    clip.images = [image[top:top + crop_height, left:left + crop_width] for image in clip.images]
    clip.keypoint = clip.keypoint - np.array([left, top], np.float32)


def _square_pad(clip: Clip) -> None:
    height, width = clip.size
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    around = ((top, side - height - top), (left, side - width - left), (0, 0))
    clip.images = [np.pad(image, around) for image in clip.images]
    clip.keypoint = clip.keypoint + np.array([left, top], np.float32)


_STEPS: dict[str, Callable[..., None]] = dict(Resize=_resize, CenterCrop=_centre_crop,
                                              SquarePad=_square_pad)
# What comes first and last, and is done apart.
_AROUND = ('AlignedSampleFrames', 'AlignedDecode', 'FormatShape', 'PackRGBPose')


def check_steps(steps: Iterable[Mapping[str, Any]], path: str) -> None:
    """Refuse a pipeline with a step that is unknown here.

    Raises:
        InputError: There is one.
    """
    for step in steps:
        if step.get('type') not in (*_STEPS, *_AROUND):
            raise InputError(path, 'pipeline', step.get('type'),
                             f'steps among {", ".join((*_STEPS, *_AROUND))}')


def apply_steps(clip: Clip, steps: Iterable[Mapping[str, Any]]) -> None:
    """Run what stands between decoding and packing, in place."""
    for step in steps:
        if step['type'] in _STEPS:
            _STEPS[step['type']](clip, **{key: step[key] for key in step if key != 'type'})


def pack(clip: Clip, num_person: int) -> tuple[np.ndarray, np.ndarray]:
    """Lay a clip out as the graph takes it: N x 3 x T x H x W uint8 and N x T x (M V) x 3."""
    people, frames, joints = clip.keypoint_score.shape
    tokens = np.zeros((num_person, frames, joints, 3), np.float32)
    tokens[:people, ..., :2] = clip.keypoint
    tokens[:people, ..., 2] = np.minimum(clip.keypoint_score, 1)
    # A joint without a score, or with a number that is none, is missing.
    tokens[~(np.isfinite(tokens).all(-1) & (tokens[..., 2] > 0))] = 0
    tokens = tokens.reshape(num_person, clip.num_clips, -1, joints, 3).transpose(1, 2, 0, 3, 4)
    images = np.stack(clip.images)
    images = images.reshape(clip.num_clips, -1, *images.shape[1:]).transpose(0, 4, 1, 2, 3)
    return np.ascontiguousarray(images), tokens.reshape(*tokens.shape[:2], -1, 3)
