"""What is exported is the recognizer, for every size, and says what it is."""
import json
import re
import shlex

import numpy as np
import pytest
import torch
from running import ROOT, page_commands

from mmaction_d3d.export import largest_difference
from mmaction_d3d.export.about import KEY
from mmaction_d3d.export.graph import ClipScores, example
from mmaction_d3d.inference import load
from mmaction_d3d.inference.loading import load_model

LINE = next(line for line in page_commands('deploy.md') if '--format torch-export' in line)


@pytest.fixture(scope='module')
def exported(carrier, graph, tool):
    """What the page's command writes: the program, what it says, and the model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(carrier.home)
        patch.setattr('mmaction_d3d.export.export_graph', lambda network: graph)
        tool('export.py', shlex.split(LINE)[2:])
        files = {KEY: ''}
        program = torch.export.load('model.pt2', extra_files=files)
        return program, json.loads(files[KEY]), load_model(carrier.checkpoint, device='cpu')


@pytest.mark.parametrize('sizes', [
    dict(batch=1),
    dict(batch=5, people=1),
    dict(batch=1, frames=5),
    dict(batch=2, grow=17),
    dict(batch=3, people=1, frames=-1, grow=8)
], ids=str)
def test_program_gives_the_logits_of_the_recognizer_for_every_size(exported, sizes):
    program, _, model = exported
    inputs = example(model.network, **sizes)
    with torch.no_grad():
        want, actual = ClipScores(model.network)(*inputs), program.module()(*inputs)
    assert len(want) == sizes['batch'] and (want - actual).abs().max() < 1e-4
    assert torch.equal(want.argmax(1), actual.argmax(1))


def test_clips_of_a_video_get_the_scores_of_inference(exported, carrier, runtime):
    """From the file's own description, by the runtime's steps, in place of our pipeline."""
    program, about, _ = exported
    from d3d_runtime.recognizer import prepare
    for index, annotation in enumerate(carrier.data.annotations):
        skeletons = {key: annotation[key] for key in ('keypoint', 'keypoint_score', 'img_shape')}
        imgs, keypoint = prepare(about, carrier.video(index), skeletons)
        with torch.no_grad():
            logits = program.module()(torch.from_numpy(imgs), torch.from_numpy(keypoint))
        want = load(carrier.checkpoint, device='cpu')(carrier.video(index), skeletons=skeletons)
        assert np.abs(logits.softmax(1).mean(0).numpy() - want.scores).max() < 1e-5


def test_the_file_says_what_it_is(exported, carrier):
    _, about, model = exported
    assert about['classes'] == ['falls', 'rises'] and about['layout']['name'] == 'coco17'
    assert about['mean'] == [128.] * 3 and about['std'] == [64.] * 3
    assert about['pipeline'][0] == dict(type='AlignedSampleFrames', clip_len=6, num_clips=2,
                                        test_mode=True)
    assert about['trained_on'] == 'squares that move'
    assert about['sizes'] == dict(frames=[5, 1024], height=[17, 4096], width=[17, 4096],
                                  people=[1, 2])
    assert str(carrier.home) not in json.dumps(about)


def test_a_difference_is_found(exported):
    _, about, model = exported

    def other(imgs, keypoint):
        return ClipScores(model.network)(imgs, keypoint) + 0.01

    assert largest_difference(model.network, other, about['sizes']) == pytest.approx(0.01, abs=1e-5)


def test_packages_of_an_export_have_the_versions_of_the_lock():
    """With MediaPipe's beside them, whose protobuf is that of requirements/mediapipe.txt."""
    pins = [
        set(re.findall(r'^\w\S*==\S+', (ROOT / 'requirements' / f'{name}.txt').read_text(), re.M))
        for name in ('export', 'mediapipe', 'onnxruntime', 'lock')
    ]
    assert pins[0] and pins[0] | pins[1] | pins[2] <= pins[3]


def test_onnx_file_gives_the_scores_of_inference(exported, in_home, runtime, tool):
    tool('export.py', [in_home.checkpoint, '--out', 'model.onnx'])  # compares the logits itself
    annotation = in_home.data.annotations[0]
    recognize = runtime.Recognizer('model.onnx')
    answer = recognize(in_home.video(), annotation)
    want = load(in_home.checkpoint, device='cpu')(in_home.video(), skeletons=annotation)
    assert np.abs(answer.scores - want.scores).max() < 1e-5
    assert answer.label == want.label and recognize.about == exported[1]
