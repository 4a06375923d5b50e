"""Do joints stay on their pixels? A drawn clip shows it where nobody answers for a transform."""
import copy
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import cv2
import numpy as np
from mmaction.datasets import transforms as upstream
from mmengine.logging import print_log

from ...errors import InputError
from ...seeding import seeded
from .cropping import check_before_crops
from .packing import PackRGBPose

#: MMAction2's transforms that move joints with pixels, or neither.
CARRYING = (upstream.Resize, upstream.RandomRescale, upstream.RandomCrop, upstream.CenterCrop,
            upstream.RandomResizedCrop, upstream.Flip, upstream.ColorJitter)
#: Those after which there are no pictures any more.
_ENDS = (upstream.FormatShape, upstream.PackActionInputs)

_DRAWS = 6  # and as many where all that may happen does
_CHANCES = 'p', 'prob', 'flip_ratio'
_SIZE = 480, 640
_SIDES = range(16, 2049)  # numbers of a transform that may be sizes
_RADIUS = 6  # of a dot, in pixels of that size
# Some dots may be painted over, or cut in two by a border.
_MOST_OFF, _MOST_STRAY, _MOST_ALONE = 0.3, 0.2, 0.5
_MOST_WAY = 0.0075  # of the shorter side, from a joint to its dot: a pixel of 133, at least one


def guarded(transforms: Iterable[Callable], num_joints: int) -> list[Callable]:
    """Check a pipeline, and return it with a check of sizes before MMAction2's crops.

    A transform answers for itself by an attribute ``carries_joints = True``. Those of this package
    and :data:`CARRYING` need none; any other one is tried on a drawn clip, several times.

    Args:
        transforms: The pipeline.
        num_joints: V of its keypoints.

    Raises:
        InputError: A transform leaves joints behind that its pixels go away from.
    """
    transforms = list(transforms)
    check_geometry(transforms, num_joints)
    return check_before_crops(transforms)


def check_first_clip(transforms: Sequence[Callable], results: Any) -> None:
    """Check a pipeline that was composed without :func:`guarded`, at its first clip.

    Args:
        transforms: The pipeline; checked if :class:`PackRGBPose` is in it.
        results: The clip, as the first of them gets it.

    Raises:
        InputError: As of :func:`guarded`.
    """
    if any(isinstance(step, PackRGBPose)
           for step in transforms) and np.ndim(results.get('keypoint')) == 4:
        check_geometry(transforms, results['keypoint'].shape[2], 'imgs' in results)


def check_geometry(transforms: Sequence[Callable], num_joints: int, decoded: bool = False) -> None:
    """Try the transforms of a pipeline that nobody answers for; see :func:`guarded`.

    Args:
        transforms: The pipeline.
        num_joints: V of its keypoints.
        decoded: Whether what it gets has pictures already. Defaults to False.

    Raises:
        InputError: As of :func:`guarded`.
    """
    last_decode = max(
        (index for index, step in enumerate(transforms) if type(step).__name__.endswith('Decode')),
        default=-1)
    if last_decode < 0 and not decoded:
        return
    _check_arguments(transforms)
    steps = transforms[last_decode + 1:]
    end = next((index for index, step in enumerate(steps) if isinstance(step, _ENDS)), len(steps))
    steps = steps[:end]
    last = max((index for index, step in enumerate(steps) if not _is_known(step)), default=-1)
    results = _drawn_clip(num_joints)
    for step in steps[:last + 1]:
        failure = None
        for clip in chain([results], (_drawn_clip(num_joints, side) for side in _sides(step))):
            try:
                results = _tried(step, clip)
                break
            except InputError:
                raise
            except Exception as error:  # of any kind: it may need what a drawn clip does not have
                failure = failure or error
        else:
            print_log(
                f'{_name(step)} does not take a drawn clip ({type(failure).__name__}: {failure}): '
                'whether joints stay on their pixels is not known', 'current', logging.WARNING)
            return


