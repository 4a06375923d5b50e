"""D3DInferencer on small videos."""
import itertools
import json
import pickle
import shutil
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference import D3DInferencer
from mmaction_d3d.inference import model as model_module
from mmaction_d3d.inference import recognize as recognize_module
from mmaction_d3d.inference.loading import load_model
from mmaction_d3d.inference.result import table
from mmaction_d3d.media import DecodingError, Frames, probe, read, video_frames
from mmaction_d3d.media.find import GAPS

from .support import CLASSES, make_tiny


class StandIn:
    """An extractor that finds what it was given."""

    def __init__(self, annotation, layout='coco17'):
        self.annotation, self.layout, self.paths = annotation, layout, []

    def __call__(self, path):
        self.paths.append(path)
        return {key: value for key, value in self.annotation.items() if key != 'label'}


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]


def amber(frame):
    """Whether a note is drawn on a frame."""
    return bool(near(frame, (255, 176, 32)).sum() > 20)


def near(frame, colour):
    """Which pixels are of a colour, as far as coding keeps it."""
    return np.abs(frame.astype(int) - colour).max(-1) < 30


def scores(answer):
    return [prediction['scores'] for prediction in answer['predictions']]


@pytest.fixture(scope='session')
def from_pickle(inferencer, tiny):
    """Answers for both videos, batched."""
    return inferencer(str(tiny.data.video_dir))


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


def test_a_pickle_of_other_joints_or_classes_is_refused(tiny, tmp_path):
    content = dict(annotations=tiny.data.annotations)
    for fields, message in ((dict(layout='h36m17'),
                             'layout: found h36m17, want coco17, as the mod'),
                            (dict(layout='coco17', classes=list(CLASSES)[::-1]), 'classes: found')):
        path = tmp_path / 'a.pkl'
        path.write_bytes(pickle.dumps(dict(content, **fields)))
        with pytest.raises(InputError, match=message):
            D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', skeletons=str(path))


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


def test_a_frame_smaller_than_the_crop_is_an_error(tiny):
    cfg = Config.fromfile(tiny.config)
    cfg.test_dataloader.dataset.pipeline[3].crop_size = 100
    special = D3DInferencer(cfg, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                            show_progress=False)
    assert 'frame size before the crop: found 40x50' in special(
        tiny.video())['predictions'][0]['error']


def test_windows_write_a_timeline_and_segments(inferencer, tiny, tmp_path):
    inferencer(tiny.video(), window=0.32, stride=0.08, out_dir=str(tmp_path))
    answer = json.loads((tmp_path / 'clip0.json').read_text())
    assert [round(window['start'] * 25) for window in answer['windows']] == [0, 2, 4, 6, 8]
    assert answer['segments'][-1]['end'] == pytest.approx(16 / 25)
    assert (tmp_path / 'clip0_timeline.png').read_bytes().startswith(b'\x89PNG')
    assert (tmp_path / 'clip0.mp4').exists()


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


def test_the_annotated_video_plays_in_a_browser(inferencer, tiny, tmp_path):
    answer = inferencer(tiny.video(), out_dir=str(tmp_path))
    assert answer['visualization'] == [str(tmp_path / 'clip0.mp4')]
    data = (tmp_path / 'clip0.mp4').read_bytes()
    assert data.index(b'moov') < data.index(b'mdat')  # plays while it loads
    with av.open(str(tmp_path / 'clip0.mp4')) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ('h264', 'yuv420p')
        assert stream.width % 2 == stream.height % 2 == 0
        assert stream.average_rate == 25
        assert sum(1 for _ in container.decode(stream)) == 16


def test_without_a_person_rgb_answers_and_says_so(tiny, tmp_path):
    clip = tiny.data.annotations[0]
    alone = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', show_progress=False)
    nobody = dict(keypoint=clip['keypoint'], keypoint_score=0 * clip['keypoint_score'])
    answer = alone(tiny.video(), skeletons=nobody, out_dir=str(tmp_path),
                   attention=False)['predictions'][0]
    assert answer['class'] in CLASSES and not answer['person_found']
    assert answer['notes'] == ['no person found: the answer is from RGB alone']
    assert all(amber(frame) for frame in frames_of(tmp_path / 'clip0.mp4'))


