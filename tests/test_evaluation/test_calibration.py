"""Calibration, against plain loops and a grid."""
import math

import numpy as np
import pytest

from mmaction_d3d.evaluation.calibration import (
    TEMPERATURES,
    expected_calibration_error,
    fit_temperature,
    log_probabilities,
    negative_log_likelihood,
    scale,
)


def drawn(clips=200, classes=4, sharpness=3.0, seed=0):
    """Logits that are too sure of themselves, and labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(clips, classes))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(classes, p=row) for row in chances])
    return sharpness * logits, labels


def naive_error(probabilities, labels, bins):
    total = 0
    for index in range(bins):
        hits, confidences = [], []
        for row, label in zip(probabilities, labels):
            most = max(row)
            if index / bins < most <= (index + 1) / bins:
                hits.append(list(row).index(most) == label)
                confidences.append(most)
        if hits:
            total += abs(sum(hits) - sum(confidences))
    return total / len(labels)


@pytest.mark.parametrize('clips, classes, bins', [(200, 4, 15), (200, 2, 10), (1, 3, 15),
                                                  (3, 5, 15)])
def test_the_error_is_that_of_a_loop(clips, classes, bins):
    logits, labels = drawn(clips, classes)
    log_probs, _ = log_probabilities(logits)
    assert expected_calibration_error(log_probs, labels, bins) == pytest.approx(
        naive_error(np.exp(log_probs), labels, bins))


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    probabilities = np.array([[0.5, 0.5], [0.6, 0.4], [1., 0.]])
    labels = np.array([0, 1, 0])  # 0.5 alone is off by 0.5, the others together by 1.6 - 1
    with np.errstate(divide='ignore'):
        error = expected_calibration_error(np.log(probabilities), labels, 2)
    assert error == pytest.approx((0.5 + 0.6) / 3)


@pytest.mark.parametrize('sharpness', [0.3, 1, 3])
@pytest.mark.parametrize('absent', [False, True])
def test_no_temperature_of_a_grid_is_better(sharpness, absent):
    logits, labels = drawn(sharpness=sharpness)
    if absent:  # a class of which there is no clip
        logits, labels = logits[labels != 2], labels[labels != 2]
    log_probs, _ = log_probabilities(logits)
    best = fit_temperature(log_probs, labels)
    least = negative_log_likelihood(scale(log_probs, best), labels)
    for temperature in np.geomspace(*TEMPERATURES, 100):
        naive = 0
        for row, label in zip(logits / temperature, labels):
            peak = max(row)
            naive -= row[label] - peak - math.log(sum(math.exp(value - peak) for value in row))
        assert naive / len(labels) >= least - 1e-9
    if not absent:
        assert best == pytest.approx(sharpness, rel=0.3)


def test_probabilities_and_their_logits_are_told_apart_and_mean_the_same():
    logits, labels = drawn()
    logits[0, 0] = 200  # whose others are 0 as float32
    of_logits, kind = log_probabilities(logits.astype(np.float32))
    of_probabilities, other = log_probabilities(np.exp(of_logits).astype(np.float32))
    assert (kind, other) == ('logits', 'probabilities')
    np.testing.assert_allclose(of_probabilities[1:], of_logits[1:], atol=1e-5)
    assert np.isfinite(of_probabilities).all()
    assert fit_temperature(of_probabilities[1:],
                           labels[1:]) == pytest.approx(fit_temperature(of_logits[1:], labels[1:]),
                                                        rel=1e-4)


def test_probabilities_of_half_precision_are_no_logits():
    logits, _ = drawn(classes=400)
    probabilities = np.exp(log_probabilities(logits)[0]).astype(np.float16)
    assert log_probabilities(probabilities)[1] == 'probabilities'


def test_where_no_clip_is_wrong_the_temperature_is_the_end_of_the_range():
    log_probs, _ = log_probabilities(np.array([[2., 0], [0, 1]]))
    assert fit_temperature(log_probs, np.array([0, 1])) == TEMPERATURES[0]
    assert fit_temperature(log_probs, np.array([1, 0])) == TEMPERATURES[1]
