"""A crop that keeps people: against loops over all places that it may have."""
import numpy as np
import pytest

from mmaction_d3d.datasets.transforms import PersonCrop
from mmaction_d3d.datasets.transforms.geometry import guarded
from mmaction_d3d.errors import InputError
from mmaction_d3d.seeding import seeded

SIDES = 12, 20


def clip(xy, score=None):
    """M x T x V x 2 in a picture whose pixels hold their place."""
    xy = np.array(xy, np.float32)
    rows, columns = np.indices(SIDES)
    image = np.stack([columns, rows, rows], -1).astype(np.uint8)
    return dict(imgs=[image] * xy.shape[1], img_shape=SIDES, keypoint=xy,
                keypoint_score=np.ones(xy.shape[:3], np.float32) if score is None else score)


def kept_by_loops(xy, score, axis, offset, size):
    visible = 0
    for person in range(xy.shape[0]):
        for frame in range(xy.shape[1]):
            for joint in range(xy.shape[2]):
                x, y = xy[person, frame, joint]
                if not (np.isfinite([x, y]).all() and score[person, frame, joint] > 0
                        and 0 <= x < SIDES[1] and 0 <= y < SIDES[0]):
                    continue
                visible += offset <= (x, y)[axis] < offset + size
    return visible


def drawn_offsets(results, size, draws=200):
    boxes = []
    for seed in range(draws):
        with seeded(seed):
            boxes.append(tuple(PersonCrop(size)(dict(results))['crop_bbox'][:2].tolist()))
    return boxes


@pytest.mark.parametrize('seed', range(6))
def test_every_place_that_keeps_most_joints_is_drawn_and_no_other(seed):
    random, size = np.random.default_rng(seed), 8
    xy = random.uniform(-2, [[21, 13], [8, 8], [30, 5]][seed % 3], (2, 3, 4, 2)).astype(np.float32)
    score = (random.random((2, 3, 4)) > 0.3).astype(np.float32)
    xy[0, 0, 0] = np.nan
    boxes = drawn_offsets(clip(xy, score), size)
    for axis in (0, 1):
        counts = [
            kept_by_loops(xy, score, axis, offset, size)
            for offset in range(SIDES[1 - axis] - size + 1)
        ]
        best = {offset for offset, count in enumerate(counts) if count == max(counts)}
        assert {box[axis] for box in boxes} == best


def test_two_people_stay_whole_where_they_fit():
    xy = [[[[12, 2], [13, 9]]], [[[17, 3], [18.5, 8]]]]
    for box in drawn_offsets(clip(xy), 10):
        assert 9 <= box[0] <= 10 and box[1] <= 2


def test_nobody_leaves_every_place_open():
    xy = np.zeros((1, 2, 3, 2))
    boxes = drawn_offsets(clip(xy, np.zeros((1, 2, 3))), 8, 400)
    assert len(set(boxes)) == (SIDES[0] - 8 + 1) * (SIDES[1] - 8 + 1)


def test_joints_and_size_follow_the_pixels():
    xy = [[[[12.5, 2.5], [13.5, 9.5]]]]
    results = PersonCrop(10)(clip(xy))
    assert results['img_shape'] == results['imgs'][0].shape[:2] == (10, 10)
    for (x, y), (old_x, old_y) in zip(results['keypoint'][0, 0], xy[0][0]):
        pixel = results['imgs'][0][int(y), int(x)]
        assert (pixel[0], pixel[1]) == (int(old_x), int(old_y))


def test_a_picture_smaller_than_the_crop_is_an_error():
    check, crop = guarded([PersonCrop(16)], 17)
    with pytest.raises(InputError, match='frame size before the crop: found 12x20'):
        crop(check(clip(np.zeros((1, 1, 1, 2)))))
