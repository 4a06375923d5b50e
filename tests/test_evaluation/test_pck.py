"""The share of joints that are near enough, against a loop."""
import numpy as np
import pytest

from mmaction_d3d.evaluation.pck import Counts, count_near, interval
from mmaction_d3d.skeletons import get_layout

COCO = get_layout('coco17')


def person(frames=4, at=(0, 0)):
    """A person with a torso of 5 pixels (left shoulder to right hip): M = 1."""
    joints = np.zeros((1, frames, 17, 3))
    joints[..., :2] = at
    joints[..., 12, :2] += (3, 4)
    joints[..., 2] = 1
    return joints


def count_by_loop(known, extracted, threshold):
    near = 0
    for t in range(known.shape[1]):
        torso = np.linalg.norm(known[0, t, 5, :2] - known[0, t, 12, :2])
        for v in range(17):
            if min(known[0, t, v, 2], known[0, t, 5, 2], known[0, t, 12, 2], extracted[0, t, v,
                                                                                       2]) > 0:
                near += np.linalg.norm(known[0, t, v, :2] -
                                       extracted[0, t, v, :2]) <= threshold * torso
    return near


@pytest.mark.parametrize('seed', range(4))
def test_counts_are_those_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    known, extracted = person(), person()
    extracted[..., :2] += rng.normal(scale=0.8, size=extracted[..., :2].shape)
    for people in (known, extracted):
        people[..., 2] = rng.random(people.shape[:3]) > 0.2
    counts = count_near(known, extracted, COCO, 0.2)
    assert 0 < counts.near.sum() == count_by_loop(known, extracted, 0.2) < counts.known.sum()


def test_people_are_matched_whatever_their_order():
    both = np.concatenate([person(), person(at=(100, 0))])
    counts = count_near(both, both[::-1], COCO)
    assert counts.near.sum() == counts.known.sum() == 2 * 4 * 17
    assert count_near(both, both[:1], COCO).near.sum() == 4 * 17


def test_the_interval_holds_the_share_and_narrows_with_clips():
    rng = np.random.default_rng(0)
    counts = [Counts(np.array([rng.binomial(20, 0.9)]), np.array([20])) for _ in range(400)]
    low, high = interval(counts)
    few_low, few_high = interval(counts[:20])
    share = sum(count.near[0] for count in counts) / (20 * 400)
    assert low < share < high and high - low < (few_high - few_low) / 2
