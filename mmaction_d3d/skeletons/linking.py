"""People found frame by frame, linked over time: which of a frame's people is who."""
import numpy as np
from scipy.optimize import linear_sum_assignment

MAX_GAP = 5  # frames that a person may be out of sight for
MIN_SIMILARITY = 0.05  # of a person and where a track is expected; 1 is the same place
JOINT_SCALE = 0.3  # deviation of a joint from where it is expected, in diagonals of the box
MAX_JUMP = 0.4  # way from where a person was, in bodies a frame: more is someone else
VELOCITY_MEMORY = 0.5  # share of the old velocity that a new one leaves


def seen(people: np.ndarray) -> np.ndarray:
    """Which joints of ... x V x 3 (x, y, score) have a score above 0 and finite numbers."""
    return np.isfinite(people).all(-1) & (np.nan_to_num(people[..., 2]) > 0)


def clean(people: np.ndarray) -> np.ndarray:
    """People, N x V x 3, with zeros for joints that are not seen, without those of no joint."""
    is_seen = seen(people)
    people = np.where(is_seen[..., None], people, 0).astype(np.float32)
    return people[is_seen.any(-1)]


def link_people(frames: dict[int, np.ndarray], num_frames: int, num_joints: int,
                num_person: int) -> tuple[np.ndarray, int]:
    """Put people that were found frame by frame into ``num_person`` tracks.

    Tracks (see :func:`find_tracks`) go, by :func:`importance`, into the first of ``num_person``
    places that is free at their frames and where nobody would jump there within ``MAX_GAP`` frames:
    someone who comes back later can share a place with someone who has left. So the first place is
    that of the most important person. A track that finds none goes into the place where it loses
    the fewest frames, those of another and those right beside them, unless that is half of it.

    Args:
        frames: N x V x 3 (x, y, score) by frame, cleaned: see :func:`clean`.
        num_frames: T.
        num_joints: V.
        num_person: M.

    Returns:
        M' x T x V x 3 with 1 <= M' <= M, zeros where nobody is, and the number of tracks that found
        no place.
    """
    tracks = find_tracks(frames)
    tracks.sort(key=importance, reverse=True)
    places: list[dict[int, np.ndarray]] = [{}]  # each V x 3 by frame
    without_room = []
    for track in tracks:
        place = next((place for place in places if _has_room(place, track)), None)
        if place is None and len(places) < num_person:
            place = {}
            places.append(place)
        if place is None:
            without_room.append(track)
        else:
            place.update(track)
    dropped = 0
    for track in without_room:
        parts = [_apart_from(place, track) for place in places]
        longest = max(range(len(parts)), key=lambda index: len(parts[index]))
        if 2 * len(parts[longest]) > len(track):
            places[longest].update(parts[longest])
        else:
            dropped += 1
    people = np.zeros((len(places), num_frames, num_joints, 3), np.float32)
    for index, place in enumerate(places):
        for frame, person in place.items():
            people[index, frame] = person
    return people, dropped


def _has_room(place: dict[int, np.ndarray], track: dict[int, np.ndarray]) -> bool:
    """Whether a place is free at a track's frames, and nobody jumps from one to the other."""
    if place.keys() & track.keys():
        return False
    frames = np.concatenate([np.fromiter(people, int) for people in (place, track)])
    order = np.argsort(frames)
    is_new = order >= len(place)
    frames = frames[order]
    seams = (is_new[1:] != is_new[:-1]) & (np.diff(frames) <= MAX_GAP + 1)
    both = place | track
    return not any(
        jumps(both[before][None], both[after][None], after - before)
        for before, after in zip(frames[:-1][seams].tolist(), frames[1:][seams].tolist()))


def _apart_from(place: dict[int, np.ndarray], track: dict[int,
                                                          np.ndarray]) -> dict[int, np.ndarray]:
    """Return the part of a track whose frames are not those of a place, nor within a pause."""
    around = np.arange(-MAX_GAP - 1, MAX_GAP + 2)
    taken = set((np.fromiter(place, int)[:, None] + around).ravel().tolist())
    return {frame: person for frame, person in track.items() if frame not in taken}


