"""Scores over time."""
from fractions import Fraction

import numpy as np
import pytest

from mmaction_d3d.inference.timeline import Timeline, WindowScores, smooth_scores
from mmaction_d3d.media import MediaInfo


@pytest.mark.parametrize('width', [0, 3, 4, 7, 100])
def test_smoothing_is_a_mean_over_near_windows(width):
    rng = np.random.default_rng(0)
    scores, centres = rng.random((9, 3)).astype(np.float32), np.arange(9) * 2 + 2.
    times = np.arange(0, 24) * 0.75
    found = smooth_scores(scores, centres, times, width)
    for time, row in zip(times, found):
        near = [own for own, centre in zip(scores, centres) if abs(centre - time) <= width / 2]
        if not near:
            near = [scores[np.abs(centres - time).argmin()]]
        np.testing.assert_allclose(row, np.mean(near, axis=0), rtol=1e-6)


def timeline(labels, smooth=0, people=None):
    """Windows of 4 frames, one every 2, each sure of its class, at 2 frames a second."""
    frames = 2 * len(labels) + 2
    windows = [
        WindowScores(2 * index, 2 * index + 4,
                     np.eye(3, dtype=np.float32)[label], 1 if people is None else people[index])
        for index, label in enumerate(labels)
    ]
    return Timeline(MediaInfo(frames, 8, 8, Fraction(2)), 4, 2, smooth, tuple(windows))


def test_segments_meet_and_cover_the_video():
    segments = timeline([0, 0, 0, 2, 2, 2, 2, 1]).segments()
    assert [segment['label'] for segment in segments] == [0, 2, 1]
    assert segments[0]['start'] == 0 and segments[-1]['end'] == 9  # 18 frames
    assert all(one['end'] == other['start'] for one, other in zip(segments, segments[1:]))
    assert [segment['score'] for segment in segments] == [1, 1, 1]


def test_smoothing_drops_a_lone_window():
    labels = [0, 0, 0, 1, 0, 0, 0]
    assert len(timeline(labels).segments()) == 3
    assert len(timeline(labels, smooth=8).segments()) == 1


def test_people_of_a_frame_are_those_of_the_nearest_window():
    made = timeline([0, 0, 0], people=[2, 0, 1])
    assert [made.people_at(frame) for frame in (0, 3, 7)] == [2, 0, 1]
