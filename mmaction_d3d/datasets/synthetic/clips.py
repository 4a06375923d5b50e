"""One synthetic clip: everything random about it, its keypoints and its frames."""
from dataclasses import dataclass

import cv2
import numpy as np

from .motions import MOTIONS, hand_phase
from .people import JOINT, HandPath, Person, make_person, pose, slow_noise
from .render import DISTRACTOR, OBJECTS, HeldObject, Part, make_object, paint, person_parts
from .scenes import CalmScene, ClutteredScene

CLASSES = tuple(f'{motion}_{thing}' for motion in MOTIONS for thing in OBJECTS)
"""Class names; label = motion * len(OBJECTS) + object."""

SPLITS = ('train', 'val', 'test')
_CLIPS_PER_IDENTITY = 3
_SUPERSAMPLE = 2  # frames are drawn twice as large and averaged
_PAIR_MARGIN = 0.015  # left free at both sides of a half of the picture
_GRAIN_SHIFT = 32  # every frame shows another part of one noise picture this much larger


@dataclass(frozen=True)
class Difficulty:
    """What the difficulties differ in. Lengths are parts of the frame side."""
    scene: type
    vivid: bool  # clothes and objects of any colour
    max_yaw: float  # degrees
    second_person: float  # probability
    distractor: float  # probability that a second person holds something
    joint_noise: float  # standard deviation of the keypoints
    missing: float  # probability that a joint is missing from a frame
    grain: float  # standard deviation of the frames' noise, of 255
    shuffle: bool  # the main person may be in either slot
    extent: tuple[float, float] = (0.165, 0.2)  # least and largest size of an object
    pair: bool = False  # two people act side by side, and the skeleton of one of them is given


DIFFICULTIES = dict(
    easy=Difficulty(CalmScene, vivid=False, max_yaw=35, second_person=0.1, distractor=0,
                    joint_noise=0.005, missing=0.01, grain=2, shuffle=False),
    pair=Difficulty(CalmScene, vivid=False, max_yaw=35, second_person=1, distractor=0,
                    joint_noise=0.004, missing=0.01, grain=2, shuffle=False, extent=(0.14, 0.16),
                    pair=True),
    hard=Difficulty(ClutteredScene, vivid=True, max_yaw=35, second_person=0.4, distractor=0.5,
                    joint_noise=0.012, missing=0.05, grain=6, shuffle=True))


def caps(difficulty: str) -> dict[str, float]:
    """Return the best accuracy that a part of the input allows, whatever the model.

    The skeleton tells the motion and nothing of the object. A single frame tells the object and
    nothing of the motion, also with its skeleton. In a pair the frames alone show two people of two
    classes, and nothing of which of them is meant.

    Args:
        difficulty: A key of `DIFFICULTIES`.

    Returns:
        Top-1 of `skeleton`, `rgb` and `single_frame`.
    """
    return dict(skeleton=1 / len(OBJECTS), rgb=1 / 2 if DIFFICULTIES[difficulty].pair else 1.,
                single_frame=1 / len(MOTIONS))


def rng_for(seed: int, *key: object) -> np.random.Generator:
    """Return an independent generator for every (seed, key), whatever was drawn before."""
    return np.random.default_rng([seed, *(int.from_bytes(str(k).encode(), 'big') for k in key)])


