"""``mmaction_d3d.load``: a checkpoint, a video, a label."""
import dataclasses
import importlib.util
import json
import os
import pickle
import re
import runpy
import shutil
import subprocess
import sys

import pytest
import torch
from running import ROOT, run_tool

import mmaction_d3d
from mmaction_d3d import extraction
from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction import backends
from mmaction_d3d.inference import D3DInferencer

from .support import CLASSES, make_tiny

TRAINING = """
allow_shared_clips = True
train_pipeline = [dict(pipeline[0], num_clips=1, test_mode=False), *pipeline[1:]]
train_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(test_dataloader['dataset'], pipeline=train_pipeline))
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=1)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))
model['backbone']['backbone']['pretrained'] = None
default_hooks = dict(checkpoint=dict(type='CheckpointHook', interval=1))
"""


@pytest.fixture(scope='module')
def trained(rgb_pose_data, tmp_path_factory):
    """A checkpoint that the real runner wrote, the data, and the config, a copy elsewhere."""
    folder = tmp_path_factory.mktemp('trained')
    data = rgb_pose_data(num_videos=2, num_frames=16)
    data.content['classes'] = CLASSES
    data.save()
    tiny = make_tiny(folder, data)
    with open(tiny.config, 'a') as file:
        file.write(TRAINING)
    subprocess.run(
        [sys.executable, ROOT / 'tools/train.py', tiny.config, '--work-dir', folder / 'run'],
        check=True, cwd=folder, capture_output=True, env={**os.environ, 'PYTHONPATH': str(ROOT)})
    return dataclasses.replace(tiny, checkpoint=str(folder / 'run' / 'epoch_1.pth'))


@pytest.fixture(scope='module')
def d3d(trained):
    return mmaction_d3d.load(trained.checkpoint, device='cpu', skeletons=trained.data.ann_file)


@pytest.fixture
def alone(trained, tmp_path):
    """The checkpoint without anything beside it."""
    return shutil.copy(trained.checkpoint, tmp_path / 'alone.pth')


def changed(checkpoint, change):
    """Change a checkpoint's content."""
    content = torch.load(checkpoint)
    change(content)
    torch.save(content, checkpoint)
    return checkpoint


def test_scores_are_those_of_the_config_file(trained, d3d):
    inferencer = D3DInferencer(trained.config, trained.checkpoint, 'cpu',
                               str(trained.data.ann_file), show_progress=False)
    prediction, = inferencer(trained.video())['predictions']
    answer = d3d(trained.video())
    assert answer.scores.tolist() == prediction['scores']
    assert (answer.label, answer.score, answer.index) == (prediction['class'], prediction['score'],
                                                          prediction['label'])
    windows = d3d(trained.video(), window=0.16)
    prediction, = inferencer(trained.video(), window=0.16)['predictions']
    assert windows.scores.tolist() == prediction['scores']
    assert len(windows.timeline.windows) == len(prediction['windows']) == 7


def test_an_answer_cannot_be_changed(trained, d3d):
    answer = d3d(trained.video())
    assert d3d.classes == tuple(CLASSES) and answer.label in CLASSES and answer.people == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.score = 1
    with pytest.raises(ValueError, match='read-only'):
        answer.scores[0] = 1


def test_the_readme_s_lines(alone, trained, tmp_path, monkeypatch, capsys):
    blocks = re.findall(r'```python\n(.*?)```', (ROOT / 'README.md').read_text(), re.S)
    code, = (block for block in blocks if 'mmaction_d3d.load' in block)
    assert len(code.splitlines()) == 3
    monkeypatch.chdir(tmp_path)
    shutil.copy(trained.video(), 'my.mp4')
    path = re.search(r"load\('(.*?)'", code)[1]
    os.makedirs(os.path.dirname(path))
    shutil.copy(alone, path)
    exec(code, {})
    assert capsys.readouterr().out.splitlines()[-1] in CLASSES