def test_windows_without_a_person_are_marked(tiny, tmp_path):
    clip = tiny.data.annotations[0]
    leaves = clip['keypoint_score'].copy()
    leaves[:, 8:] = 0
    alone = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', show_progress=False)
    answer = alone(tiny.video(), skeletons=dict(keypoint=clip['keypoint'], keypoint_score=leaves),
                   out_dir=str(tmp_path), attention=False, window=0.16)['predictions'][0]
    assert answer['person_found'] and answer['notes'] == []
    assert [window['people'] for window in answer['windows']] == [1, 1, 1, 1, 0, 0, 0]
    frames = frames_of(tmp_path / 'clip0.mp4')
    marked = [amber(frame) for frame in frames]
    assert not any(marked[:9]) and all(marked[-5:])
    bars = {int(np.flatnonzero(near(frame, (70, 150, 255)).sum(1) > 20)[0]) for frame in frames}
    assert max(bars) - min(bars) <= 2  # nothing is moved or stretched by the note


def test_a_model_without_maps_says_so(tiny, tmp_path):
    cfg = Config.fromfile(tiny.config)
    cfg.model.backbone.attentions = ['temporal']
    model = MODELS.build(cfg.model)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'temporal.pth')
    special = D3DInferencer(cfg, str(tmp_path / 'temporal.pth'), 'cpu', str(tiny.data.ann_file),
                            show_progress=False)
    answer = special(tiny.video(), out_dir=str(tmp_path))['predictions'][0]
    assert answer['notes'] == [
        'no attention drawn: the model has none that is deformable with '
        'modal queries'
    ]
    assert (tmp_path / 'clip0.mp4').exists()


def test_one_broken_file_does_not_end_the_run(inferencer, tiny, tmp_path, from_pickle):
    broken = tmp_path / 'a_broken.mp4'
    broken.write_bytes(b'no video')
    answer = inferencer([str(broken), tiny.video(0), tiny.video(1)], out_dir=str(tmp_path / 'out'),
                        video=False)
    assert 'a_broken.mp4: video: found' in answer['predictions'][0]['error']
    assert np.allclose([prediction['scores'] for prediction in answer['predictions'][1:]],
                       scores(from_pickle), atol=1e-6)
    assert 'error' in json.loads((tmp_path / 'out' / 'a_broken.json').read_text())


def test_clips_that_the_model_refuses_do_not_end_the_run(inferencer, tiny, monkeypatch):
    score = model_module.LoadedModel.score

    def refuse(self, clips, attention=False):
        if len(clips) == 2:
            raise InputError('model input', 'imgs', 'too small', 'more')
        return score(self, clips, attention)

    monkeypatch.setattr(model_module.LoadedModel, 'score', refuse)
    assert [
        'error' in prediction for prediction in inferencer(str(tiny.data.video_dir))['predictions']
    ] == [True, True]
    assert 'error' not in inferencer(tiny.video())['predictions'][0]


def test_a_device_that_is_not_there_is_refused(tiny):
    with pytest.raises(InputError, match='device: found nowhere'):
        D3DInferencer(tiny.config, tiny.checkpoint, 'nowhere')


def wrong(change, says):
    return pytest.param(change, says, id=change.__name__)


def other_length(clip):
    for key in ('keypoint', 'keypoint_score'):
        clip[key] = clip[key][:, :9]
    clip['total_frames'] = 9


def other_layout(clip):
    for key in ('keypoint', 'keypoint_score'):
        clip[key] = clip[key][:, :, :13]


def other_name(clip):
    clip['frame_dir'] = 'elsewhere'


@pytest.mark.parametrize('change, says', [
    wrong(other_length, r'annotations\[0\] \(clip0\).total_frames: found 9, want 16'),
    wrong(other_layout, r'keypoint: found 13 joints, want 17'),
    wrong(other_name, r'annotations: found no annotation named clip0, want one')
])
def test_skeletons_that_do_not_fit_are_refused(tiny, tmp_path, change, says):
    content = pickle.loads(tiny.data.ann_file.read_bytes())
    change(content['annotations'][0])
    (tmp_path / 'x.pkl').write_bytes(pickle.dumps(content))
    special = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tmp_path / 'x.pkl'),
                            show_progress=False)
    with pytest.raises(InputError, match=says):
        raise InputError(special(tiny.video())['predictions'][0]['error'])


@pytest.mark.parametrize(
    'key, length, says',
    [('cls_head.classifier.weight', 1, r'tiny.pth: classes: found 1, want 2, as num_classes'),
     ('backbone.pose_tokens.joint_embed', 13, r'joints a person: found 13, want 17, as layout'),
     ('cls_head.norm.weight', 5, r'state_dict: found .*\(cls_head.norm.weight is')])
