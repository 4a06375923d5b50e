"""Logistic regressions that see a part of the input: the skeletons, or one frame.

A model that uses appearance and motion together must beat both.
"""
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np

from ..datasets import RGBPoseDataset
from ..datasets.transforms import AlignedDecode
from ..skeletons import SkeletonLayout

#: Blocks of features of a clip, each a row of numbers.
Features = Callable[[dict[str, Any], SkeletonLayout], Sequence[np.ndarray]]

_NUM_FRAMES = 16  # skeleton frames, evenly spread
_STRENGTHS = (1e-2, 1e-1, 1., 10.)  # C, chosen on the validation clips
_BLOCK_SCALE = 10.  # root of the summed variances of a block
_FRAME_SIDE, _WRIST_SIDE = 16, 12  # pixels of the pictures that a frame gives


class BaselineScore(NamedTuple):
    """Top-1 on the test clips (`correct` of `total`), and the C chosen on the validation clips."""
    top1: float
    correct: int
    total: int
    strength: float


def skeleton_baseline(train: RGBPoseDataset, val: RGBPoseDataset, test: RGBPoseDataset,
                      target: str = 'label') -> BaselineScore:
    """Logistic regression on the skeletons over time.

    Features of a clip: for up to two people (the tallest first) the joints of 16 frames spread
    over the clip, centred and scaled by the clip's spread, and their differences from frame to
    frame; and for each joint what a linear classifier cannot form by itself: how far it gets in
    1, 2, 4 and 8 frames, how much it turns and to which side, how much it goes on or goes back,
    and how it spreads.

    Args:
        train: Clips to fit to; a data set's pipeline is not used.
        val: Clips that choose the regularisation and the blocks of features.
        test: Clips to score.
        target: Annotation field (int) to predict.

    Returns:
        The score on ``test``.
    """
    return _fit_and_test(train, val, test, target, _skeleton_features)


def single_frame_baseline(train: RGBPoseDataset, val: RGBPoseDataset, test: RGBPoseDataset,
                          target: str = 'label') -> BaselineScore:
    """Logistic regression on the middle frame: its pixels and its joints.

    Features of a clip: the frame at 16 x 16 pixels, a 12 x 12 crop around each wrist of the tallest
    person, that person's joints, centred and scaled, and the places of the wrists to the second
    and third power.

    Args, returns: as `skeleton_baseline`.
    """
    decode = AlignedDecode()
    return _fit_and_test(train, val, test, target,
                         lambda clip, layout: _frame_features(decode, clip, layout))


def _fit_and_test(train: RGBPoseDataset, val: RGBPoseDataset, test: RGBPoseDataset, target: str,
                  features: Features) -> BaselineScore:
    """Fit on each block of features alone and on all; `val` chooses among these and the C.

    Features are standardised and a block's weight does not grow with its length, or thousands of
    pixels would drown the few numbers that matter.
    """
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler
    except ImportError as error:
        raise ImportError('the baselines need scikit-learn: pip install scikit-learn') from error

    blocks, labels = zip(*(_table(dataset, target, features) for dataset in (train, val, test)))
    scaled = []
    for x, x_val, x_test in zip(*blocks):
        scaler = StandardScaler().fit(x)
        weight = _BLOCK_SCALE / np.sqrt(x.shape[1])
        scaled.append([scaler.transform(part) * weight for part in (x, x_val, x_test)])
    choices = [[block] for block in scaled] + [scaled]
    best_score = -1.
    for choice in choices:
        x, x_val, x_test = (np.concatenate(parts, 1) for parts in zip(*choice))
        for strength in _STRENGTHS:
            model = LogisticRegression(C=strength, max_iter=1000).fit(x, labels[0])
            score = model.score(x_val, labels[1])
            if score > best_score:
                best_score, best_strength, predictions = score, strength, model.predict(x_test)
    correct = int((predictions == labels[2]).sum())
    return BaselineScore(correct / len(labels[2]), correct, len(labels[2]), best_strength)


def _table(dataset: RGBPoseDataset, target: str,
           features: Features) -> tuple[list[np.ndarray], np.ndarray]:
    """Blocks of features (each clips x numbers) and the labels of a data set."""
    clips = [dataset.get_data_info(i) for i in range(len(dataset))]
    blocks = zip(*(features(clip, dataset.layout) for clip in clips))
    labels = np.array([clip[target] for clip in clips])
    return [np.stack(block).astype(np.float32) for block in blocks], labels


