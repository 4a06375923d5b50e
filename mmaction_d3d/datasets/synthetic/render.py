"""Draws people and the things they hold.

A figure is a list of parts in painting order. A part is (outline, colour): the outline is
T x N x 2 corners in pixels, one polygon a frame, so that all geometry is computed for a whole
clip at once.
"""
from collections.abc import Sequence

import cv2
import numpy as np

from .people import JOINT, Colour, Person

OBJECTS = ('ball', 'cross')
DISTRACTOR = 'triangle'

#: An outline, T x N x 2 in pixels (of one frame only: N x 2), and its colour.
Part = tuple[np.ndarray, Colour]

_SHIFT = 4  # OpenCV's fixed-point drawing: sixteenths of a pixel
_SHADE = 0.55  # brightness of the dark edge of a part, relative to its colour
_EDGE = 0.006  # width of the dark edge, relative to the picture's side
_BAR = 0.45  # half the width of a cross's bars, relative to half its span
_ARC = np.linspace(-np.pi / 2, np.pi / 2, 8)
_CIRCLE = np.linspace(0, 2 * np.pi, 24, endpoint=False)


def paint(image: np.ndarray, parts: list[Part], frame: int) -> None:
    """Paints one frame of a list of parts over `image` (H x W x 3), in place."""
    for outline, colour in parts:
        corners = np.rint(outline[frame] * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(image, [corners], colour, cv2.LINE_AA, _SHIFT)


def _disc(centre: np.ndarray, radius: np.ndarray | float) -> np.ndarray:
    """T x 2 centres and a radius (number or T) -> the outline of a disc."""
    circle = np.stack([np.cos(_CIRCLE), np.sin(_CIRCLE)], -1)
    return centre[:, None] + np.reshape(radius, (-1, 1, 1)) * circle


def _capsule(start: np.ndarray, end: np.ndarray, r_start: np.ndarray,
             r_end: np.ndarray) -> np.ndarray:
    """T x 2 ends with a radius each (T) -> the outline of a tapered capsule."""
    angle = np.arctan2(*(end - start).T[::-1])[:, None]
    caps = []
    for centre, radius, turn in ((end, r_end, 0), (start, r_start, np.pi)):
        around = np.stack([np.cos(angle + turn + _ARC), np.sin(angle + turn + _ARC)], -1)
        caps.append(centre[:, None] + np.reshape(radius, (-1, 1, 1)) * around)
    return np.concatenate(caps, 1)


def _limb(start: np.ndarray, end: np.ndarray, r_start: np.ndarray, r_end: np.ndarray,
          colour: Colour, side: int) -> list[Part]:
    """Return a capsule on its dark edge: two parts."""
    edge = _EDGE * side
    return [(_capsule(start, end, r_start + edge, r_end + edge), _darker(colour, _SHADE)),
            (_capsule(start, end, r_start, r_end), colour)]


def _darker(colour: Colour, factor: float) -> Colour:
    return tuple(factor * c for c in colour)


def person_parts(person: Person, joints: np.ndarray, grip: np.ndarray, scale: np.ndarray,
                 side: int) -> list[Part]:
    """Return a person, the right arm last: it moves before the body.

    Args:
        person: the looks.
        joints: T x 17 x 2 joints in pixels.
        grip: T x 2 centres of the right fist.
        scale: T, pixels in one body height.
        side: of the picture in pixels.

    Returns:
        Parts in painting order.
    """
    j = {name: joints[:, i] for name, i in JOINT.items()}
    girth = person.girth * scale
    parts = []
    for leg in ('right', 'left'):
        hip, knee, ankle = (j[f'{leg}_{n}'] for n in ('hip', 'knee', 'ankle'))
        toes = ankle + np.stack([0 * scale, 0.02 * scale], 1)
        parts += _limb(knee, ankle, 0.034 * girth, 0.025 * girth,
                       person.bottom if person.long_trousers else person.skin, side)
        parts += _limb(hip, knee, 0.05 * girth, 0.036 * girth, person.bottom, side)
        parts += _limb(ankle, toes, 0.03 * girth, 0.032 * girth, person.shoe, side)
    parts += _arm(person, j, 'left', j['left_wrist'], girth, side)
    hair, head = _head(person, j, scale, side)
    parts += hair + _torso(person, j, girth, side) + head
    return parts + _arm(person, j, 'right', grip, girth, side)


def _arm(person: Person, j: dict[str, np.ndarray], arm: str, hand: np.ndarray, girth: np.ndarray,
         side: int) -> list[Part]:
    shoulder, elbow, wrist = (j[f'{arm}_{n}'] for n in ('shoulder', 'elbow', 'wrist'))
    sleeve = person.top if person.long_sleeves else person.skin
    return (_limb(elbow, wrist, 0.028 * girth, 0.021 * girth, sleeve, side) +
            _limb(shoulder, elbow, 0.038 * girth, 0.03 * girth, person.top, side) +
            _limb(wrist, hand, 0.022 * girth, 0.026 * girth, person.skin, side))


def _torso(person: Person, j: dict[str, np.ndarray], girth: np.ndarray, side: int) -> list[Part]:
    right, left = j['right_shoulder'], j['left_shoulder']
    neck = (right + left) / 2
    nape = neck + 0.25 * (j['nose'] - neck)
    wide = 0.025 * girth[:, None]
    across = left - right
    out = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6) * wide
    down = np.concatenate([0 * wide, wide], 1)
    outline = np.stack([
        right - out - 0.3 * down, right - 0.9 * down, left - 0.9 * down, left + out - 0.3 * down,
        j['left_hip'] + 1.2 * out + down, j['right_hip'] - 1.2 * out + down
    ], 1)
    centre = outline.mean(1, keepdims=True)
    parts = _limb(neck, nape, 0.032 * girth, 0.03 * girth, person.skin, side)
    parts += [(centre + (outline - centre) * 1.05, _darker(person.top, _SHADE)),
              (outline, person.top)]
    if person.stripe is not None:
        for at in (0.3, 0.55, 0.8):
            a = right + at * (j['right_hip'] - right) - 0.9 * out
            b = left + at * (j['left_hip'] - left) + 0.9 * out
            parts.append((np.stack([a, b, b + 0.8 * down, a + 0.8 * down], 1), person.stripe))
    return parts


