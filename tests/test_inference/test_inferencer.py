"""Answers of D3DInferencer on small videos, whatever form they come in."""
import itertools
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmaction_d3d.inference import D3DInferencer
from mmaction_d3d.inference import recognize as recognize_module
from mmaction_d3d.media import DecodingError, Frames, probe, read, video_frames
from mmaction_d3d.media.find import GAPS

from .support import CLASSES, StandIn, make_tiny, scores


def test_answers_name_classes_and_add_up(from_pickle):
    for prediction in from_pickle['predictions']:
        assert prediction['class'] == CLASSES[prediction['label']] == prediction['top'][0]['class']
        assert sum(prediction['scores']) == pytest.approx(1, abs=1e-6)
        assert prediction['score'] == max(prediction['scores'])
        assert prediction['person_found'] and prediction['notes'] == []
        assert {'skeleton', 'decoding', 'model'} <= set(prediction['seconds'])


@pytest.fixture(scope='module')
def frames(tiny):
    """The folders of frames of the videos."""
    return tiny.data.write_frame_folders()


def test_frame_folders_answer_as_videos(inferencer, frames, from_pickle):
    answer = inferencer(str(frames))
    np.testing.assert_allclose(scores(answer), scores(from_pickle), atol=0.05)  # no coding losses
    assert [prediction['frames'] for prediction in answer['predictions']] == [16, 16]
    assert all(prediction['notes'] == [] for prediction in answer['predictions'])


@pytest.mark.parametrize('window', [None, 0.3])
@pytest.mark.parametrize('name', ['{:05}.jpg', 'shot-{:05}-left.jpg'])
def test_images_with_gaps_in_their_numbers_are_taken_in_order(inferencer, frames, tmp_path, name,
                                                              window):
    for folder in frames.iterdir():
        for number, image in enumerate(sorted(folder.iterdir())):
            target = tmp_path / folder.name / name.format(7 + 3 * number)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(image.read_bytes())
    answer = inferencer(str(tmp_path), window=window)
    assert answer['predictions'][0]['notes'] == [GAPS]
    np.testing.assert_array_equal(scores(answer), scores(inferencer(str(frames), window=window)))


def test_arrays_answer_as_the_pickle(tiny, from_pickle):
    # In the order of the inputs, not of their names.
    given = [{key: clip[key] for key in ('keypoint', 'keypoint_score')}
             for clip in reversed(tiny.data.annotations)]
    alone = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', show_progress=False)
    answer = alone([tiny.video(1), tiny.video(0)], skeletons=given)
    assert np.allclose(scores(answer)[::-1], scores(from_pickle), atol=1e-6)
    assert answer['predictions'][0]['skeletons']['origin'] == 'arrays'


def test_a_video_once_a_person_answers_for_each(tiny, tmp_path):
    people = [{key: clip[key] for key in ('keypoint', 'keypoint_score')}
              for clip in tiny.data.annotations]
    alone = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', show_progress=False)
    apart = [alone(tiny.video(), skeletons=person)['predictions'][0]['scores'] for person in people]
    together = alone([tiny.video()] * 2, skeletons=people, out_dir=str(tmp_path), video=False)
    np.testing.assert_allclose(scores(together), apart, atol=1e-6)
    assert not np.allclose(*apart, atol=1e-6)
    name = Path(tiny.video()).stem
    assert sorted(path.name for path in tmp_path.iterdir()) == [f'{name}.json', f'{name}_2.json']


def test_two_videos_of_one_name_answer_apart(tiny, tmp_path):
    copy = tmp_path / 'b' / Path(tiny.video(0)).name
    copy.parent.mkdir()
    shutil.copy(tiny.video(1), copy)
    given = [{key: clip[key] for key in ('keypoint', 'keypoint_score')}
             for clip in tiny.data.annotations]
    alone = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', show_progress=False)
    out = alone([tiny.video(0), str(copy)], skeletons=given, out_dir=str(tmp_path), video=False)
    assert len(list(tmp_path.glob('*.json'))) == 2
    assert not np.allclose(*scores(out), atol=1e-6)


