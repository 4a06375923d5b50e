"""Which of Kinect's bodies are people."""
import numpy as np
import pytest

from mmaction_d3d.datasets.converters.ntu_bodies import (
    assign_people,
    denoise,
    measure_motion,
    split_bodies,
    to_arrays,
)
from mmaction_d3d.datasets.converters.ntu_reader import read_skeleton

from .ntu_files import FIRST_ID, make_body, write_skeleton


@pytest.fixture
def bodies(tmp_path):
    """Reads made-up bodies back from a file."""

    def read(*made, num_frames=40):
        made = [(FIRST_ID + number, rows) for number, (_, rows) in enumerate(made)]
        return split_bodies(read_skeleton(write_skeleton(tmp_path / 'a.skeleton', num_frames,
                                                         made)))

    return read


def frames_of(people):
    return [body.frames[0] for body in people]


def test_motion_is_the_variance_of_coordinates():
    points = np.random.default_rng(0).normal(size=(4, 25, 3))
    flat = points.reshape(100, 3)
    expected = sum(sum((flat[:, axis] - flat[:, axis].mean())**2) / 100 for axis in range(3))
    assert measure_motion(points) == pytest.approx(expected)


def test_motion_leaves_out_joints_that_are_not_finite():
    points = np.random.default_rng(0).normal(size=(4, 25, 3))
    whole = measure_motion(points[:2])
    points[2:, :, 1] = np.nan
    assert measure_motion(points) == pytest.approx(whole)


def test_bodies_of_one_id_are_one(bodies):
    first, second = bodies(make_body([0, 1, 5]), make_body([1, 2]))
    assert (first.frames.tolist(), second.frames.tolist()) == ([0, 1, 5], [1, 2])
    assert first.colour.shape == (3, 25, 2)


def test_short_body_is_noise(bodies):
    people, dropped = denoise(
        bodies(make_body(range(20)), make_body(range(11), 1), make_body(range(1, 13), 2)))
    assert sorted(frames_of(people)) == [0, 1] and dropped == ['length']


def test_body_wider_than_tall_is_noise(bodies):
    people, dropped = denoise(
        bodies(
            make_body(range(20), width=1.2),  # 0.75 of its height
            make_body(range(1, 21), 1, width=1.4)))
    assert frames_of(people) == [0] and dropped == ['spread']


def lying(start, num_lying):
    """20 frames, in the first of which the person is wider than tall."""
    _, rows = make_body(range(start, start + 20))
    _, wide = make_body(range(start, start + num_lying), 1, width=3)
    return 0, {**rows, **wide}


@pytest.mark.parametrize('num_lying, dropped', [(13, []), (14, ['spread'])])
def test_share_of_wide_frames_that_makes_noise(num_lying, dropped, bodies):
    assert denoise(bodies(make_body(range(20)), lying(1, num_lying)))[1] == dropped  # 0.65, 0.7


def test_wide_frames_do_not_count_for_the_order(bodies):
    people, _ = denoise(bodies(make_body(range(20), sway=0.6), lying(1, 10)))
    assert frames_of(people) == [0, 1]
    assert people[1].motion == pytest.approx(measure_motion(people[1].xyz[10:]))


@pytest.mark.parametrize('sway, stays', [(1.2, True), (1.4, False)])  # sway^2 + 0.26 of the body
def test_motion_above_the_greatest_is_noise(sway, stays, bodies):
    people, dropped = denoise(
        bodies(make_body(range(20), sway=2), make_body(range(1, 21), 1, sway=sway)))
    assert (frames_of(people) == [0, 1]) == stays and dropped == ([] if stays else ['motion'])


def test_motion_below_the_least_is_noise(bodies):
    _, still = make_body(range(1, 21), sway=0, width=0.1)
    small = {frame: joints * np.r_[np.full(3, 0.5), np.ones(9)] for frame, joints in still.items()}
    people, dropped = denoise(bodies(make_body(range(20)), (0, small)))
    assert frames_of(people) == [0] and dropped == ['motion']


def test_one_body_is_never_noise(bodies):
    body, = bodies(make_body(range(3), width=3, sway=5))
    assert denoise([body]) == ([body], [])


def test_where_all_is_noise_the_longest_stays(bodies):
    people, dropped = denoise(bodies(make_body(range(4)), make_body(range(10, 17), 1)))
    assert frames_of(people) == [10] and dropped == ['length']


def test_largest_motion_comes_first(bodies):
    people, _ = denoise(bodies(make_body(range(20), sway=0.2), make_body(range(1, 21), 1,
                                                                         sway=0.9)))
    assert frames_of(people) == [1, 0]


def test_person_found_again_under_another_id_is_one(bodies):
    people, left = assign_people(bodies(make_body(range(12)), make_body(range(14, 30), 1)), 2)
    assert [len(person) for person in people] == [2] and left == 0


def test_bodies_that_share_a_frame_are_two_people_and_a_third_is_left(bodies):
    people, left = assign_people(
        bodies(make_body(range(12)), make_body(range(11, 30), 1), make_body(range(8, 25), 2)), 2)
    assert [frames_of(person) for person in people] == [[0], [8]] and left == 1


def test_arrays_hold_colour_coordinates_of_each_frame(bodies):
    first, second = made = [make_body(range(12)), make_body(range(5, 9), 1)]
    people, _ = assign_people(bodies(*made), 2)
    keypoint, score, not_finite = to_arrays(people, 14)
    assert keypoint.shape == (2, 14, 25, 2) and not_finite == 0
    for slot, (_, rows) in enumerate((first, second)):
        for frame in range(14):
            expected = rows[frame][:, 5:7] if frame in rows else np.zeros((25, 2))
            np.testing.assert_allclose(keypoint[slot, frame], expected, rtol=1e-6)
            assert (score[slot, frame] == (frame in rows)).all()


def test_scores_are_halves_of_tracking_states(bodies):
    _, rows = make_body(range(3))
    rows[1][:3, 11] = 0, 1, 2
    _, score, _ = to_arrays([bodies((0, rows))], 3)
    assert score[0, 1, :3].tolist() == [0, 0.5, 1]


def test_coordinates_that_are_not_finite_are_missing_joints(bodies):
    _, rows = make_body(range(3))
    rows[1][7, 5], rows[2][8, 6] = np.nan, np.inf
    keypoint, score, not_finite = to_arrays([bodies((0, rows))], 3)
    assert not_finite == 2 and np.isfinite(keypoint).all()
    assert not keypoint[0, 1, 7].any() and score[0, 1, 7] == 0 and score[0, 2, 8] == 0
    assert (score > 0).sum() == 73
