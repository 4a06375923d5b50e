"""Jointed people: who they are, how their body moves, and where its joints are.

World axes: x to the right of the picture, y down, z towards the viewer; the unit is the
person's own height and the ground is y = 0. A person faces the viewer at yaw 0, so their right
hand is on the left of the picture.
"""
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...skeletons import get_layout

JOINT = {name: i for i, name in enumerate(get_layout('coco17').joints)}
"""COCO-17 joint name -> index."""

_SKINS = ((96, 62, 44), (141, 93, 66), (178, 125, 92), (204, 154, 120), (226, 182, 150), (240, 202,
                                                                                          175))
_HAIRS = ((28, 22, 20), (62, 42, 30), (104, 74, 46), (150, 112, 66), (120, 116, 112), (70, 30, 20))

#: Red, green and blue, 0 to 255.
Colour = Sequence[float]


@dataclass(frozen=True)
class Person:
    """Proportions (in body heights) and looks (RGB) of one identity."""
    height: float
    shoulder: float
    hip: float
    girth: float
    head: float
    upper_arm: float
    fore_arm: float
    thigh: float
    shin: float
    skin: Colour
    hair: Colour
    hair_style: str
    top: Colour
    bottom: Colour
    shoe: Colour
    long_sleeves: bool
    long_trousers: bool
    stripe: Colour | None


def make_person(rng: np.random.Generator, vivid: bool) -> Person:
    """Draw an identity.

    Args:
        rng: source of all its traits.
        vivid: clothes of any colour; otherwise greys, browns and olive greens, which no object of
            the easy set resembles.
    """

    def cloth() -> Colour:
        if vivid:
            return tuple(int(c) for c in rng.integers(20, 236, 3))
        value = rng.uniform(45, 190)
        tint = rng.uniform((-4, -4, -14), (10, 8, 2))
        return tuple(int(c) for c in np.clip(value + tint, 0, 255))

    leg = rng.uniform(0.235, 0.255)
    return Person(
        height=rng.uniform(0.9, 1.08), shoulder=rng.uniform(0.105,
                                                            0.14), hip=rng.uniform(0.062, 0.085),
        girth=rng.uniform(0.85, 1.25), head=rng.uniform(0.062,
                                                        0.074), upper_arm=rng.uniform(0.175, 0.195),
        fore_arm=rng.uniform(0.155, 0.175), thigh=leg, shin=rng.uniform(0.96, 1.04) * leg,
        skin=_SKINS[rng.integers(len(_SKINS))], hair=_HAIRS[rng.integers(len(_HAIRS))],
        hair_style=str(rng.choice(['short', 'long', 'bald', 'cap'], p=[.45, .3, .1, .15])),
        top=cloth(), bottom=cloth(), shoe=cloth(), long_sleeves=bool(rng.random() < 0.5),
        long_trousers=bool(rng.random() < 0.7), stripe=cloth() if rng.random() < 0.3 else None)


def slow_noise(rng: np.random.Generator, num_frames: int, amplitude: float,
               max_cycles: float = 1.2) -> np.ndarray:
    """Return a smooth random function of time: two slow sines, T values within +-amplitude."""
    t = np.arange(num_frames) / num_frames
    cycles = rng.uniform(0.2, max_cycles, 2)
    start = rng.uniform(0, 2 * np.pi, 2)
    return amplitude * 0.5 * np.sin(2 * np.pi * np.outer(t, cycles) + start).sum(1)


