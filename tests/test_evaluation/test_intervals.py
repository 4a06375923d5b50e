"""Intervals, against published values and plain loops."""
import math

import numpy as np
import pytest

from mmaction_d3d.evaluation import intervals
from mmaction_d3d.evaluation.intervals import falls, mean_interval, share_interval, wilson_interval


@pytest.mark.parametrize('correct, total, low, high', [(81, 263, 0.2553, 0.3662),
                                                       (15, 148, 0.0624, 0.1605),
                                                       (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
                                                       (20, 20, 0.8389, 1)])
def test_wilson_interval_gives_published_values(correct, total, low, high):
    """The examples of Newcombe (1998), method 3, and one mirrored."""
    np.testing.assert_allclose(wilson_interval(correct, total), (low, high), atol=1e-4)
    np.testing.assert_allclose(wilson_interval(np.int64(correct), np.int64(total)), (low, high),
                               atol=1e-4)


def test_a_mean_of_few_has_students_interval_and_one_of_many_may_have_the_normal():
    # The 97.5 % points of t with 2 degrees of freedom and of the normal (any table of them).
    for normal, quantile in ((False, 4.303), (True, 1.960)):
        half = quantile / math.sqrt(3)
        assert mean_interval([1., 2., 3.], normal=normal) == pytest.approx((2 - half, 2 + half),
                                                                           abs=1e-3)
    assert mean_interval([5, 5]) == (5, 5)


@pytest.mark.parametrize('at_once', [intervals._DRAWN_AT_ONCE, 50])
def test_a_shares_interval_is_that_of_a_loop_over_drawn_clips(monkeypatch, at_once):
    monkeypatch.setattr(intervals, '_DRAWN_AT_ONCE', at_once)
    rng = np.random.default_rng(1)
    whole = rng.integers(0, 30, size=40)
    part = rng.binomial(whole, 0.9)
    drawn = np.random.default_rng(0).integers(40, size=(2000, 40))
    shares = [sum(part[clips]) / sum(whole[clips]) for clips in drawn]
    np.testing.assert_allclose(share_interval(part, whole), np.percentile(shares, (2.5, 97.5)))
    assert share_interval(np.zeros(3, int), np.zeros(3, int)) == (0, 0)


def test_one_value_has_no_interval():
    assert np.isnan([mean_interval([1.]), mean_interval([]), share_interval([1], [2])]).all()


@pytest.mark.parametrize(
    'lost, gained, fallen',
    [
        (6, 0, True),  # 1 in 64
        (5, 0, False),
        (0, 0, False),
        (0, 9, False),
        (10, 2, True),  # 79 in 4,096
        (9, 2, False),  # 67 in 2,048
    ])
def test_a_fall_is_more_than_chance(lost, gained, fallen):
    before = [True] * lost + [False] * gained + [True, False] * 20
    after = [False] * lost + [True] * gained + [True, False] * 20
    assert falls(before, after) is fallen