def jumps(before: np.ndarray, after: np.ndarray, frames: np.ndarray | int = 1) -> np.ndarray:
    """Whether people are further from where they were than a body moves.

    Args:
        before: ... x V x 3.
        after: The same people ``frames`` later, ... x V x 3; or all pairs, by broadcasting.
        frames: One number, or one each.

    Returns:
        Of each, whether the median way of the joints that are seen in both is over ``MAX_JUMP``
        bodies a frame. A body is the longer side of the larger box around the seen joints. False
        where no joint is seen in both, or the joints of both lie in one place each.
    """
    way, body = median_way(before, after), np.maximum(long_sides(before), long_sides(after))
    return np.isfinite(way) & (way > MAX_JUMP * body * frames) & (body > 0)


def leaps(people: np.ndarray) -> np.ndarray:
    """Where people jump from where they were last seen, unless that is over ``MAX_GAP`` frames ago.

    People of :func:`link_people` do so nowhere.

    Args:
        people: M x T x V x 3.

    Returns:
        M x T.
    """
    is_seen = seen(people).any(-1)
    frames = np.arange(people.shape[1])
    last = np.maximum.accumulate(np.where(is_seen, frames, -1), axis=1)
    last = np.concatenate([np.full_like(last[:, :1], -1), last[:, :-1]], axis=1)  # before each
    before = np.take_along_axis(people, last.clip(0)[..., None, None], axis=1)
    is_near = is_seen & (last >= 0) & (frames - last <= MAX_GAP + 1)
    return is_near & jumps(before, people, frames - last)