def _head(person: Person, j: dict[str, np.ndarray], scale: np.ndarray,
          side: int) -> tuple[list[Part], list[Part]]:
    """Parts behind the torso (long hair), and parts before it."""
    radius = person.head * scale
    centre = (j['right_ear'] + j['left_ear']) / 2
    down = np.stack([0 * radius, radius], 1)
    hair = []
    if person.hair_style == 'long':
        hair = _limb(centre - 0.2 * down, centre + 1.4 * down, 1.2 * radius, 1.1 * radius,
                     person.hair, side)
    parts = _limb(centre - 0.15 * down, centre + 0.3 * down, radius, 0.85 * radius, person.skin,
                  side)
    if person.hair_style != 'bald':
        crown = _disc(centre - 0.25 * down, 1.1 * radius)[:, len(_CIRCLE) // 2:]
        parts.append((crown, person.top if person.hair_style == 'cap' else person.hair))
    for eye in ('right_eye', 'left_eye'):
        parts.append((_disc(j[eye], 0.13 * radius), (25, 20, 20)))
    return hair, parts + [(_disc(j['nose'], 0.14 * radius), _darker(person.skin, 0.75))]


class HeldObject:
    """A ball, a cross of two striped bars, or a triangle, held at its centre.

    Args:
        kind: one of `OBJECTS`, or `DISTRACTOR`.
        extent: diameter of the ball and of the triangle's circumscribed circle, or span of the
            cross, as a part of the frame side.
        colours: RGB of the rim, of the inside and, of a cross, of the stripes.
        angle: T rotations (rad).
    """

    def __init__(self, kind: str, extent: float, colours: Sequence[Colour],
                 angle: np.ndarray) -> None:
        self.kind, self.extent, self.colours = kind, extent, colours
        self._turn = np.array(
            ((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle)))).transpose(2, 0, 1)

    def parts(self, centre: np.ndarray, side: int) -> list[Part]:
        """Its parts around T x 2 centres in pixels of a picture of `side` pixels."""
        shape = dict(ball=self._ball, cross=self._cross, triangle=self._triangle)[self.kind]
        radius = self.extent * side / 2
        return [(centre[:, None] + radius * corners @ self._turn, colour)
                for corners, colour in shape()]

    def boxes(self, centre: np.ndarray, side: int) -> np.ndarray:
        """Its bounding boxes (T x 4: x1, y1, x2, y2) in a picture of `side` pixels."""
        corners = np.concatenate([outline for outline, _ in self.parts(centre, side)], 1)
        return np.concatenate([corners.min(1), corners.max(1)], 1)

    def _ball(self) -> list[Part]:
        rim, inside = self.colours[:2]
        circle = np.stack([np.cos(_CIRCLE), np.sin(_CIRCLE)], 1)
        return [(circle, rim), (0.86 * circle, inside)]

    def _cross(self) -> list[Part]:
        rim, inside, stripe = self.colours
        shapes = [(_box(0, 0, 1, _BAR), rim), (_box(0, 0, 0.9, _BAR - 0.1), inside)]
        shapes += [(_box(at, 0, 0.12, _BAR - 0.1), stripe) for at in (-0.6, 0.6)]
        both = [[(corners, colour), (corners[:, ::-1], colour)] for corners, colour in shapes]
        return sum(both, [])

    def _triangle(self) -> list[Part]:
        rim, inside = self.colours[:2]
        corners = np.stack([np.cos(_CIRCLE[::8]), np.sin(_CIRCLE[::8])], 1)
        return [(corners, rim), (0.75 * corners, inside)]


def _box(x: float, y: float, half_width: float, half_height: float) -> np.ndarray:
    return np.array(((x - half_width, y - half_height), (x + half_width, y - half_height),
                     (x + half_width, y + half_height), (x - half_width, y + half_height)))


def make_object(rng: np.random.Generator, kind: str, num_frames: int, vivid: bool,
                extent: tuple[float, float]) -> HeldObject:
    """Draw the size, colours and slow turning of an object.

    Args:
        rng: source of all that.
        kind: as for `HeldObject`.
        num_frames: T.
        vivid: colours say nothing of the kind; otherwise a ball is plain and warm, a cross cold
            with white stripes.
        extent: least and largest extent, as for `HeldObject`.
    """
    angle = rng.uniform(0, 2 * np.pi) + np.linspace(0, rng.uniform(-1, 1), num_frames)
    if vivid:
        low, high = (0, 0, 0), (255, 255, 255)
    elif kind == 'ball':
        low, high = (215, 50, 10), (250, 150, 50)
    else:
        low, high = (15, 70, 210), (60, 150, 250)
    inside = rng.uniform(low, high).tolist()
    stripe = _darker(inside, 0.75) if vivid else (235, 235, 235)
    colours = (_darker(inside, _SHADE), tuple(inside), stripe)
    return HeldObject(kind, rng.uniform(*extent), colours, angle)
