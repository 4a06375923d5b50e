"""RGB alone and skeletons alone as a stated mode."""
import json
import pickle
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from mmengine.config import Config
from running import run_tool

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference import D3DInferencer, load
from mmaction_d3d.media import grey_frames
from mmaction_d3d.media.memory import GREY


@pytest.fixture
def ask(tiny):
    """Recognize the first video; give its prediction."""

    def ask(modality, source=None, trained='both', skeletons=None, given=None, **options):
        config = Config.fromfile(tiny.config)
        config.test_dataloader.dataset.modality = trained
        inferencer = D3DInferencer(config, tiny.checkpoint, 'cpu', skeletons, show_progress=False,
                                   modality=modality)
        return inferencer(tiny.video() if source is None else source, skeletons=given,
                          **options)['predictions'][0]

    return ask


@pytest.fixture
def people(tiny):
    return {key: tiny.data.annotations[0][key] for key in ('keypoint', 'keypoint_score')}


@pytest.mark.parametrize('window', [None, 0.3])
def test_rgb_alone_answers_as_with_nobody_and_needs_no_skeleton(ask, people, window):
    nobody = dict(people, keypoint_score=people['keypoint_score'] * 0)
    answer = ask('rgb', window=window)
    assert answer['scores'] == pytest.approx(ask('both', given=nobody, window=window)['scores'])
    assert answer['modality'] == 'rgb' and answer['skeletons']['origin'] == 'none'
    assert answer['notes'] == [
        'from RGB alone, as asked for: the model was trained on RGB and '
        'skeletons'
    ]


@pytest.mark.parametrize('window', [None, 0.3])
def test_skeletons_alone_answer_as_with_frames_of_one_color(ask, people, tiny, window):
    answer = ask('pose', given=people, window=window)
    grey = ask('both', grey_frames(16, (64, 80)), given=people, window=window)
    assert answer['scores'] == pytest.approx(grey['scores'])
    assert answer['scores'] != pytest.approx(ask('both', given=people, window=window)['scores'])
    assert answer['modality'] == 'pose' and 'skeletons alone, as asked' in answer['notes'][0]
    assert answer['file'] == tiny.video()


def test_what_a_model_was_trained_on_is_the_default_and_the_limit(ask, people):
    answer = ask(None, trained='rgb')
    assert answer['modality'] == 'rgb' and answer['notes'] == []
    assert ask(None, trained='pose', given=people)['notes'] == []
    for asked, trained in (('both', 'rgb'), ('pose', 'rgb'), ('both', 'pose')):
        with pytest.raises(InputError, match=f'modality: found {asked}, want {trained}, on which'):
            ask(asked, trained=trained)
    with pytest.raises(InputError, match="modality: found 'RGB', want one of both, rgb, pose"):
        ask('RGB')


def test_what_the_checkpoint_was_trained_on_comes_before_the_config(tiny, tmp_path):
    content = torch.load(tiny.checkpoint)
    trained = Config.fromfile(tiny.config)
    trained.test_dataloader.dataset.modality = 'rgb'
    content['meta']['cfg'] = trained.pretty_text
    torch.save(content, tmp_path / 'w.pth')
    loaded = D3DInferencer(tiny.config, tmp_path / 'w.pth', 'cpu', show_progress=False)
    assert loaded.modality == 'rgb' and loaded(tiny.video())['predictions'][0]['notes'] == []
    for stored in ('import os', 'a = 1', 'test_dataloader = 3', "test_dataloader = dict(dataset=1)",
                   "test_dataloader = dict(dataset=dict(pipeline=[1], modality=3))", 7):
        content['meta']['cfg'] = stored
        torch.save(content, tmp_path / 'w.pth')
        assert D3DInferencer(tiny.config, tmp_path / 'w.pth', 'cpu').modality == 'both'


def test_what_contradicts_the_mode_is_refused(ask, people, tiny):
    for options in (dict(given=people), dict(skeletons=str(tiny.data.ann_file))):
        with pytest.raises(InputError, match="skeletons: found what .* modality='rgb' reads none"):
            ask('rgb', **options)
    with pytest.raises(InputError, match='per_person: found what needs skeletons'):
        ask('rgb', per_person=True)
    nobody = dict(people, keypoint_score=people['keypoint_score'] * 0)
    assert 'skeleton: found nobody' in ask('pose', given=nobody)['error']


def test_skeletons_need_no_videos(ask, people, tiny, tmp_path):
    pickled = tmp_path / 'a.pkl'
    pickled.write_bytes(pickle.dumps(dict(annotations=tiny.data.annotations)))
    answer = ask('pose', str(pickled), skeletons=str(pickled), out_dir=str(tmp_path / 'out'))
    assert answer['scores'] == pytest.approx(ask('pose', given=people)['scores'], abs=1e-6)
    assert answer['file'] == f'{pickled}: clip0'
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == [
        'clip0.json', 'clip0.mp4', 'clip1.json', 'clip1.mp4'
    ]
    with av.open(str(tmp_path / 'out' / 'clip0.mp4')) as video:
        frame = next(video.decode(video=0)).to_ndarray(format='rgb24')
    assert np.abs(frame[2:40, 2:40].astype(int) - GREY).max() < 12


def test_the_tool_and_the_call_say_what_an_answer_rests_on(tiny, tmp_path, capfd):
    code = run_tool('tools/infer.py', tiny.video(), '--config', tiny.config, '--checkpoint',
                    tiny.checkpoint, '--modality', 'rgb', '--out', tmp_path, '--no-attention')
    assert code == 0 and 'RGB alone' in capfd.readouterr().out
    assert json.loads((tmp_path / 'clip0.json').read_text())['modality'] == 'rgb'
    answer = load(tiny.checkpoint, tiny.config, 'cpu', modality='rgb')(Path(tiny.video()))
    assert answer.modality == 'rgb' and answer.people == 0
