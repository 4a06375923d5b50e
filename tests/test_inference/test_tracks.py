"""A label for each person: that of the person's skeleton alone."""
import itertools
import json

import av
import numpy as np
import pytest

from mmaction_d3d.datasets.transforms import decoding
from mmaction_d3d.inference import annotate, load
from mmaction_d3d.inference import recognize as recognize_module
from mmaction_d3d.media import probe
from mmaction_d3d.visualization.palette import person_colour


@pytest.fixture(scope='module')
def people(tiny):
    """Four: two all the time, one of frames 5 to 9, and the third row, which shows nobody."""
    clip = tiny.data.annotations[0]
    joints = np.concatenate([clip['keypoint']] * 4)
    joints += np.linspace(0, 12, 17)[:, None] * np.array([[-1, 1], [1, -1], [0, 0], [1, 1]
                                                          ])[:, None, None]
    scores = np.concatenate([clip['keypoint_score']] * 4)
    scores[1] *= 0.9
    scores[2] = 0
    scores[3, :5] = scores[3, 10:] = 0
    return dict(keypoint=joints, keypoint_score=scores)


def one_of(people, row):
    return {key: value[row:row + 1] for key, value in people.items()}


def test_each_label_is_that_of_the_skeleton_alone(alone, tiny, people, tmp_path):
    answer = alone(tiny.video(), skeletons=people, per_person=True, out_dir=str(tmp_path),
                   topk=1)['predictions'][0]
    plain = alone(tiny.video(), skeletons=people)['predictions'][0]
    assert answer['scores'] == pytest.approx(plain['scores'], abs=1e-6)
    tracks = answer['tracks']
    assert [(track['person'], track['track'], track['first_frame'], track['last_frame'],
             track['frames_seen']) for track in tracks] == [(1, 0, 0, 15, 16), (2, 1, 0, 15, 16),
                                                            (3, 3, 5, 9, 5)]
    for track in tracks:
        given = one_of(people, track['track'])
        single = alone(tiny.video(), skeletons=given)['predictions'][0]
        assert track['scores'] == pytest.approx(single['scores'], abs=1e-6)
        assert track['class'] == single['class'] and len(track['top']) == 1
    for first, second in itertools.combinations(tracks, 2):
        assert not np.allclose(first['scores'], second['scores'], atol=1e-4)
    assert json.loads((tmp_path / 'clip0.json').read_text())['tracks'] == tracks


def test_windows_answer_for_whom_they_show(alone, tiny, people):
    options = dict(window=0.24, stride=0.12, smooth=0)  # 6 and 3 frames
    answer = alone(tiny.video(), skeletons=people, per_person=True, **options)['predictions'][0]
    plain = alone(tiny.video(), skeletons=people, **options)['predictions'][0]
    assert answer['scores'] == pytest.approx(plain['scores'], abs=1e-6)
    always, _, between = answer['tracks']
    single = alone(tiny.video(), skeletons=one_of(people, 0), **options)['predictions'][0]
    assert always['segments'] == single['segments'] and always['windows'] == single['windows']
    starts = [round(window['start'] * 25) for window in between['windows']]
    assert starts == [0, 3, 6, 9]  # those of frames 5 to 9
    assert between['segments'][0]['start'] == pytest.approx(5 / 25)
    assert between['segments'][-1]['end'] == pytest.approx(10 / 25)


def test_labels_are_drawn_at_the_people_while_they_are_seen(alone, tiny, people, tmp_path,
                                                            monkeypatch):
    result = alone(tiny.video(), skeletons=people, per_person=True, out_dir=str(tmp_path),
                   attention=False)
    apart = alone(tiny.video(), skeletons=people, out_dir=str(tmp_path / 'plain'), attention=False)
    pictures = []
    for path in (result['visualization'][0], apart['visualization'][0]):
        with av.open(path) as video:
            pictures.append([frame.to_ndarray(format='rgb24') for frame in video.decode(video=0)])
    third = [_count(frame[:384], person_colour(2)) for frame in pictures[0]]
    assert min(third[5:10]) > 200 > max(third[:5] + third[10:])
    monkeypatch.setattr(annotate, '_labels', lambda answer, index: [])
    bare = alone(tiny.video(), skeletons=people, per_person=True, out_dir=str(tmp_path / 'bare'),
                 attention=False)
    with av.open(bare['visualization'][0]) as video:
        frame = list(video.decode(video=0))[7].to_ndarray(format='rgb24')
    for person in range(3):
        drawn, without = (_near(picture[:384], person_colour(person))
                          for picture in (pictures[0][7], frame))
        assert (drawn & ~without).sum() > 50
    # Without labels, only the person whom the model takes is drawn.
    assert max(_count(frame[:384], person_colour(1)) for frame in pictures[1]) < 200


def _near(frame, colour):
    return np.abs(frame.astype(int) - colour).max(-1) < 40


def _count(frame, colour):
    return int(_near(frame, colour).sum())


def test_the_model_in_one_call_answers_for_each(tiny, people):
    answer = load(tiny.checkpoint, tiny.config, 'cpu')(tiny.video(), people, per_person=True)
    assert [person.track.number for person in answer.tracks] == [0, 1, 3]
    assert all(person.label in answer.classes for person in answer.tracks)
    assert answer.tracks[0].skeleton.people() == 1


def test_a_broken_video_is_one_error(alone, tiny, people, tmp_path):
    short = tmp_path / 'short.mp4'
    short.write_bytes(b'no video')
    answer = alone([str(short), tiny.video()], skeletons=[people] * 2,
                   per_person=True)['predictions']
    assert len(answer) == 2 and 'error' in answer[0] and len(answer[1]['tracks']) == 3


@pytest.mark.parametrize('frames', [16, 12], ids=['all', 'a video that ends early'])
def test_a_video_is_decoded_once_for_all_people(alone, tiny, people, tmp_path, monkeypatch, frames,
                                                square_video):
    reads, read_video = [], decoding.read_video
    monkeypatch.setattr(decoding, 'read_video', lambda *args: reads.append(1) or read_video(*args))
    path = tmp_path / 'a.mp4'
    square_video.write(path, square_video.draw(16, (64, 80)))
    whole = probe(path)
    if frames < 16:
        square_video.write(path, square_video.draw(frames, (64, 80)))
        monkeypatch.setattr(recognize_module, 'probe', lambda *_, **__: whole)
    answer = alone(str(path), skeletons=people, per_person=True)['predictions'][0]
    assert len(answer['tracks']) == 3 and len(reads) == 1
    for track in answer['tracks']:
        single = alone(str(path), skeletons=one_of(people, track['track']))['predictions'][0]
        assert track['scores'] == pytest.approx(single['scores'], abs=1e-6)