def _check_arguments(transforms: Sequence[Callable]) -> None:
    """Refuse what MMAction2's transforms do not do with skeletons, at any depth of a pipeline."""
    for step in _with_parts(transforms):
        if getattr(step, 'lazy', False):
            raise InputError('pipeline', _name(step), 'lazy=True, by which joints stay behind',
                             'lazy=False (and no Fuse), where clips have skeletons')
        if isinstance(step, upstream.Flip) and step.direction != 'horizontal':
            raise InputError('pipeline', _name(step), f"direction='{step.direction}'",
                             "direction='horizontal', where clips have skeletons")


def _with_parts(transforms: Iterable[Any]) -> Iterator[Any]:
    """Yield transforms, and those that they choose from or apply at times."""
    for step in transforms:
        yield step
        yield from _with_parts(getattr(step, 'transforms', ()))


def _is_known(step: Callable) -> bool:
    return (getattr(step, 'carries_joints', False) or type(step) in CARRYING
            or type(step).__module__.startswith('mmaction_d3d.'))


def _tried(step: Callable, results: dict[str, Any]) -> dict[str, Any]:
    """Return what a transform makes of a clip, after it was tried if nobody answers for it."""
    if _is_known(step):
        with seeded(0):
            return step(results)
    moved = results
    before, drift_before = misplaced(results)  # not 0 of small dots, or joints moved on purpose
    for draw, variant in enumerate([*[step] * _DRAWS, *[_without_chance(step)] * _DRAWS]):
        with seeded(draw):
            moved = variant(copy.deepcopy(results)) or results
        off, drift = misplaced(moved)
        if np.array_equal(moved['imgs'], results['imgs']):
            drift = 0.  # joints alone move a little: noise, on purpose
        if off > before or drift > drift_before + 1:
            raise InputError(
                'pipeline', _name(step),
                f'{f"{off:.0%}" if off > before else "half"} of the joints of a drawn clip off '
                'their pixels', 'joints that move with the pixels (or, where they do, '
                'carries_joints = True in its class)')
    return moved


def _without_chance(step: Any, depth: int = 3) -> Any:
    """Return a copy of a transform, and of those in it, that does always what it does at times."""
    step = copy.copy(step)
    for name, value in getattr(step, '__dict__', {}).items():
        if name in _CHANCES and isinstance(value, float) and 0 < value < 1:
            setattr(step, name, 1.)
        elif depth and isinstance(value, list):
            setattr(step, name, [_without_chance(part, depth - 1) for part in value])
        elif depth and callable(value) and hasattr(value, '__dict__'):
            setattr(step, name, _without_chance(value, depth - 1))
    return step


def _name(step: Callable) -> str:
    inner = getattr(step, 'trans', None)
    return type(step).__name__ + ('' if inner is None else f' ({type(inner).__name__})')


def _sides(step: Any) -> list[int]:
    """Return the sizes that a transform names: it may take pictures of these alone."""
    values = chain(*(value if isinstance(value, (tuple, list)) else [value]
                     for value in getattr(step, '__dict__', {}).values()))
    return sorted({value for value in values if type(value) is int and value in _SIDES})


