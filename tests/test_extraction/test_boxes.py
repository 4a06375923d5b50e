"""Boxes that somebody gives."""
import json
import pickle

import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction.boxes import GivenBoxes, WholeFrame
from mmaction_d3d.extraction.detector import without_doubles
from mmaction_d3d.media import Media

FRAME = np.zeros((40, 60, 3), np.uint8)
CLIP = Media('videos/wave/a.mp4', 'wave/a.mp4')


@pytest.fixture
def pickled(tmp_path):
    """Boxes of two people in three frames; the second has none in frame 1."""
    boxes = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    boxes[1, 1] = np.nan
    path = tmp_path / 'boxes.pkl'

    def write(**changes):
        info = dict(frame_dir='wave/a', filename='wave/a.mp4', total_frames=3, img_shape=(40, 60),
                    bbox=boxes)
        path.write_bytes(pickle.dumps(dict(annotations=[{**info, **changes}])))
        return GivenBoxes(str(path)), boxes

    return write


def test_the_whole_frame_is_one_box():
    np.testing.assert_array_equal(WholeFrame().open(CLIP)(0, FRAME), [[0, 0, 60, 40]])


def test_boxes_of_a_pickle_keep_who_is_who(pickled):
    given, boxes = pickled()
    for index in range(3):
        np.testing.assert_array_equal(given.open(CLIP)(index, FRAME), boxes[:, index])
    assert given.linked


def test_boxes_follow_the_size_of_the_video(pickled):
    given, boxes = pickled(img_shape=(80, 60))
    np.testing.assert_allclose(given.open(CLIP)(0, FRAME), boxes[:, 0] * [1, .5, 1, .5])


@pytest.mark.parametrize('changes, message', [
    (dict(frame_dir='b', filename='b.mp4'), 'boxes: found none of wave/a.mp4'),
    (dict(bbox=np.zeros((2, 4))), r'annotations\[0\].bbox: found 2 x 4 float64, want'),
    (dict(bbox=np.full((1, 3, 4), 'a')), r'bbox: found 1 x 3 x 4 <U1, want numbers, M x T x 4'),
    (dict(img_shape='ab'), r"annotations\[0\].img_shape: found 'ab', want \(height, width\)"),
    (dict(bbox=None), 'annotations: found none with bbox'),
])
def test_a_pickle_without_the_boxes_is_refused(pickled, changes, message):
    with pytest.raises(InputError, match=message):
        pickled(**changes)[0].open(CLIP)


def test_boxes_of_too_few_frames_are_refused(pickled):
    with pytest.raises(InputError, match='boxes of wave/a: found 3 frames, want .* a.mp4'):
        pickled()[0].open(CLIP)(3, FRAME)


def test_boxes_of_json_are_those_of_each_frame_in_any_order(tmp_path):
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps({'wave/a': [[[1, 2, 3, 4], [5, 6, 7, 8]], []]}))
    given = GivenBoxes(str(path))
    find = given.open(CLIP)
    np.testing.assert_array_equal(find(0, FRAME), [[1, 2, 3, 4], [5, 6, 7, 8]])
    assert find(1, FRAME).shape == (0, 4) and not given.linked


@pytest.mark.parametrize('content', ['[1, 2]', '{"a": 3}', '{"a": [[[1, 2]]]}', 'x', '{"a": "b"}'])
def test_other_json_is_refused(tmp_path, content):
    path = tmp_path / 'boxes.json'
    path.write_text(content)
    with pytest.raises(InputError, match='boxes.json: content'):
        GivenBoxes(str(path))


def test_of_two_boxes_on_one_person_the_surer_stays():
    boxes = np.array([[0, 0, 10, 20], [30, 0, 40, 20], [1, 0, 11, 20]], np.float32)
    people = without_doubles(boxes, np.array([.6, .7, .9], np.float32))
    np.testing.assert_array_equal(people, boxes[[2, 1]])
    assert without_doubles(np.zeros((0, 4), np.float32), np.zeros(0)).shape == (0, 4)