def test_the_tool_needs_no_config(trained, alone, d3d, tmp_path):
    code = run_tool('tools/infer.py', trained.video(), '--checkpoint', alone, '--skeletons',
                    trained.data.ann_file, '--out', tmp_path / 'out', '--no-video')
    assert code == 0
    prediction = json.loads((tmp_path / 'out' / 'clip0.json').read_text())
    assert prediction['scores'] == d3d(trained.video()).scores.tolist()


def test_the_tool_needs_nothing_but_a_video(trained, alone, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert run_tool('tools/infer.py', trained.video()) == 2
    last = capfd.readouterr().err.splitlines()[-1]
    assert 'found nothing, and no work_dirs/*/best.pth, want' in last and 'd3d quickstart' in last
    for name, age in (('older', 2), ('newest', 1), ('oldest', 3)):
        best = tmp_path / 'work_dirs' / name / 'best.pth'
        best.parent.mkdir(parents=True)
        if name == 'newest':
            shutil.copy(alone, best)
        else:
            best.write_bytes(b'nothing')
        os.utime(best, (1e9 - age, 1e9 - age))
    files = sorted(tmp_path.rglob('*'))
    assert run_tool('tools/infer.py', trained.video()) == 0
    first, *lines, last = capfd.readouterr().out.splitlines()
    assert first == 'Checkpoint: work_dirs/newest/best.pth'
    assert any(re.search(rf'clip0.mp4: ({"|".join(CLASSES)}) \(', line) for line in lines)
    assert any(line.startswith('The model was trained on: ') for line in lines)
    assert last == f'next: python tools/infer.py {trained.video()} --out results'
    assert sorted(tmp_path.rglob('*')) == files


@pytest.mark.parametrize('words, want', [
    ([], 'mediapipe'),
    (['--backend', 'onnx'], 'onnx'),
    (['--pose-checkpoint', 'x.pth'], 'mmpose'),
])
def test_the_tool_takes_the_backend_that_is_ready(words, want, monkeypatch):
    tool = runpy.run_path(str(ROOT / 'tools' / 'infer.py'))
    args = tool['parse_args'](['my.mp4', *words])
    monkeypatch.setitem(backends.BACKENDS, 'mediapipe', lambda *arguments: 'mediapipe')
    assert tool['find_backend'](args) == want
    monkeypatch.setattr(backends, 'READY', [])
    assert tool['find_backend'](args) == (want if words else 'mmpose')
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    if not words:
        with pytest.raises(InputError, match='no skeleton backend'):
            tool['find_backend'](args)


def test_the_tool_says_in_one_line_that_a_checkpoint_has_no_config(tiny, tmp_path, capfd):
    code = run_tool('tools/infer.py', tiny.video(), '--checkpoint', tiny.checkpoint, '--skeletons',
                    tiny.data.ann_file, '--out', tmp_path / 'out')
    last = capfd.readouterr().err.splitlines()[-1]
    assert code == 2 and last.startswith(f'error: {tiny.checkpoint}: meta.cfg: found no config')
    assert '(--config)' in last


def test_a_checkpoint_without_names_of_classes(alone, trained):
    changed(alone, lambda content: content['meta'].pop('dataset_meta'))
    with pytest.raises(InputError, match=r'dataset_meta.classes: found nothing, .* config='):
        mmaction_d3d.load(alone, device='cpu')
    nameless = trained.data.root / 'nameless.pkl'
    nameless.write_bytes(pickle.dumps(trained.data.annotations))
    named = mmaction_d3d.load(alone, device='cpu', skeletons=trained.data.ann_file)
    assert named.classes == tuple(CLASSES)  # the pickle's
    plain = mmaction_d3d.load(alone, trained.config, 'cpu', nameless)
    assert re.fullmatch(r'class [01]', plain(trained.video()).label)


def test_names_of_other_classes_are_refused(alone):
    changed(alone, lambda content: content['meta'].update(dataset_meta=dict(classes=['one'])))
    with pytest.raises(InputError, match='names of classes: number: found 1, want 2'):
        mmaction_d3d.load(alone, device='cpu')


def test_the_tool_refuses_a_stranger_s_code(alone, trained, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    changed(
        alone, lambda content: content['meta'].update(cfg=content['meta']['cfg'].replace(
            "type='AlignedDecode'", "args=['touch', 'mark'], type='subprocess.Popen'")))
    code = run_tool('tools/infer.py', trained.video(), '--checkpoint', alone, '--skeletons',
                    trained.data.ann_file, '--out', 'out')
    last = capfd.readouterr().err.splitlines()[-1]
    assert code == 2 and last.startswith(f'error: {alone}: meta.cfg: test_dataloader.dataset.pipe')
    assert 'found subprocess.Popen, want a registered name' in last
    assert not (tmp_path / 'mark').exists()


@pytest.mark.parametrize('classes', ['ab', [1, 2], ['a', '\x1b[2J'], {'a': 1}, 7])
def test_names_of_classes_are_names(alone, classes):
    changed(alone, lambda content: content['meta'].update(dataset_meta=dict(classes=classes)))
    with pytest.raises(InputError, match='dataset_meta.classes: found .*, want names'):
        mmaction_d3d.load(alone, device='cpu')


def test_a_checkpoint_is_read_once(trained, monkeypatch):
    paths, load = [], torch.load

    def counted(path, **how):
        paths.append(path)
        return load(path, **how)

    monkeypatch.setattr(torch, 'load', counted)
    mmaction_d3d.load(trained.checkpoint, device='cpu')
    D3DInferencer(trained.config, trained.checkpoint, 'cpu')
    assert paths == [trained.checkpoint] * 2


def test_a_video_that_cannot_be_used_is_an_error(d3d, tmp_path):
    (tmp_path / 'broken.mp4').write_bytes(b'no video')
    with pytest.raises(InputError, match='broken.mp4: video: found'):
        d3d(tmp_path / 'broken.mp4')
    with pytest.raises(InputError, match='nowhere.mp4'):
        d3d('nowhere.mp4')


def test_skeletons_as_arrays(d3d, trained):
    clip = trained.data.annotations[0]
    given = {key: clip[key] for key in ('keypoint', 'keypoint_score')}
    assert (d3d(trained.video(), given).scores == d3d(trained.video()).scores).all()


def test_the_first_backend_that_needs_no_weights_is_taken(monkeypatch):

    def missing(*arguments):
        raise InputError('this Python', 'pose', 'nothing', 'pip install pose')

    def broken(*arguments):
        raise InputError('weights.pth', 'checkpoint', 'nothing', 'weights')

    def among(ready, **makers):
        monkeypatch.setattr(backends, 'BACKENDS', makers)
        monkeypatch.setattr(backends, 'READY', ready)
        return extraction.first_backend()

    assert backends.READY == ['mediapipe']  # mmpose's would be downloaded
    assert among(['a', 'b'], a=missing, b=lambda *_: 'b', c=lambda *_: 'c') == 'b'
    assert among(['b', 'a'], a=lambda *_: 'a', b=lambda *_: 'b') == 'b'
    with pytest.raises(InputError, match='weights.pth'):
        among(['a', 'b'], a=broken, b=lambda *_: 'b')
    with pytest.raises(InputError, match='no skeleton backend of a, want one .* skeletons='):
        among(['a'], a=missing, b=lambda *_: 'b')


def test_a_plugin_says_whether_it_is_ready(monkeypatch):
    monkeypatch.setattr(backends, 'BACKENDS', {})
    monkeypatch.setattr(backends, 'READY', [])
    extraction.register_backend('heavy')(lambda *_: 'heavy')
    extraction.register_backend('light', ready=True)(lambda *_: 'light')
    assert extraction.first_backend() == 'light'
