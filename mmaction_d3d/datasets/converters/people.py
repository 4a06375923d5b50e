"""People found frame by frame, linked over time: which of a frame's people is who."""
import numpy as np
from scipy.optimize import linear_sum_assignment

MAX_GAP = 5      # frames that a person may be out of sight for
MAX_MOVE = 0.5   # how far joints may move, on average, in diagonals of the person's box
NO_MATCH = 1e6


def seen(people):
    """Which joints of ... x V x 3 (x, y, score) have a score above 0 and finite numbers."""
    return np.isfinite(people).all(-1) & (np.nan_to_num(people[..., 2]) > 0)


def clean(people):
    """People, N x V x 3, with zeros for joints that are not seen, without those of no joint."""
    there = seen(people)
    people = np.where(there[..., None], people, 0).astype(np.float32)
    return people[there.any(-1)]


def link_people(frames, num_frames, num_joints, num_person):
    """Put people that were found frame by frame into ``num_person`` tracks.

    A frame's people are matched one to one with those of the frames before, so that the mean
    distance of the joints seen in both is least over all (Hungarian method). Tracks go, by total
    score, into the first of ``num_person`` places that is free at their frames: someone who
    comes back later can share a place with someone who has left.

    Args:
        frames (dict[int, np.ndarray]): N x V x 3 (x, y, score) by frame, cleaned: see
            :func:`clean`.
        num_frames (int): T.
        num_joints (int): V.
        num_person (int): M.

    Returns:
        tuple[np.ndarray, int]: M' x T x V x 3 with 1 <= M' <= M, zeros where nobody is, and the
        number of tracks that found no place.
    """
    tracks = find_tracks(frames)
    tracks.sort(key=lambda track: -sum(person[:, 2].sum() for person in track.values()))
    places, dropped = [{}], 0   # each V x 3 by frame
    for track in tracks:
        place = next((place for place in places if not place.keys() & track.keys()), None)
        if place is None and len(places) < num_person:
            place = {}
            places.append(place)
        if place is None:
            dropped += 1
        else:
            place.update(track)
    people = np.zeros((len(places), num_frames, num_joints, 3), np.float32)
    for index, place in enumerate(places):
        for frame, person in place.items():
            people[index, frame] = person
    return people, dropped


def find_tracks(frames):
    """Link people from frame to frame.

    Args:
        frames (dict[int, np.ndarray]): As in :func:`link_people`.

    Returns:
        list[dict[int, np.ndarray]]: V x 3 by frame, in order of time, of each person found.
    """
    tracks, current = [], []   # current: those that a person may still be added to
    for frame in sorted(frames):
        people, taken = frames[frame], set()
        current = [track for track in current if _last(track)[0] >= frame - MAX_GAP - 1]
        if current and len(people):
            moves = _moves(np.stack([_last(track)[1] for track in current]), people)
            for row, column in zip(*linear_sum_assignment(moves)):
                if moves[row, column] <= MAX_MOVE:
                    current[row][frame] = people[column]
                    taken.add(column)
        new = [{frame: person} for index, person in enumerate(people) if index not in taken]
        tracks += new
        current += new
    return tracks


def _last(track):
    """Frame and V x 3 of a track's last person: dicts keep the order of insertion."""
    return next(reversed(track.items()))


def _moves(before, after):
    """Mean distance of joints seen in both, in box diagonals of ``before``: N x N'."""
    both = seen(before)[:, None] & seen(after)[None]                        # N x N' x V
    distance = np.linalg.norm(before[:, None, :, :2] - after[None, :, :, :2], axis=-1)
    mean = (distance * both).sum(-1) / np.maximum(both.sum(-1), 1)
    return np.where(both.any(-1), mean / _diagonals(before)[:, None], NO_MATCH)


def _diagonals(people):
    """Diagonal of the box around each person's seen joints, at least 1 pixel."""
    there = seen(people)[..., None]
    low = np.where(there, people[..., :2], np.inf).min(1)
    high = np.where(there, people[..., :2], -np.inf).max(1)
    return np.maximum(np.linalg.norm(high - low, axis=-1), 1)


def keep_people_in_boxes(frames, boxes):
    """Keep a frame's people whose seen joints have their mean inside a box of that frame.

    Args:
        frames (dict[int, np.ndarray]): N x V x 3 by frame, cleaned.
        boxes (np.ndarray): M x T x 4: x1, y1, x2, y2; NaN where there is none. A frame without a
            box keeps everyone.

    Returns:
        dict[int, np.ndarray]: As ``frames``.
    """
    kept = {}
    for frame, people in frames.items():
        here = boxes[:, frame][np.isfinite(boxes[:, frame]).all(-1)]
        if len(here) and len(people):
            there = seen(people)[..., None]
            centre = (people[..., :2] * there).sum(1) / there.sum(1)        # N x 2
            inside = ((centre[:, None] >= here[:, :2]) & (centre[:, None] <= here[:, 2:])).all(-1)
            people = people[inside.any(-1)]
        kept[frame] = people
    return kept