def _people(clip: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints (M x T x V x 2) and seen (M x T x V), the tallest person first."""
    points, seen = clip['keypoint'], clip['keypoint_score'] > 0
    y = points[..., 1]
    top, bottom = np.where(seen, y, np.inf).min(2), np.where(seen, y, -np.inf).max(2)
    height = np.where(seen.any(2), bottom - top, 0).mean(1)
    order = np.argsort(-height, kind='stable')
    return points[order], seen[order]


def _fill(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Missing joints from the frames before and after; (T x V x 2), in place."""
    frames = np.arange(len(points))
    for v in np.flatnonzero(~seen.all(0)):
        known = np.flatnonzero(seen[:, v])
        for axis in range(2):
            points[:, v, axis] = (np.interp(frames, known, points[known, v, axis])
                                  if len(known) else points[..., axis][seen].mean())
    return points


def _skeleton_features(clip: dict[str, Any], layout: SkeletonLayout) -> Sequence[np.ndarray]:
    """Two blocks: the poses, and what their sequence does."""
    points, seen = _people(clip)
    frames = ((np.arange(_NUM_FRAMES) + 0.5) / _NUM_FRAMES * points.shape[1]).astype(int)
    poses: list[np.ndarray] = []
    courses: list[np.ndarray] = []
    for m in range(2):
        p = np.zeros((_NUM_FRAMES, len(layout), 2))
        present = m < len(points) and seen[m].any()
        if present:
            p = _fill(points[m].astype(float), seen[m])[frames]
            p = (p - p.mean((0, 1))) / max(p.std(), 1e-6)
        poses.append(_poses(p))
        courses += [_course(p), np.array([present])]
    return np.concatenate(poses), np.concatenate(courses)


def _poses(p: np.ndarray) -> np.ndarray:
    """T x V x 2 normalised joints -> coordinates and their differences."""
    return np.concatenate([p.ravel(), np.diff(p, axis=0).ravel()])


def _course(p: np.ndarray) -> np.ndarray:
    """T x V x 2 normalised joints -> what each joint does over the clip.

    The mean distance between its places some frames apart, how much it turns about its mean place
    and from step to step (signed and not), how far steps go on in their direction, and how it
    spreads.
    """
    step, around = np.diff(p, axis=0), p - p.mean(0)
    turning = (_cross(around[:-1], around[1:]).sum(0), _cross(step[:-1], step[1:]).sum(0))
    return np.concatenate([
        *(np.linalg.norm(p[lag:] - p[:-lag], axis=2).mean(0) for lag in (1, 2, 4, 8)), *turning,
        *np.abs(turning), (step[:-1] * step[1:]).sum((0, 2)),
        around.std(0).ravel(),
        around.prod(2).mean(0)
    ])


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _frame_features(decode: AlignedDecode, clip: dict[str, Any],
                    layout: SkeletonLayout) -> Sequence[np.ndarray]:
    """Three blocks: the frame, what is around the wrists, and the joints."""
    middle = clip['total_frames'] // 2
    shown = decode.transform(dict(clip, frame_inds=np.array([middle])))
    image = shown['imgs'][0]
    points, seen = _people(shown)
    points, seen = points[0, 0].astype(float), seen[0, 0]
    centre = points[seen].mean(0) if seen.any() else np.zeros(2)
    spread = max(points[seen].std(), 1e-6) if seen.any() else 1.
    joints = np.where(seen[:, None], (points - centre) / spread, 0)

    wrists = [layout.joints.index(f'{side}_wrist') for side in ('right', 'left')]
    views = [cv2.resize(image, (_FRAME_SIDE, ) * 2, interpolation=cv2.INTER_AREA)]
    for wrist in wrists:
        views.append(
            _crop(image, points[wrist], spread) if seen[wrist] else np.zeros((_WRIST_SIDE,
                                                                              _WRIST_SIDE,
                                                                              3), np.uint8))
    x, y = joints[wrists].T
    powers = (x * x, x * y, y * y, x**3, x * x * y, x * y * y, y**3)
    return (views[0].ravel() / 255., np.concatenate([v.ravel() for v in views[1:]]) / 255.,
            np.concatenate([joints.ravel(), *powers]))


def _crop(image: np.ndarray, centre: np.ndarray, half: float) -> np.ndarray:
    """Return a square of 2 `half` pixels around a point, resized; black outside the picture."""
    scale = _WRIST_SIDE / (2 * half)
    x, y = _WRIST_SIDE / 2 - scale * centre
    return cv2.warpAffine(image, np.array([[scale, 0, x], [0, scale, y]], np.float32),
                          (_WRIST_SIDE, _WRIST_SIDE), flags=cv2.INTER_AREA)
