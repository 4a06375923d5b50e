"""Feature maps of frames that several windows of a long video show, computed once."""

from collections.abc import Sequence
from typing import Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import InputError
from ..models.backbones import D3DTransformer


class Extractor(Protocol):
    """A feature extractor: N x C x T x H x W to maps, whose last one has T / temporal_stride."""
    temporal_stride: int

    def __call__(self, imgs: Tensor) -> Sequence[Tensor]:
        """Compute the maps."""
        ...


def extractor_of(network: nn.Module) -> Extractor:
    """Return the feature extractor of a network whose features can be shared.

    Raises:
        InputError: It is of another kind.
    """
    extractor = getattr(getattr(network, 'backbone', None), 'backbone', None)
    if not (isinstance(network.backbone, D3DTransformer) and hasattr(extractor, 'temporal_stride')):
        raise InputError(
            'inference', 'share_features',
            type(network.backbone).__name__,
            'D3DTransformer, with a backbone that says its temporal_stride, as R2Plus1D does')
    if getattr(extractor, 'motion', False):  # its maps depend on all frames of a clip
        raise InputError('inference', 'share_features', 'a backbone with motion=True',
                         "one without: the mean frame is each window's own")
    return cast(Extractor, extractor)


def on_one_grid(length: int, stride: int, total: int, clip_len: int,
                temporal_stride: int) -> tuple[int, int]:
    """Round a window and its stride so that windows sample the same frames where they overlap.

    Args:
        length: Frames of a window.
        stride: Frames from one to the next.
        total: Frames of the video.
        clip_len: Frames that are sampled of a window.
        temporal_stride: Of the feature extractor.

    Returns:
        Length, a multiple of ``clip_len`` unless the video is shorter, and stride.
    """
    if total < clip_len:
        return length, stride
    step = max(1, min(round(length / clip_len), total // clip_len))
    unit = step * temporal_stride
    return step * clip_len, max(1, min(round(stride / unit), clip_len // temporal_stride)) * unit


def strips(imgs: Tensor, numbers: np.ndarray, temporal_stride: int) -> list[list[tuple[int, int]]]:
    """Group clips that are cut from one strip of evenly spaced frames.

    Args:
        imgs: Clips, N x C x T x H x W.
        numbers: Frames of the video that they show, N x T.
        temporal_stride: Features lie this many frames apart.

    Returns:
        For each strip its clips and where, in its frames, each begins. A clip follows another where
        the frames that both show are the same to the pixel.
    """
    groups: list[list[tuple[int, int]]] = []
    for clip in range(len(imgs)):
        for group in groups:
            last, begin = group[-1]
            shift = _shift(numbers[last], numbers[clip])
            if shift is not None and shift % temporal_stride == 0 and torch.equal(
                    imgs[last, :, shift:], imgs[clip, :, :imgs.shape[2] - shift]):
                group.append((clip, begin + shift))
                break
        else:
            groups.append([(clip, 0)])
    return groups


def _shift(earlier: np.ndarray, later: np.ndarray) -> int | None:
    """By how many of its frames a clip is later than another; None where they share no grid."""
    if len(earlier) < 2 or len(set(np.diff(earlier))) > 1:
        return 0 if np.array_equal(earlier, later) else None
    step = int(earlier[1] - earlier[0])
    shift, rest = divmod(int(later[0] - earlier[0]), step) if step else (-1, 0)
    if rest or not 0 <= shift < len(earlier) or not np.array_equal(later, earlier + shift * step):
        return None
    return shift


def shared_maps(extractor: Extractor, imgs: Tensor, numbers: np.ndarray) -> tuple[Tensor, ...]:
    """Compute the maps of clips, each frame of a strip once.

    A clip's maps differ from those that it has alone: at its first and last frames convolutions
    over time see the frames beside them, where alone they see zeros.

    Args:
        extractor: Makes the maps.
        imgs: Normalised clips, N x C x T x H x W.
        numbers: Frames of the video that they show, N x T.

    Returns:
        Its maps of each clip, each N x ...
    """
    made: dict[int, list[Tensor]] = {}
    for group in strips(imgs, numbers, extractor.temporal_stride):
        pieces, stop = [], 0
        for clip, begin in group:
            pieces.append(imgs[clip, :, stop - begin:])
            stop = begin + imgs.shape[2]
        maps = extractor(torch.cat(pieces, 1)[None])
        for clip, begin in group:
            made[clip] = [_cut(each[0], begin, imgs.shape[2], stop) for each in maps]
    return tuple(torch.stack(maps) for maps in zip(*(made[clip] for clip in range(len(imgs)))))


def _cut(features: Tensor, begin: int, length: int, total: int) -> Tensor:
    """Cut C x T' x H x W, of which ``total`` frames were made, to those of some frames."""
    stride = round(total / features.shape[1])
    return features[:, begin // stride:-(-(begin + length) // stride)]
