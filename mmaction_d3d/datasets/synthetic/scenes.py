"""Backgrounds: what stands behind (and, in the hard set, also before) the people."""
import cv2
import numpy as np

from .people import slow_noise

_MARGIN = 1.5
"""A background is painted this many times larger than the frame, so that the camera can pan."""


class CalmScene:
    """A pale wall and floor with a few soft pieces of furniture; the camera pans slowly."""

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        self.size = size
        self.picture = self._paint(rng, int(size * _MARGIN))

    def _paint(self, rng: np.random.Generator, side: int) -> np.ndarray:

        def pale() -> np.ndarray:
            return rng.uniform(120, 235) + rng.uniform(-9, 9, 3)

        rows = np.linspace(0, 1, side)[:, None, None]
        picture = np.tile((1 - rows) * pale() + rows * pale(), (1, side, 1)).astype(np.float32)
        for _ in range(rng.integers(2, 6)):
            x, y = rng.integers(0, side, 2)
            w, h = rng.integers(side // 10, side // 3, 2)
            cv2.rectangle(picture, (int(x), int(y)), (int(x + w), int(y + h)), pale().tolist(), -1)
        floor = int(side * rng.uniform(0.68, 0.8))
        rows = np.linspace(0, 1, side - floor)[:, None, None]
        picture[floor:] = (1 - rows) * pale() + rows * pale()
        return cv2.GaussianBlur(picture, (0, 0), side / 200)

    def start(self, rng: np.random.Generator, num_frames: int) -> None:
        """Draw the camera path of one clip."""
        room = self.size * (_MARGIN - 1) / 2
        centre = rng.uniform(-0.5, 0.5, 2) * room
        self._pan = np.stack([room + c + slow_noise(rng, num_frames, 0.12 * room) for c in centre],
                             1)

    def behind(self, frame: int) -> np.ndarray:
        """Return the picture behind the people at one frame: size x size x 3, float32 RGB."""
        x, y = self._pan[frame]
        view = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
        return cv2.warpAffine(self.picture, view, (self.size, self.size))

    def before(self, image: np.ndarray, frame: int) -> None:
        """Draw what hides the people at one frame: nothing here."""


class ClutteredScene(CalmScene):
    """A busy picture of saturated shapes, with others drifting behind and before the people."""

    def _paint(self, rng: np.random.Generator, side: int) -> np.ndarray:
        picture = cv2.resize(
            rng.uniform(0, 255, (6, 6, 3)).astype(np.float32), (side, side),
            interpolation=cv2.INTER_CUBIC)
        for _ in range(rng.integers(25, 60)):
            _draw_shape(picture, rng.integers(0, side, 2),
                        rng.uniform(0.02, 0.14) * side, rng.uniform(0, 255, 3), rng.integers(3),
                        rng.uniform(0, 180))
        grain = cv2.resize(
            rng.normal(0, 14, (side // 2, side // 2)).astype(np.float32), (side, side))
        return np.clip(picture + grain[..., None], 0, 255)

    def start(self, rng: np.random.Generator, num_frames: int) -> None:
        super().start(rng, num_frames)
        t = np.arange(num_frames)[:, None] / num_frames
        self._shapes = []
        for i in range(rng.integers(5, 11)):
            hides = i < 2
            way = rng.uniform(-0.2, 1.2, 2) * self.size + t * rng.uniform(-1, 1, 2) * self.size
            self._shapes.append((hides, way, rng.uniform(0.03, 0.06 if hides else 0.12) * self.size,
                                 rng.uniform(0, 255, 3), rng.integers(3),
                                 rng.uniform(0, 180) + t[:, 0] * rng.uniform(-300, 300)))

    def behind(self, frame: int) -> np.ndarray:
        image = super().behind(frame)
        self._draw(image, frame, False)
        return image

    def before(self, image: np.ndarray, frame: int) -> None:
        self._draw(image, frame, True)

    def _draw(self, image: np.ndarray, frame: int, before: bool) -> None:
        for hides, way, radius, colour, kind, angle in self._shapes:
            if hides == before:
                _draw_shape(image, way[frame] * len(image) / self.size,
                            radius * len(image) / self.size, colour, kind, angle[frame])


def _draw_shape(image: np.ndarray, centre: np.ndarray, radius: float, colour: np.ndarray, kind: int,
                angle: float) -> None:
    """Draw a disc, a square or a bar (kind 0, 1, 2) in place."""
    x, y = (float(c) for c in centre)
    if kind == 0:
        cv2.circle(image, (round(x), round(y)), round(radius), colour.tolist(), -1, cv2.LINE_AA)
        return
    box = cv2.boxPoints(((x, y), (2 * radius, (2, 0.6)[kind - 1] * radius), float(angle)))
    cv2.fillConvexPoly(image, np.round(box).astype(np.int32), colour.tolist(), cv2.LINE_AA)