def identity_pool(split: str, num_clips: int) -> list[str]:
    """Ids of the people or backgrounds of a split: no two splits share one."""
    return [f'{split}_{i:05d}' for i in range(max(2, -(-num_clips // _CLIPS_PER_IDENTITY)))]


def clip_name(split: str, index: int) -> str:
    """Return a clip's frame_dir; its video is this with .mp4."""
    return f'{split}_{index:05d}'


class _Actor:
    """A person with a motion and perhaps a thing in the hand, placed before the camera."""

    def __init__(self, rng: np.random.Generator, person: Person, motion: str,
                 thing: HeldObject | None, difficulty: Difficulty, num_frames: int) -> None:
        self.person, self.thing = person, thing
        self.half_thing = thing.extent * 0.55 if thing else 0.  # around the hand
        self.phase = hand_phase(rng, motion, num_frames)
        self.path = HandPath(rng, person)
        limit = np.deg2rad(difficulty.max_yaw)
        yaw = rng.uniform(-0.85, 0.85) * limit + slow_noise(rng, num_frames, 0.15 * limit)
        self.joints, self.grip = pose(rng, person, self.path, self.phase, yaw)
        # All that the hand could reach, visited or not: framing must not tell the motion.
        sweep = self.path.at(np.linspace(0, 2 * np.pi, 32)) * person.height
        c, s = np.cos(yaw.mean()), np.sin(yaw.mean())
        shoulder = self.joints[:, JOINT['right_shoulder']]
        x = c * sweep[:, 0] + s * sweep[:, 2]
        self.left = shoulder[:, 0].min() + x.min() - 0.05
        self.hand_right = shoulder[:, 0].max() + x.max() + 0.05
        self.right = max(self.hand_right, self.joints[:, JOINT['left_shoulder'], 0].max() + 0.1)
        self.top = shoulder[:, 1].min() + sweep[:, 1].min() - 0.05

    def place(self, zoom: np.ndarray, x: np.ndarray, ground: np.ndarray) -> None:
        """Set the camera: `zoom` (T) and position (T) in parts of the frame side."""
        self.zoom, self.x, self.ground = zoom, x, ground
        self.joints_2d, self.grip_2d = self._project(self.joints), self._project(self.grip)

    def parts(self, side: int) -> list[Part]:
        """Return the shapes to paint in pictures of `side` pixels that are then averaged down."""
        # The centre of a pixel is a whole number before and after.
        joints, grip = (p * side + (_SUPERSAMPLE - 1) / 2 for p in (self.joints_2d, self.grip_2d))
        parts = person_parts(self.person, joints, grip, self.zoom * side * self.person.height, side)
        return parts + (self.thing.parts(grip, side) if self.thing else [])

    def _project(self, p: np.ndarray) -> np.ndarray:
        z, x, g = (a[:, None] if p.ndim == 3 else a for a in (self.zoom, self.x, self.ground))
        scale = z * (1 + 0.1 * p[..., 2])  # slight perspective
        return np.stack([x + scale * p[..., 0], g + z * p[..., 1] + 0.05 * z * p[..., 2]], -1)


class Clip:
    """Everything random about one clip; a function of its arguments.

    Args:
        seed: of the whole data set.
        difficulty: key of `DIFFICULTIES`.
        split: one of `SPLITS`.
        index: of the clip in its split; label = index modulo the number of classes.
        num_clips: of the split; sets how many people and backgrounds it has.
        size: side of the square frames.
        num_frames: T.

    Attributes:
        annotation (dict): the clip's entry of the pickle.
    """

    def __init__(self, seed: int, difficulty: str, split: str, index: int, num_clips: int,
                 size: int, num_frames: int) -> None:
        self.level = level = DIFFICULTIES[difficulty]
        self.actors: list[_Actor] = []
        self.size, self.num_frames = size, num_frames
        rng = rng_for(seed, split, index)
        label = index % len(CLASSES)
        motion, thing = divmod(label, len(OBJECTS))
        pool = identity_pool(split, num_clips)
        people = rng.choice(len(pool), 2, replace=False)
        background = pool[rng.integers(len(pool))]
        looks = [make_person(rng_for(seed, 'person', pool[i]), level.vivid) for i in people]

        if level.pair:
            main = int(rng_for(seed, split, index, 'actor').integers(2))
            self._draw_pair(rng, looks, main, motion, thing)
            given = [main]
        else:
            main = 0
            self._draw_main_and_other(rng, looks, motion, thing)
            given = list(range(len(self.actors)))
        self.main = self.actors[main]

        self.scene = level.scene(rng_for(seed, 'background', background), size)
        self.scene.start(rng, num_frames)
        self.gain = rng.uniform(0.85, 1.12)
        self._grain_key = seed, split, index, 'grain'

        observed = [self._observe(rng, actor) for actor in self.actors]
        if level.shuffle:
            given = rng.permutation(given).tolist()
        held = self.main.thing
        assert held is not None, 'a main person holds something'
        hidden = [i for i in range(len(self.actors)) if i not in given]
        name = clip_name(split, index)
        self.annotation = dict(
            frame_dir=name, filename=f'{name}.mp4', label=label, img_shape=(size, size),
            original_shape=(size, size), total_frames=num_frames,
            keypoint=np.stack([observed[i][0] for i in given]),
            keypoint_score=np.stack([observed[i][1] for i in given]), motion=motion, object=thing,
            main_person=given.index(main), person_ids=[pool[people[i]] for i in given + hidden],
            background_id=background, object_box=held.boxes(self.main.grip_2d * size,
                                                            size).astype(np.float32))

    def _draw_main_and_other(self, rng: np.random.Generator, looks: list[Person], motion: int,
                             thing: int) -> None:
        """Draw a main person and perhaps a second one behind."""
        held = self._object(rng, OBJECTS[thing])
        self.main = self._actor(rng, looks[0], motion, held)
        self._frame_main(rng)
        self.actors = [self.main]
        if rng.random() < self.level.second_person:
            distractor = (self._object(rng, DISTRACTOR)
                          if rng.random() < self.level.distractor else None)
            other = self._actor(rng, looks[1], rng.integers(len(MOTIONS)), distractor)
            self._frame_other(rng, other)
            self.actors.append(other)

    def _draw_pair(self, rng: np.random.Generator, looks: list[Person], main: int, motion: int,
                   thing: int) -> None:
        """Draw two people who act in their own half each, with different objects.

        Which of them has the clip's class is drawn beforehand and apart, and both are drawn in one
        way: the frames are those of a scene in which one of the two is picked afterwards.
        """
        acts = [(motion, thing)] * 2
        others = [i for i in range(len(OBJECTS)) if i != thing]
        acts[1 - main] = rng.integers(len(MOTIONS)), rng.choice(others)
        halves = rng.permutation(2)
        self.actors = []
        for person, (motion, thing), half in zip(looks, acts, halves):
            actor = self._actor(rng, person, motion, self._object(rng, OBJECTS[thing]))
            self._frame_half(rng, actor, half)
            self.actors.append(actor)

    def _object(self, rng: np.random.Generator, kind: str) -> HeldObject:
        return make_object(rng, kind, self.num_frames, self.level.vivid, self.level.extent)

    def _actor(self, rng: np.random.Generator, person: Person, motion: int,
               thing: HeldObject | None) -> _Actor:
        return _Actor(rng, person, MOTIONS[motion], thing, self.level, self.num_frames)

    def _frame_half(self, rng: np.random.Generator, actor: _Actor, half: int) -> None:
        """Put a person where all of the hand's path stays in the left (0) or right (1) half."""
        radius = actor.half_thing
        room = 0.5 - 2 * _PAIR_MARGIN - radius
        body, reach = actor.right - actor.left, actor.hand_right - actor.left
        zoom = min(rng.uniform(0.6, 0.75), room / body, (room - radius) / reach)
        drift = [slow_noise(rng, self.num_frames, 0.01) for _ in range(3)]
        spare = min(room - zoom * body, room - radius - zoom * reach)
        x = half / 2 + _PAIR_MARGIN + radius - zoom * actor.left + rng.uniform(0, 1) * spare
        lowest, highest = 0.98, radius + 0.02 - zoom * actor.top
        actor.place(zoom * (1 + drift[0]), x + drift[1],
                    rng.uniform(min(highest, lowest), lowest) + drift[2])

    def _frame_main(self, rng: np.random.Generator) -> None:
        """Put the main person where all of the hand's path stays in the picture."""
        a, half = self.main, self.main.half_thing
        zoom = min(rng.uniform(0.7, 0.82), (1 - 2 * half - 0.06) / (a.right - a.left))
        drift = [slow_noise(rng, self.num_frames, 0.015) for _ in range(3)]
        low, high = half + 0.02 - zoom * a.left, 1 - half - 0.02 - zoom * a.right
        middle = (low + high) / 2
        x = np.clip(middle + rng.uniform(-0.15, 0.15), min(low, middle), max(high, middle))
        ground = max(rng.uniform(0.94, 1.02), half + 0.02 - zoom * a.top)
        a.place(zoom * (1 + drift[0]), x + drift[1], ground + drift[2])

    def _frame_other(self, rng: np.random.Generator, other: _Actor) -> None:
        """Put a second person behind and beside the main one."""
        zoom = self.main.zoom * rng.uniform(0.7, 0.9)
        side = rng.choice((-1, 1)) * rng.uniform(0.26, 0.4)
        other.place(zoom, self.main.x + side, self.main.ground - rng.uniform(0.03, 0.1))

    def _observe(self, rng: np.random.Generator, actor: _Actor) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints as a pose estimator would give them: T x 17 x 2 and T x 17, float32."""
        point = actor.joints_2d + rng.normal(0, self.level.joint_noise, actor.joints_2d.shape)
        score = rng.uniform(0.7, 1, point.shape[:2])
        seen = ((point >= 0) &
                (point < 1)).all(-1) & (rng.random(score.shape) >= self.level.missing)
        return ((point * self.size * seen[..., None]).astype(np.float32),
                (score * seen).astype(np.float32))

    def frames(self) -> np.ndarray:
        """Draw the clip: T x size x size x 3 uint8 RGB."""
        side = self.size * _SUPERSAMPLE
        parts = [part for actor in self.actors[::-1] for part in actor.parts(side)]
        rng = rng_for(*self._grain_key)
        grain = rng.normal(0, self.level.grain, (self.size + _GRAIN_SHIFT, ) * 2 + (3, ))
        out = np.empty((self.num_frames, self.size, self.size, 3), np.uint8)
        for t in range(self.num_frames):
            image = cv2.resize(self.scene.behind(t), (side, side), interpolation=cv2.INTER_LINEAR)
            paint(image, parts, t)
            self.scene.before(image, t)
            image = cv2.resize(image, (self.size, self.size), interpolation=cv2.INTER_AREA)
            x, y = rng.integers(0, _GRAIN_SHIFT, 2)
            image = image * self.gain + grain[y:y + self.size, x:x + self.size]
            out[t] = np.clip(image, 0, 255)
        return out
