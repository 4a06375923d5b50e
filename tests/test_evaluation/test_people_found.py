"""People found, their distance and their jumps, where all of them are known."""
import numpy as np
import pytest

from mmaction_d3d.evaluation.people_found import match_people


def stand(x, frames=4, score=1.):
    """One person, T x V x 3, 100 pixels high."""
    person = np.full((frames, 17, 3), score)
    person[..., 0] = x
    person[..., 1] = np.linspace(0, 100, 17)
    return person


def test_people_are_matched_frame_by_frame_whatever_their_order():
    known = np.stack([stand(0), stand(200)])
    extracted = np.stack([stand(205), stand(10)])
    matches = match_people(known, extracted)
    assert matches.known == 8 and matches.jumps == 0
    np.testing.assert_allclose(np.sort(matches.distances), [0.05] * 4 + [0.1] * 4)


@pytest.mark.parametrize('x, number', [(29, 4), (31, 0)])
def test_whoever_is_far_is_not_found(x, number):
    assert len(match_people(stand(0)[None], stand(x)[None]).distances) == number


def test_a_leap_from_one_to_the_other_is_a_jump_and_half_of_the_people():
    known = np.stack([stand(0), stand(200)])
    leaping = stand(0)
    leaping[2:] = stand(200)[2:]
    matches = match_people(known, leaping[None])
    assert (matches.known, len(matches.distances), matches.jumps) == (8, 4, 1)


def test_nobody_is_found_where_nobody_is():
    matches = match_people(stand(0)[None], stand(0, score=0.)[None])
    assert (matches.known, len(matches.distances), matches.jumps) == (4, 0, 0)
