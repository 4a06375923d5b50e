"""MediaPipe's network, which its wheel holds."""
import os
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from mmaction_d3d.extraction import MediaPipeBackend
from mmaction_d3d.extraction.mediapipe_backend import LANDMARKS, _quiet
from mmaction_d3d.skeletons import get_layout

VIDEO = Path(__file__).parents[3] / 'shared' / 'data' / 'video' / 'demo_skeleton.mp4'


@pytest.fixture(scope='module')
def backend():
    return MediaPipeBackend()


def test_landmarks_are_those_of_the_coco_joints():
    from mediapipe.python.solutions.pose import PoseLandmark
    assert [PoseLandmark(index).name.lower()
            for index in LANDMARKS] == list(get_layout('coco17').joints)


def test_nobody_is_seen_where_nobody_is(backend):
    crops = backend.prepare(np.full((80, 60, 3), 90, np.uint8), np.array([[0, 0, 60, 80]]))
    people, = backend.predict(crops)
    assert people.shape == (0, 17, 3)


def test_a_box_outside_of_the_frame_is_nobody(backend):
    crops = backend.prepare(np.full((80, 60, 3), 90, np.uint8), np.array([[70, 0, 90, 20]]))
    assert backend.predict(crops)[0].shape == (0, 17, 3)


def test_coordinates_of_a_crop_are_those_of_the_frame(backend, monkeypatch):
    """With a stand-in for what the network says: a corner, the middle, visibility 0.25."""
    marks = [SimpleNamespace(x=0., y=0., visibility=0.25) for _ in range(33)]
    marks[11] = SimpleNamespace(x=0.5, y=0.5, visibility=1.5)
    seen = []

    def process(image):
        seen.append(image.shape)
        return SimpleNamespace(pose_landmarks=SimpleNamespace(landmark=marks))

    monkeypatch.setattr(backend, '_pose', SimpleNamespace(process=process))
    crops = backend.prepare(np.zeros((100, 200, 3), np.uint8), np.array([[40, 20, 120, 60]]))
    (person, ), = backend.predict(crops)
    assert seen == [(50, 100, 3)]  # a quarter of each side more
    np.testing.assert_allclose(person[0], (30, 15, 0.25))
    np.testing.assert_allclose(person[5], (80, 40, 1))


@pytest.mark.skipif(not VIDEO.is_file(), reason='needs a real video')
def test_a_real_person_is_found(backend, capfd):
    with av.open(str(VIDEO)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format='rgb24')
    boxes = np.array([[0, 0, 1920, 1080], [900, 200, 1150, 900]])
    assert len(backend.predict(backend.prepare(frame, None))[0])
    assert capfd.readouterr().err == ''  # the first person of this process, as a rule
    (whole, ), (crop, ) = backend.predict(backend.prepare(frame, boxes))
    joints = get_layout('coco17').joints
    height = {name: crop[joints.index(name), 1] for name in ('nose', 'left_hip', 'left_ankle')}
    assert height['nose'] < height['left_hip'] < height['left_ankle']
    assert crop[:, 2].mean() > 0.7
    torso = np.linalg.norm(whole[5, :2] - whole[12, :2])
    assert np.median(np.linalg.norm(whole[:, :2] - crop[:, :2], axis=-1)) < 0.3 * torso


def test_the_network_says_nothing_while_it_loads_and_works(capfd):
    backend = MediaPipeBackend()
    image = np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)
    backend.predict(backend.prepare(image, np.array([[0, 0, 96, 96]])))
    os.write(2, b'what others say is heard')
    assert capfd.readouterr().err == 'what others say is heard'


def test_what_it_said_is_shown_where_it_fails(capfd):
    with pytest.raises(ZeroDivisionError), _quiet():
        os.write(2, b'why')
        raise ZeroDivisionError
    assert capfd.readouterr().err == 'why'


TWO_PEOPLE = Path(__file__).parents[3] / 'shared' / 'data' / 'ut_interaction'


@pytest.mark.skipif(not TWO_PEOPLE.is_dir(), reason='needs real videos of two people')
def test_both_people_are_found_without_boxes_and_stay_who_they_are(tmp_path):
    """Where the one that MediaPipe's own solution sees is now the left, now the right one."""
    from mmaction_d3d.extraction import SkeletonExtractor, WholeFrame
    video = tmp_path / 'a.avi'
    with av.open(str(TWO_PEOPLE / 'videos' / 'set1_seq01_00_punch.avi')) as container:
        frames = [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)][::4]
    write(video, frames)
    people = SkeletonExtractor('mediapipe')(str(video))
    assert people['keypoint'].shape[:2] == (2, len(frames)) and not people['notes']
    both = people['keypoint_score'].any(-1).all(0)
    assert both.mean() > 0.8
    x = np.median(people['keypoint'][..., 0], axis=-1)[:, both]
    assert np.ptp(np.sign(x[0] - x[1])) == 0  # who is on the left stays there
    of_frame = SkeletonExtractor('mediapipe', people=WholeFrame(), max_persons=2)(str(video))
    assert of_frame['keypoint_score'].any(-1).sum(0).max() == 1


def write(path, frames):
    """Write frames as a video without loss."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('ffv1', rate=10)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = 'bgr0'
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format='rgb24')))
        container.mux(stream.encode(None))


def test_people_who_are_found_twice_are_one():
    from mmaction_d3d.extraction.mediapipe_backend import _without_doubles
    person = np.random.default_rng(0).uniform(0, 100, (17, 3)).astype(np.float32)
    other = person + np.float32([200, 0, 0])
    assert len(_without_doubles(np.stack([person, other, person + 1]))) == 2


def test_what_cannot_be_chosen_is_refused():
    from mmaction_d3d.errors import InputError
    from mmaction_d3d.extraction.backends import make_backend
    with pytest.raises(InputError, match='--pose-config: found x.py, want nothing'):
        make_backend('mediapipe', 'x.py')


def test_nobody_is_found_in_an_empty_frame(backend):
    people, = backend.predict(backend.prepare(np.full((80, 60, 3), 90, np.uint8), None))
    assert people.shape == (0, 17, 3)
