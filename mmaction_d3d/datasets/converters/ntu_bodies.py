"""The people of an NTU sample out of the bodies that Kinect tracked: denoising and choice.

The steps and thresholds are the published ones of the preprocessing that CTR-GCN (Chen et al.,
ICCV 2021, ``data/ntu/get_raw_denoised_data.py``, after SGN, Zhang et al., CVPR 2020) and PYSKL
(``tools/data/ntu_preproc.py``) use. The data set's own README names the spread and the variance:
chairs and tables are tracked as bodies, too, and lie wider than tall; the main person is the body
of the largest variance. What differs here is told in docs/data_ntu.md.
"""
from dataclasses import dataclass

import numpy as np

from .ntu_reader import SkeletonFile

MAX_SHORT = 11  # frames: a body seen in no more is noise
MAX_SPREAD = 0.8  # width over height above which a body's pose is noise
MAX_NOISY = 0.69754  # share of such frames from which on a body is noise
MIN_MOTION, MAX_MOTION = 0.089925, 2.0  # square metres


@dataclass
class Body:
    """One tracked body.

    Attributes:
        frames: N, int64, rising: where it was tracked.
        colour: N x 25 x 2, pixels.
        state: N x 25, tracking states.
        xyz: N x 25 x 3, metres.
        motion: Variance of x, y and z over frames and joints, added up.
    """
    frames: np.ndarray
    colour: np.ndarray
    state: np.ndarray
    xyz: np.ndarray
    motion: float = 0.0


def split_bodies(skeleton: SkeletonFile) -> list[Body]:
    """Return the bodies of a :class:`SkeletonFile`, by id in order of appearance."""
    numbers = {body_id: number for number, body_id in enumerate(dict.fromkeys(skeleton.body_ids))}
    if len(numbers) == 1:  # there is nothing to choose from
        return [Body(skeleton.frames, skeleton.colour, skeleton.state, skeleton.xyz)]
    all_xyz = skeleton.xyz
    owners = np.array([numbers[body_id] for body_id in skeleton.body_ids])
    bodies = []
    for number in range(len(numbers)):
        rows = np.flatnonzero(owners == number)
        xyz = all_xyz[rows]
        bodies.append(
            Body(skeleton.frames[rows], skeleton.colour[rows], skeleton.state[rows], xyz,
                 measure_motion(xyz)))
    return bodies


def measure_motion(xyz: np.ndarray) -> float:
    """Add up the variances of x, y and z of N x 25 x 3 joints; those with NaN do not count."""
    points = xyz.reshape(-1, 3)
    points = points[np.isfinite(points).all(1)]
    return float(points.var(0).sum()) if len(points) else 0.0


def denoise(bodies: list[Body]) -> tuple[list[Body], list[str]]:
    """Drop bodies that are noise; one always stays.

    Args:
        bodies: The bodies of a sample.

    Returns:
        Those kept, of the largest motion first, and for each that was dropped why: ``length``,
        ``spread`` or ``motion``.
    """
    dropped = []
    for reason, is_noise in (('length', _is_short), ('spread', _is_wide)):
        for body in sorted(bodies, key=lambda body: len(body.frames)):
            if len(bodies) > 1 and is_noise(body):
                bodies = [other for other in bodies if other is not body]
                dropped.append(reason)
    bodies = sorted(bodies, key=lambda body: -body.motion)
    people = bodies[:1] + [body for body in bodies[1:] if MIN_MOTION <= body.motion <= MAX_MOTION]
    return people, dropped + ['motion'] * (len(bodies) - len(people))


def _is_short(body: Body) -> bool:
    return len(body.frames) <= MAX_SHORT


def _is_wide(body: Body) -> bool:
    """Whether a body is wider than tall most of the time; else its noisy frames count no more."""
    with np.errstate(invalid='ignore'):
        extent = body.xyz.max(1) - body.xyz.min(1)  # N x 3
    good = extent[:, 0] <= MAX_SPREAD * extent[:, 1]  # a NaN compares false: noise
    if 1 - good.mean() >= MAX_NOISY:
        return True
    if not good.all():
        body.motion = min(body.motion, measure_motion(body.xyz[good]))
    return False


def assign_people(bodies: list[Body], num_person: int) -> tuple[list[list[Body]], int]:
    """Give bodies to people: one whom Kinect lost and found again has several bodies.

    Args:
        bodies: Of the largest motion first.
        num_person: People at most.

    Returns:
        The bodies of each person, no two of whom share a frame, and the number of bodies that no
        person could take.
    """
    people: list[list[Body]] = []
    left = 0
    for body in bodies:
        for person in people:
            if not any(np.isin(body.frames, other.frames).any() for other in person):
                person.append(body)
                break
        else:
            if len(people) < num_person:
                people.append([body])
            else:
                left += 1
    return people, left


def to_arrays(people: list[list[Body]], num_frames: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Lays people out as the annotation's arrays.

    Args:
        people: The bodies of each.
        num_frames: T.

    Returns:
        ``keypoint``, M x T x 25 x 2 float32, x and y in pixels of the colour image;
        ``keypoint_score``, M x T x 25 float16: half the tracking state, so 1 tracked, 0.5 inferred,
        0 neither; and the number of joints whose colour coordinates are not finite. Those, and
        people who are not there, are zeros.
    """
    keypoint = np.zeros((len(people), num_frames, 25, 2), np.float32)
    score = np.zeros(keypoint.shape[:3], np.float16)
    not_finite = 0
    for slot, person in enumerate(people):
        for body in person:
            good = np.isfinite(body.colour).all(-1)
            not_finite += int((~good).sum())
            keypoint[slot, body.frames] = np.where(good[..., None], body.colour, 0)
            score[slot, body.frames] = np.where(good, body.state / 2, 0)
    return keypoint, score, not_finite