def _drawn_clip(num_joints: int, side: int | None = None) -> dict[str, Any]:
    """Return two different frames with a white dot under every joint, as after decoding.

    Args:
        num_joints: V.
        side: The shorter one of the frames. Defaults to that of ``_SIZE``.
    """
    rng = np.random.default_rng(0)
    # A dot a cell, so that none lies beside another one's joint.
    columns = int(np.ceil(np.sqrt(num_joints * _SIZE[1] / _SIZE[0])))
    cell = np.divide(_SIZE[::-1], (columns, -(-num_joints // columns)))
    corners = np.stack(np.divmod(np.arange(num_joints), columns)[::-1], axis=-1) * cell
    room = np.minimum(2 * _RADIUS, cell / 3)
    xy = corners + rng.uniform(room, cell - room, (2, num_joints, 2))
    scale = 1. if side is None else side / min(_SIZE)
    images = []
    for places in xy.astype(int).tolist():
        image = np.zeros((*_SIZE, 3), np.uint8)
        for place in places:
            cv2.circle(image, place, _RADIUS, (255, 255, 255), -1)
        images.append(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    keypoint = (xy * scale).astype(np.float32)[None]
    shape = images[0].shape[:2]
    return dict(imgs=images, keypoint=keypoint, keypoint_score=np.ones(keypoint.shape[:3], 'f4'),
                img_shape=shape, original_shape=shape, frame_inds=np.arange(2), num_clips=1,
                clip_len=2, total_frames=2, start_index=0, num_person=1, label=0, modality='RGB',
                filename='a drawn clip')


def misplaced(results: dict[str, Any]) -> tuple[float, float]:
    """Measure how far joints are from their dots.

    Args:
        results: A drawn clip, after a transform.

    Returns:
        The share of joints that no dot lies under, 0 where dots are only painted over; and the
        median way from a joint to the dot beside it, 1 where it is as far as it may be.
    """
    if np.shape(results['imgs'][0])[-1] != 3:
        return 0., 0.  # heatmaps, which show no dots
    if len(results['imgs']) != results['keypoint'].shape[1]:
        return 1., 0.  # several pictures of a frame have joints of one
    shares, ways = [0.], [0.]
    for image, joints in zip(results['imgs'], results['keypoint'].swapaxes(0, 1)):
        picture = np.abs(np.asarray(image, np.float32).mean(-1) - np.median(image))
        height, width = picture.shape
        joints = joints.reshape(-1, 2)
        x, y = np.floor(joints).astype(int).T
        inside = (x > 0) & (y > 0) & (x < width - 1) & (y < height - 1)
        bright = picture > 0.3 * picture.max()
        dark = cv2.dilate(picture, np.ones((3, 3), np.uint8)) < 0.15 * picture.max()
        off = dark[y[inside], x[inside]].mean() if inside.any() else 1.
        reach = max(2, round(2 * _RADIUS * max(height / _SIZE[0], width / _SIZE[1])))
        near = np.zeros(bright.shape, np.uint8)
        for column, row in zip(*np.clip((x, y), -reach - 1, [[width + reach], [height + reach]])):
            cv2.circle(near, (int(column), int(row)), reach, (1, ), -1)
        stray = bright[near == 0].sum() / max(bright.sum(), 1)
        # Of few joints, dots that none lies on tell more: those of joints that should be there.
        if off > _MOST_OFF and stray > (_MOST_STRAY if inside.sum() >= 4 else _MOST_ALONE):
            shares.append(float(off))
        ways.append(_way_to_dots(bright, joints[inside], reach))
    return max(shares), max(ways)


def _way_to_dots(bright: np.ndarray, joints: np.ndarray, reach: int) -> float:
    """Return the median way from joints to the middle of what is bright around them.

    Args:
        bright: H x W, whether a pixel is.
        joints: N x 2, inside of it. Those at its border, whose dots are cut, do not count.
        reach: How far around, in pixels.

    Returns:
        In units of what it may be; 0 where fewer than three joints have a dot beside them.
    """
    sizes = np.array(bright.shape[::-1])
    joints = joints[((joints > reach) & (joints < sizes - reach)).all(-1)]
    columns, rows = joints.astype(int).T
    middles = np.indices(bright.shape)[::-1] + 0.5
    amount, *sums = (cv2.boxFilter(bright * part, cv2.CV_64F, (2 * reach + 1, ) * 2,
                                   normalize=False)[rows, columns] for part in (1., *middles))
    beside = amount >= 1
    if beside.sum() < 3:
        return 0.
    offsets = np.stack(sums, axis=-1)[beside] / amount[beside, None] - joints[beside]
    return float(np.median(np.linalg.norm(offsets, axis=-1)) / max(_MOST_WAY * sizes.min(), 1))
