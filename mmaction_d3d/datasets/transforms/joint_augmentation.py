"""Skeletons as a worse or another pose network would have found them."""
from typing import Any

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform


@TRANSFORMS.register_module()
class JointNoise(BaseTransform):
    """Move joints at random, as pose networks misplace them.

    Place it after the last change of size: pixels are those of the frames as they are then.

    Required and modified key: ``keypoint`` (M x T x V x 2).

    Args:
        clip: Standard deviation in pixels of what a joint is off by in all frames alike.
        frame: Standard deviation in pixels of what is drawn anew in each frame.
    """

    def __init__(self, clip: float = 1., frame: float = 0.5) -> None:
        self.clip, self.frame = clip, frame

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        keypoint = results['keypoint']
        people, frames, joints, axes = keypoint.shape
        noise = self.clip * np.random.randn(people, 1, joints, axes)
        noise = noise + self.frame * np.random.randn(people, frames, joints, axes)
        results['keypoint'] = keypoint + noise.astype(keypoint.dtype)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(clip={self.clip}, frame={self.frame})'


@TRANSFORMS.register_module()
class JointDrop(BaseTransform):
    """Let joints be missing in all of the clip, as where a body is hidden.

    Required and modified key: ``keypoint_score`` (M x T x V), 0 for what is dropped.

    Args:
        ratio: Probability for each joint of each person. Defaults to 0.1.
    """

    def __init__(self, ratio: float = 0.1) -> None:
        self.ratio = ratio

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        score = results['keypoint_score']
        people, _, joints = score.shape
        results['keypoint_score'] = score * (np.random.rand(people, 1, joints) >= self.ratio)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(ratio={self.ratio})'


@TRANSFORMS.register_module()
class PersonExchange(BaseTransform):
    """Exchange the slots of two people: who comes first tells nothing of an action.

    Of more than two slots, two are drawn at random. An absent person is exchanged like the others.

    Required and modified keys: ``keypoint`` (M x T x V x 2), ``keypoint_score`` (M x T x V).
    Optional key: ``num_person``, slots of the model.

    Args:
        ratio: Probability for a clip. Defaults to 0.5.
    """

    def __init__(self, ratio: float = 0.5) -> None:
        self.ratio = ratio

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        people = len(results['keypoint'])
        slots = max(results.get('num_person', people), people)
        if slots < 2 or np.random.rand() >= self.ratio:
            return results
        first, second = np.random.choice(slots, 2, replace=False)
        order = np.arange(slots)
        order[[first, second]] = second, first
        for key in ('keypoint', 'keypoint_score'):
            values = results[key]
            absent = np.zeros((slots - people, *values.shape[1:]), values.dtype)
            results[key] = np.concatenate((values, absent))[order]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(ratio={self.ratio})'