def test_a_checkpoint_that_does_not_fit_is_refused(tiny, tmp_path, key, length, says):
    content = torch.load(tiny.checkpoint)
    content['state_dict'][key] = content['state_dict'][key][:length]
    path = tmp_path / 'tiny.pth'
    torch.save(content, path)
    with pytest.raises(InputError, match=says):
        D3DInferencer(tiny.config, str(path), 'cpu')


def test_a_checkpoint_of_other_class_names_is_refused(tiny, tmp_path):
    config = tmp_path / 'named.py'
    config.write_text(
        Path(tiny.config).read_text() +
        "test_dataloader['dataset']['metainfo'] = dict(classes=['rises', 'falls'])")
    with pytest.raises(InputError, match='classes: found falls, rises, want rises, falls'):
        D3DInferencer(str(config), tiny.checkpoint, 'cpu')


def test_an_extractor_of_other_joints_is_refused(tiny):
    with pytest.raises(InputError, match='layout: found coco17, want penn13'):
        D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', extractor=StandIn({}, 'penn13'))


def test_neither_checkpoint_nor_pickle_runs_code(tiny, tmp_path):

    class Harmful:

        def __reduce__(self):
            return (tmp_path / 'ran').touch, ()

    torch.save(dict(state_dict={}, meta=Harmful()), tmp_path / 'bad.pth')
    with pytest.raises(InputError, match='bad.pth: checkpoint: found .*harmful'):
        D3DInferencer(tiny.config, str(tmp_path / 'bad.pth'), 'cpu')
    (tmp_path / 'bad.pkl').write_bytes(pickle.dumps([Harmful()]))
    with pytest.raises(InputError, match='bad.pkl: global: found'):
        D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', tmp_path / 'bad.pkl')
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('arguments, says', [(dict(window=0), 'window: found 0'),
                                             (dict(window=1, stride=2), 'stride: found 2 s'),
                                             (dict(window=1, stride=-1), 'stride: found -1'),
                                             (dict(window=1, smooth=-1), 'smooth: found')])
def test_wrong_windows_are_refused(inferencer, tiny, arguments, says):
    with pytest.raises(InputError, match=says):
        inferencer(tiny.video(), **arguments)


def test_two_people_config_takes_one(rgb_pose_data, tmp_path):
    tiny = make_tiny(tmp_path, rgb_pose_data(num_videos=1, num_frames=4), num_person=2)
    special = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                            show_progress=False)
    assert special(tiny.video())['predictions'][0]['skeletons']['people'] == 1


def test_a_compiled_network_gives_the_same_scores_and_says_how_long_it_took(
        tiny, from_pickle, monkeypatch, tmp_path):
    modes, told, compile_as = [], [], torch.nn.Module.compile

    def compile_eagerly(module, mode):  # traces all of it and leaves the C++ compiler out
        modes.append(mode)
        compile_as(module, backend='eager', fullgraph=True)

    monkeypatch.setattr(torch.nn.Module, 'compile', compile_eagerly)
    monkeypatch.setattr(model_module, 'print_log', lambda text, logger: told.append(text))
    inferencer = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                               show_progress=False, compile_mode='default')
    answer = inferencer(str(tiny.data.video_dir), out_dir=str(tmp_path))
    inferencer(str(tiny.data.video_dir))
    assert modes == ['default']
    for ours, plain in zip(scores(answer), scores(from_pickle)):
        assert ours == pytest.approx(plain, abs=1e-5)
    assert len(told) == 1 and 'torch.compile (default): first pass of 2 clips' in told[0]


def test_batch_norms_are_folded_and_scores_stay(tiny, from_pickle):
    assert not any(
        isinstance(part, torch.nn.BatchNorm3d)
        for part in load_model(tiny.checkpoint, tiny.config).network.modules())
    plain = load_model(tiny.checkpoint, tiny.config, fold_norms=False)
    state = torch.load(tiny.checkpoint, weights_only=True)['state_dict']
    assert plain.network.state_dict().keys() == state.keys()
    inferencer = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                               show_progress=False)
    inferencer._loaded = plain
    answer = inferencer(str(tiny.data.video_dir))
    for ours, without in zip(scores(from_pickle), scores(answer)):
        assert ours == pytest.approx(without, abs=1e-5)