def median_way(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Median distance of joints that are seen in both, ... x V x 3 each; infinite without any."""
    both = seen(before) & seen(after)
    with np.errstate(over='ignore'):  # infinite is far enough
        way = np.linalg.norm(before[..., :2] - after[..., :2], axis=-1)
    way = np.sort(np.where(both, way, np.inf), axis=-1)
    number = np.maximum(both.sum(-1), 1)
    middle = np.stack([(number - 1) // 2, number // 2], axis=-1)
    return np.take_along_axis(way, middle, axis=-1).mean(-1)


def importance(track: dict[int, np.ndarray]) -> float:
    """How much a track matters: its joints' scores, times its size, times 1 + its motion.

    Size is the mean diagonal of its boxes in pixels, motion the mean way of a joint from one of
    its frames to the next in such diagonals.
    """
    people = np.stack(list(track.values()))  # T' x V x 3
    size = _diagonals(people).mean()
    both = seen(people)[1:] & seen(people)[:-1]
    way = np.linalg.norm(np.diff(people[..., :2], axis=0), axis=-1)[both]
    motion = way.mean() / size if way.size else 0
    return people[..., 2].sum() * size * (1 + motion)


def find_tracks(frames: dict[int, np.ndarray]) -> list[dict[int, np.ndarray]]:
    """Link people from frame to frame.

    A track is expected where its last person would be after moving on with the track's velocity,
    so that two people who cross keep apart. A frame's people are matched one to one with the
    tracks (Hungarian method) by their similarity: the mean of COCO's keypoint similarity with one
    scale for all joints, and the overlap (IoU) of the boxes around the joints. Nobody is matched
    who would have to jump from that last person: see :func:`jumps`.

    Args:
        frames: As in :func:`link_people`.

    Returns:
        V x 3 by frame, in order of time, of each person found.
    """
    tracks: list[_Track] = []
    current: list[_Track] = []  # those that a person may still be added to
    for frame in sorted(frames):
        people, taken = frames[frame], set()
        current = [track for track in current if track.last_frame >= frame - MAX_GAP - 1]
        if current and len(people):
            expected = np.stack([track.expected(frame) for track in current])
            alike = similarity(expected, people)
            last = np.stack([track.people[track.last_frame] for track in current])
            gaps = np.array([frame - track.last_frame for track in current])
            alike[jumps(last[:, None], people[None], gaps[:, None])] = 0
            for row, column in zip(*linear_sum_assignment(-alike)):
                if alike[row, column] >= MIN_SIMILARITY:
                    current[row].add(frame, people[column])
                    taken.add(column)
        new = [_Track(frame, person) for index, person in enumerate(people) if index not in taken]
        tracks += new
        current += new
    return [track.people for track in tracks]


class _Track:
    """A person so far: V x 3 by frame, and the velocity in pixels a frame."""

    def __init__(self, frame: int, person: np.ndarray) -> None:
        self.people, self.last_frame = {frame: person}, frame
        self._velocity: np.ndarray | None = None

    def expected(self, frame: int) -> np.ndarray:
        """Return the last person, moved on to a frame."""
        person = self.people[self.last_frame].copy()
        if self._velocity is not None:
            person[seen(person), :2] += self._velocity * (frame - self.last_frame)
        return person

    def add(self, frame: int, person: np.ndarray) -> None:
        before = self.people[self.last_frame]
        both = seen(before) & seen(person)
        if both.any():
            # The median: one joint found on the other person says nothing of this one's way.
            way = np.median(person[both, :2] - before[both, :2], axis=0)
            velocity = way / (frame - self.last_frame)
            self._velocity = velocity if self._velocity is None else (
                VELOCITY_MEMORY * self._velocity + (1 - VELOCITY_MEMORY) * velocity)
        self.people[frame], self.last_frame = person, frame


def similarity(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How alike people are, 0 to 1, 0 without common joints: N x N' of N and N' x V x 3."""
    both = seen(before)[:, None] & seen(after)[None]  # N x N' x V
    distance = np.linalg.norm(before[:, None, :, :2] - after[None, :, :, :2], axis=-1)
    scaled = distance / (JOINT_SCALE * _diagonals(before)[:, None, None])
    joints = (np.exp(-scaled**2 / 2) * both).sum(-1) / np.maximum(both.sum(-1), 1)
    return np.where(both.any(-1), (joints + _overlap(before, after)) / 2, 0)


def _corners(people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Upper left and lower right of the box around each person's seen joints, ... x 2 each."""
    is_seen = seen(people)[..., None]
    low = np.where(is_seen, people[..., :2], np.inf).min(-2)
    high = np.where(is_seen, people[..., :2], -np.inf).max(-2)
    return low, high


def _overlap(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """IoU of the boxes around the joints: N x N'."""
    (low, high), (other_low, other_high) = _corners(before), _corners(after)
    shared = np.minimum(high[:, None], other_high) - np.maximum(low[:, None], other_low)
    area = np.prod(np.maximum(shared, 0), axis=-1)
    sizes = np.prod(high - low, axis=-1)[:, None] + np.prod(other_high - other_low, axis=-1)
    return area / np.maximum(sizes - area, 1e-9)


def long_sides(people: np.ndarray) -> np.ndarray:
    """Longer side of the box around each person's seen joints, 0 without any."""
    low, high = _corners(people)
    return np.where(seen(people).any(-1), (high - low).max(-1), 0)


def _diagonals(people: np.ndarray) -> np.ndarray:
    """Diagonal of the box around each person's seen joints, at least 1 pixel."""
    low, high = _corners(people)
    return np.maximum(np.linalg.norm(high - low, axis=-1), 1)


def keep_people_in_boxes(frames: dict[int, np.ndarray], boxes: np.ndarray) -> dict[int, np.ndarray]:
    """Keep a frame's people whose seen joints have their mean inside a box of that frame.

    Args:
        frames: N x V x 3 by frame, cleaned.
        boxes: M x T x 4: x1, y1, x2, y2; NaN where there is none. A frame without a box keeps
            everyone.

    Returns:
        As ``frames``.
    """
    inside_by_frame = {}
    for frame, people in frames.items():
        present = boxes[:, frame][np.isfinite(boxes[:, frame]).all(-1)]
        if len(present) and len(people):
            is_seen = seen(people)[..., None]
            centre = (people[..., :2] * is_seen).sum(1) / is_seen.sum(1)  # N x 2
            inside = ((centre[:, None] >= present[:, :2]) &
                      (centre[:, None] <= present[:, 2:])).all(-1)
            people = people[inside.any(-1)]
        inside_by_frame[frame] = people
    return inside_by_frame