def bend(root: np.ndarray, target: np.ndarray, upper: float, lower: float,
         pole: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Two-bone inverse kinematics: where the middle joint is.

    Args:
        root: T x 3, one end of the chain.
        target: T x 3, where the other end should be; out of reach it is pulled in.
        upper: Length of the bone at the root.
        lower: Length of the other bone.
        pole: Direction, 3 numbers, towards which the middle joint bends.

    Returns:
        T x 3 middle joint and T x 3 end that is really reached.
    """
    axis = target - root
    dist = np.linalg.norm(axis, axis=1, keepdims=True)
    axis = axis / np.maximum(dist, 1e-6)
    dist = np.clip(dist, abs(upper - lower) + 1e-3, 0.995 * (upper + lower))
    along = (upper**2 - lower**2 + dist**2) / (2 * dist)  # law of cosines
    side = np.sqrt(np.maximum(upper**2 - along**2, 0))
    out = np.asarray(pole, float)
    out = out - axis * (axis @ out)[:, None]
    out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    return root + along * axis + side * out, root + dist * axis


class HandPath:
    """The closed curve of the moving hand: an ellipse in a frontal plane before the shoulder.

    Every motion uses it; only the phase as a function of time differs.
    """

    def __init__(self, rng: np.random.Generator, person: Person) -> None:
        reach = person.upper_arm + person.fore_arm
        self.centre = reach * rng.uniform((-0.12, -0.05, 0.38), (0.02, 0.1, 0.5))
        self.radii = reach * rng.uniform(0.6, 0.7, 2)

    def at(self, phase: np.ndarray) -> np.ndarray:
        """T phases (rad, clockwise as the viewer sees it) -> T x 3 offsets from the shoulder."""
        offset = np.zeros((len(phase), 3))
        offset[:, 0] = self.radii[0] * np.cos(phase)
        offset[:, 1] = self.radii[1] * np.sin(phase)
        return offset + self.centre


def _turn(points: np.ndarray, yaw: np.ndarray) -> np.ndarray:
    """Turn points, T x ... x 3, about the vertical by T angles (rad)."""
    cos, sin = (values.reshape(-1, *[1] * (points.ndim - 2))
                for values in (np.cos(yaw), np.sin(yaw)))
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([cos * x + sin * z, y, cos * z - sin * x], -1)


def _pose_head(rng: np.random.Generator, person: Person, neck: np.ndarray, up: np.ndarray,
               j: np.ndarray) -> None:
    """Put the joints of a head that turns and nods into T x 17 x 3 joints ``j``."""
    num = len(neck)
    turn, nod = slow_noise(rng, num, 0.35), slow_noise(rng, num, 0.15)
    head = neck + (0.05 + person.head) * up
    for name, angle, rise, radius in (('nose', 0, -0.1, 1.05), ('right_eye', -0.42, 0.25, 0.95),
                                      ('left_eye', 0.42, 0.25, 0.95), ('right_ear', -1.5, 0.05, 1),
                                      ('left_ear', 1.5, 0.05, 1)):
        spot = np.stack([np.sin(angle + turn), -rise + nod * np.cos(angle),
                         np.cos(angle + turn)], 1)
        j[:, JOINT[name]] = head + person.head * radius * spot * (1, 1, 0.9)


def pose(rng: np.random.Generator, person: Person, path: HandPath, phase: np.ndarray,
         yaw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pose a person over time.

    Everything but the moving (right) hand is drawn from `rng` alone, so it is the same for all
    motions.

    Args:
        rng: source of the sway, steps, head and left arm.
        person: the identity.
        path: the curve of the right hand.
        phase: T phases on it (rad).
        yaw: T body angles about the vertical (rad).

    Returns:
        T x 17 x 3 joints and T x 3 grip (the centre of the right fist, a little beyond the wrist),
        world axes.
    """
    num = len(phase)
    j = np.zeros((num, 17, 3))
    sway, bob = slow_noise(rng, num, 0.025), slow_noise(rng, num, 0.008, 2)
    hip_y = -(person.thigh + person.shin + 0.035) + 0.012 + bob
    step = rng.choice([0, 1]) * rng.uniform(0.02, 0.07)
    pace, start = rng.uniform(1, 2.5), rng.uniform(0, 2 * np.pi)
    gait = np.sin(2 * np.pi * pace * np.arange(num) / num + start)
    stance = rng.uniform(0.8, 1.6)
    for side, sign in (('right', -1), ('left', 1)):
        hip = np.stack([sway + sign * person.hip, hip_y, 0 * sway], 1)
        lift = np.maximum(sign * gait, 0) * step
        ankle = np.stack([0 * sway + sign * person.hip * stance, -0.035 - lift, lift], 1)
        knee, ankle = bend(hip, ankle, person.thigh, person.shin, (sign * 0.25, 0, 1))
        j[:, JOINT[f'{side}_hip']] = hip
        j[:, JOINT[f'{side}_knee']] = knee
        j[:, JOINT[f'{side}_ankle']] = ankle

    lean = slow_noise(rng, num, 0.06)
    up = np.stack([np.sin(lean), -np.cos(lean), 0 * lean], 1)
    across = np.stack([np.cos(lean), np.sin(lean), 0 * lean], 1)
    pelvis = np.stack([sway, hip_y, 0 * sway], 1)
    neck = pelvis + 0.3 * up
    for side, sign in (('right', -1), ('left', 1)):
        j[:, JOINT[f'{side}_shoulder']] = neck + sign * person.shoulder * across

    _pose_head(rng, person, neck, up, j)
    arms = (person.upper_arm, person.fore_arm)
    shoulder = j[:, JOINT['right_shoulder']]
    elbow, wrist = bend(shoulder, shoulder + path.at(phase), *arms, (-0.5, 1, 0))
    j[:, JOINT['right_elbow']], j[:, JOINT['right_wrist']] = elbow, wrist
    grip = wrist + 0.035 * (wrist - elbow) / person.fore_arm

    shoulder = j[:, JOINT['left_shoulder']]
    rest = np.array((0.06, 0.3, 0.08)) + rng.uniform((-.02, -.16, -.03), (.08, 0, .1))
    drift = np.stack([slow_noise(rng, num, a) for a in (0.05, 0.05, 0.05)], 1)
    j[:, JOINT['left_elbow']], j[:, JOINT['left_wrist']] = bend(shoulder, shoulder + rest + drift,
                                                                *arms, (0.6, 0.3, -0.6))

    return _turn(j, yaw) * person.height, _turn(grip, yaw) * person.height