def test_scores_in_bfloat16_are_near(tiny, from_pickle):
    inferencer = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                               show_progress=False, dtype='bfloat16')
    for ours, plain in zip(scores(inferencer(str(tiny.data.video_dir))), scores(from_pickle)):
        assert ours == pytest.approx(plain, abs=0.1) and ours != plain
    with pytest.raises(InputError, match='dtype: found int8, want one of bfloat16, '):
        D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', dtype='int8')


def test_an_unknown_compile_mode_is_refused(tiny):
    with pytest.raises(InputError, match="compile_mode: found fast, want one of default, "):
        D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', compile_mode='fast')


def test_an_answer_names_the_data_of_the_training(tiny, tmp_path, from_pickle):
    assert from_pickle['predictions'][0]['trained_on'] is None
    assert table(from_pickle['predictions'])[-1] == 'The model was trained on: unknown data'
    content = torch.load(tiny.checkpoint)
    content['meta']['trained_on'] = 'drawn clips\n(make_synthetic.py), 4 clips'
    torch.save(content, tmp_path / 'named.pth')
    named = D3DInferencer(tiny.config, tmp_path / 'named.pth', 'cpu', str(tiny.data.ann_file),
                          show_progress=False)
    answer = named(tiny.video(), out_dir=str(tmp_path / 'named'), attention=False)
    data = 'drawn clips (make_synthetic.py), 4 clips'
    assert answer['predictions'][0]['trained_on'] == data
    assert table(answer['predictions'])[-1] == f'The model was trained on: {data}'
    plain = D3DInferencer(tiny.config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                          show_progress=False)(tiny.video(), out_dir=str(tmp_path / 'plain'),
                                               attention=False)
    heights = [
        frames_of(prediction['visualization'][0])[0].shape[0] for prediction in (answer, plain)
    ]
    assert heights[0] > heights[1]  # a line of its own


def test_mirrored_views_are_averaged_and_their_attention_is_not_drawn(tiny, tmp_path):
    config = Config.fromfile(tiny.config)
    dataset = config.test_dataloader.dataset
    plain = list(dataset.pipeline)
    answers = []
    for steps in ([], [dict(type='JointFlip', layout='coco17',
                            flip_ratio=1)], [dict(type='MirroredViews', layout='coco17')]):
        dataset.pipeline = [*plain[:-2], *steps, *plain[-2:]]
        special = D3DInferencer(config, tiny.checkpoint, 'cpu', str(tiny.data.ann_file),
                                show_progress=False)
        folder = None if len(answers) == 1 else str(tmp_path / str(len(answers)))
        answers.append(special(tiny.video(), out_dir=folder))
    (direct, ), (other, ), (both, ) = map(scores, answers)
    assert both == pytest.approx(np.mean([direct, other], 0), abs=1e-6) and direct != other
    frames = [frames_of(answer['visualization'][0])[0] for answer in (answers[0], answers[2])]
    assert np.abs(frames[0][:300].astype(int) - frames[1][:300]).max() < 30


def test_times_are_those_of_a_recording_of_uneven_rate(inferencer, tiny, tmp_path):
    """Frames 0 to 7 are 40 ms apart, those from 8 on half a second."""
    times = [*range(0, 320, 40), *range(320, 4320, 500)]
    path = tmp_path / 'clip0.mkv'
    with av.open(tiny.video()) as source, av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=1000)
        stream.height, stream.width, stream.pix_fmt = 64, 80, 'yuv420p'
        for time, frame in zip(times, source.decode(video=0)):
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    inferencer(str(path), window=1, stride=1, out_dir=str(tmp_path))
    answer = json.loads((tmp_path / 'clip0.json').read_text())
    last = 3.82 + 3.82 / 15
    ends = [(window['start'], window['end']) for window in answer['windows']]
    # What is shown in seconds 0 to 1, 1 to 2, 2 to 3, and in the last one of the video.
    np.testing.assert_allclose(ends, [(0, 1.32), (0.82, 2.32), (1.82, 3.32), (2.82, last)],
                               atol=0.002)
    assert (answer['window'], answer['stride'], answer['smooth']) == (1, 1, 1)
    assert answer['segments'][0]['start'] == 0
    assert answer['segments'][-1]['end'] == pytest.approx(last, abs=0.01)
    bounds = np.array([0, 1.32, 2.32, 3.32, last])
    assert all(np.abs(bounds - segment['start']).min() < 0.002 for segment in answer['segments'])
    with av.open(str(tmp_path / 'clip0.mp4')) as drawn:
        shown = [float(frame.pts * frame.time_base) for frame in drawn.decode(video=0)]
    np.testing.assert_allclose(shown, np.divide(times, 1000), atol=0.002)
