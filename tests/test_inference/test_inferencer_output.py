"""What D3DInferencer writes and draws."""
import json
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config

from mmaction_d3d.inference import D3DInferencer
from mmaction_d3d.inference.result import table

from .support import CLASSES, frames_of, scores


def amber(frame):
    """Whether a note is drawn on a frame."""
    return bool(near(frame, (255, 176, 32)).sum() > 20)


def near(frame, colour):
    """Which pixels are of a colour, as far as coding keeps it."""
    return np.abs(frame.astype(int) - colour).max(-1) < 30


def test_windows_write_a_timeline_and_segments(inferencer, tiny, tmp_path):
    inferencer(tiny.video(), window=0.32, stride=0.08, out_dir=str(tmp_path))
    answer = json.loads((tmp_path / 'clip0.json').read_text())
    assert [round(window['start'] * 25) for window in answer['windows']] == [0, 2, 4, 6, 8]
    assert answer['segments'][-1]['end'] == pytest.approx(16 / 25)
    assert (tmp_path / 'clip0_timeline.png').read_bytes().startswith(b'\x89PNG')
    assert (tmp_path / 'clip0.mp4').exists()


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
