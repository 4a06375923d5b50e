"""Linking of people over frames."""
import numpy as np
import pytest

from mmaction_d3d.skeletons.linking import MAX_GAP, clean, find_tracks, jumps, leaps, link_people


def walk(frames=6, joints=17, start=(20., 20.), step=2., score=0.5):
    """One person, T x V x 3, that moves right; joint j is j pixels below the first."""
    person = np.full((frames, joints, 3), score)
    person[..., 0] = start[0] + step * np.arange(frames)[:, None]
    person[..., 1] = start[1] + np.arange(joints)
    return person


def frames_of(*tracks):
    """People by frame of tracks given as (first frame, T x V x 3)."""
    frames = {}
    for first, track in tracks:
        for frame, person in enumerate(track, first):
            frames.setdefault(frame, []).append(person)
    return {frame: clean(np.stack(people)) for frame, people in frames.items()}


def test_who_crosses_keeps_the_place():
    right = walk(9, start=(10., 20.), step=5)
    left = walk(9, start=(50., 30.), step=-5)
    people, dropped = link_people(frames_of((0, right), (0, left)), 9, 17, 2)
    np.testing.assert_allclose(people, [right, left])
    assert dropped == 0


@pytest.mark.parametrize('gap, tracks', [(MAX_GAP, 1), (MAX_GAP + 1, 2)])
def test_who_was_away_is_known_again_for_some_frames(gap, tracks):
    person = walk(3, step=0)
    assert len(find_tracks(frames_of((0, person), (3 + gap, person)))) == tracks


def test_who_jumps_far_is_someone_else():
    """A network that sees one person a frame leaps from one to the other and back."""
    left, right = walk(12), walk(12, start=(200., 20.))
    frames = frames_of((0, left[:4]), (4, right[4:8]), (8, left[8:]))
    assert len(find_tracks(frames)) == 2
    people, dropped = link_people(frames, 12, 17, 2)
    np.testing.assert_array_equal(people[0, [*range(4), *range(8, 12)]],
                                  left[[*range(4), *range(8, 12)]])
    np.testing.assert_array_equal(people[1, 4:8], right[4:8])
    assert dropped == 0
    people, dropped = link_people(frames, 12, 17, 1)
    assert dropped == 1 and not people[:, 4:8].any()


@pytest.mark.parametrize('pause, shared', [(MAX_GAP, False), (MAX_GAP + 1, True)])
def test_who_comes_later_shares_the_place_of_who_has_left(pause, shared):
    frames = frames_of((0, walk(3)), (3 + pause, walk(3, start=(200., 20.))))
    people, dropped = link_people(frames, 6 + pause, 17, 1)
    assert dropped == 0 and people[0, 3 + pause].any() == shared and people[0, -1].any()


@pytest.mark.parametrize('start, kept', [(20, range(26, 40)), (15, range(26, 40)),
                                         (28, range(28, 40)), (5, [])])
def test_who_follows_at_once_loses_the_frames_beside_the_other(start, kept):
    """After a cut of the film, say: half of a clip would be without anybody."""
    first, second = walk(20, score=0.9), walk(40 - start, start=(200., 20.))
    people, dropped = link_people(frames_of((0, first), (start, second)), 40, 17, 1)
    np.testing.assert_allclose(people[0, :20], first)
    seen = np.flatnonzero(people[0, 20:].any((1, 2))) + 20
    assert seen.tolist() == list(kept) and dropped == (not kept)
    np.testing.assert_allclose(people[0, seen], second[seen - start])
    assert not leaps(people).any()


@pytest.mark.parametrize('step, is_jump', [(6.3, False), (6.5, True)])
@pytest.mark.parametrize('frames', [1, 3])
def test_a_jump_is_a_median_way_of_more_than_04_bodies_a_frame(step, is_jump, frames):
    before = walk(1)  # 16 pixels high
    after = before.copy()
    after[..., 0] += step * frames
    if frames == 1:
        after[0, :7] = before[0, :7]  # less than half of the joints
    before[0, 16, 2] = 0  # not seen: the body is 15 pixels high before, and 16 after
    assert jumps(before, after, frames).tolist() == [is_jump]


def test_nobody_jumps_who_is_not_seen_or_has_no_size():
    gone = walk(1, score=0)
    point = walk(1)
    point[..., 1] = 20
    assert not jumps(walk(1), gone).any() and not jumps(gone, gone).any()
    assert not jumps(point, point + [[[50., 0., 0.]]]).any()


def test_nobody_who_is_linked_leaps():
    """Who gets faster until it is too fast, and people here and there who come and go."""
    runner = walk(12, step=0)
    runner[..., 0] += np.cumsum(np.arange(12))[:, None]  # from 7 pixels a frame on: 0.4 bodies
    people, _ = link_people(frames_of((0, runner)), 12, 17, 1)
    assert not leaps(people).any() and people[0].any((1, 2)).tolist() == [True] * 7 + [False] * 5
    rng = np.random.default_rng(0)
    frames = {
        frame: clean(np.concatenate([walk(1, start=start) for start in rng.uniform(0, 40, (3, 2))]))
        for frame in range(60) if frame % 7
    }
    people, _ = link_people(frames, 60, 17, 4)
    assert people.any() and not leaps(people).any()


@pytest.mark.parametrize('gap, way, is_leap', [
    (0, 32, True),
    (3, 32, True),
    (4, 32, False),
    (MAX_GAP, 100, True),
    (MAX_GAP + 1, 100, False),
])
def test_who_was_out_of_sight_has_had_time_for_the_way(gap, way, is_leap):
    """Some 6 pixels a frame; after a longer pause it may be anybody."""
    away, later = np.zeros((gap, 17, 3)), walk(2, start=(22. + way, 20.))
    people = np.concatenate([walk(2), away, later])[None]
    assert leaps(people).nonzero()[1].tolist() == [2 + gap] * is_leap


def test_more_people_than_places_leaves_out_the_least_score():
    tracks = [(0, walk(4, start=(100. * i, 20.), score=score))
              for i, score in enumerate((0.25, 0.75, 0.5))]
    people, dropped = link_people(frames_of(*tracks), 4, 17, 2)
    assert people[:, 0, 0, 2].tolist() == [0.75, 0.5] and dropped == 1


def test_nobody_gives_one_empty_place():
    people, dropped = link_people({}, 4, 13, 2)
    assert people.shape == (1, 4, 13, 3) and not people.any() and dropped == 0


def test_clean_takes_out_joints_and_people_that_are_not_seen():
    people = np.stack([walk(1)[0], walk(1)[0], walk(1, score=0)[0]])
    people[0, 3, 0] = np.nan
    people[1, 4, 2] = np.nan
    cleaned = clean(people)
    assert len(cleaned) == 2 and np.isfinite(cleaned).all()
    assert not cleaned[0, 3].any() and not cleaned[1, 4].any() and cleaned[..., 2].sum() == 16