def test_extracted_skeletons_answer_as_the_pickle(tiny, from_pickle):
    extractor = StandIn(dict(tiny.data.annotations[1], notes=['3 more people than 2: left out']))
    special = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', extractor=extractor,
                            show_progress=False)
    answer = special(tiny.video(1))
    assert extractor.paths == [tiny.video(1)]
    assert np.allclose(scores(answer), scores(from_pickle)[1:], atol=1e-6)
    assert answer['predictions'][0]['skeletons']['origin'] == 'extracted'
    assert answer['predictions'][0]['notes'] == ['3 more people than 2: left out']


def test_a_window_as_long_as_the_video_answers_as_the_clip(inferencer, tiny, from_pickle):
    answer = inferencer(str(tiny.data.video_dir), window=60)
    assert np.allclose(scores(answer), scores(from_pickle), atol=1e-6)
    assert [len(prediction['segments']) for prediction in answer['predictions']] == [1, 1]


@pytest.mark.parametrize('window', [None, 60])
def test_joints_of_another_size_are_scaled(tiny, from_pickle, window):
    clip = tiny.data.annotations[0]
    double = dict(keypoint=2 * clip['keypoint'], keypoint_score=clip['keypoint_score'],
                  img_shape=tuple(2 * side for side in clip['img_shape']))
    alone = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', show_progress=False)
    answer = alone(tiny.video(), skeletons=double, window=window)
    assert np.allclose(scores(answer), scores(from_pickle)[:1], atol=1e-6)


@pytest.mark.parametrize('frames', [14, 18])
def test_a_skeleton_may_differ_by_two_frames(tiny, frames):
    clip = tiny.data.annotations[0]
    times = np.minimum(np.arange(frames), 15)
    given = {key: clip[key][:, times] for key in ('keypoint', 'keypoint_score')}
    alone = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', show_progress=False)
    for window, count in ((None, 0), (0.16, 7)):
        answer = alone(tiny.video(), skeletons=given, window=window)['predictions'][0]
        assert len(answer.get('windows', ())) == count and answer['person_found']


def test_frames_are_counted_where_packets_are_more(inferencer, tiny, monkeypatch):
    monkeypatch.setattr(recognize_module, 'probe',
                        lambda *args, **kwargs: replace(probe(*args, **kwargs), frames=19))
    assert inferencer(tiny.video())['predictions'][0]['frames'] == 16


def test_a_video_that_breaks_off_is_used_as_far_as_it_decodes(inferencer, tiny, monkeypatch):

    def breaks_off(path, backend):
        yield from itertools.islice(video_frames(path), 11)
        raise DecodingError('damaged')

    monkeypatch.setattr(read, 'video_frames', breaks_off)
    answer = inferencer(tiny.video(), window=0.16, stride=0.16)['predictions'][0]
    assert answer['notes'] == ['11 of 16 frames decode'] and len(answer['windows']) == 3


def test_windows_are_decoded_in_a_thread_and_hold_few_frames(inferencer, tiny, monkeypatch):
    readers, threads = [], set()

    class Reader(recognize_module.WindowReader):

        def __init__(self, *args):
            super().__init__(*args)
            readers.append(self)

    def watched(source):
        for frame in Frames(source):
            threads.add(threading.get_ident())
            yield frame

    monkeypatch.setattr(recognize_module, 'WindowReader', Reader)
    monkeypatch.setattr(recognize_module, 'Frames', watched)
    inferencer(tiny.video(), window=0.16, stride=0.16)
    assert readers[0].most_held == 4 and len(readers[0]) == 4  # 4 frames a window, none shared
    assert threads and threading.get_ident() not in threads


def test_two_people_config_takes_one(rgb_pose_data, tmp_path):
    tiny = make_tiny(tmp_path, rgb_pose_data(num_videos=1, num_frames=4), num_person=2)
    special = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                            show_progress=False)
    assert special(tiny.video())['predictions'][0]['skeletons']['people'] == 1
