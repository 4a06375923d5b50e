"""Linking of people over frames."""
import numpy as np
import pytest

from mmaction_d3d.skeletons.linking import MAX_GAP, clean, find_tracks, link_people


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


def test_who_jumps_far_is_someone_else_and_shares_the_free_place():
    frames = frames_of((0, walk(3)), (3, walk(3, start=(200., 20.))))
    people, dropped = link_people(frames, 6, 17, 1)
    assert len(find_tracks(frames)) == 2
    assert people.shape == (1, 6, 17, 3) and people[..., 2].all() and dropped == 0


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
