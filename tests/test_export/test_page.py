"""Every command and every Python line of docs/deploy.md as written, on a small model."""
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from running import ROOT, page_blocks, page_commands, run_tool
from safetensors import safe_open
from test_inference.test_load import TRAINING

from mmaction_d3d.inference import load


@pytest.fixture
def here(in_home, monkeypatch):
    """The folder of a checkpoint, with a video and its skeletons as the page has them."""
    annotation = in_home.data.annotations[0]
    skeletons = {key: annotation[key] for key in ('keypoint', 'keypoint_score', 'img_shape')}
    shutil.copy(in_home.video(), 'my.mp4')
    np.savez('my.npz', **skeletons)
    monkeypatch.syspath_prepend(str(ROOT / 'runtime'))
    return in_home, skeletons


def test_commands_and_python(here, capfd):
    carrier, skeletons = here
    for command in page_commands('deploy.md'):
        python, *words = shlex.split(command)
        if python == 'pip':  # tests of the build install these
            assert (ROOT / words[-1]).exists(), command
        elif words[0] == '-m':
            done = subprocess.run(
                command, shell=True, text=True, capture_output=True,
                env=dict(os.environ, PYTHONPATH=str(ROOT / 'runtime'),
                         PATH=f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'))
            assert done.returncode == 0, done.stderr
        else:
            assert run_tool(*words) == 0, command
            said = capfd.readouterr().out
            assert re.search('^next: ', said.splitlines()[-1])
    want = load(carrier.checkpoint, device='cpu')('my.mp4', skeletons=skeletons)
    answer = json.loads(done.stdout)
    assert answer['class'] == want.label and answer['trained_on'] == 'squares that move'
    np.testing.assert_allclose(answer['scores'], want.scores, atol=1e-5)
    code, = page_blocks('deploy.md', 'python')
    exec(code, dict(keypoint=skeletons['keypoint'], score=skeletons['keypoint_score']))
    label, score, trained_on = capfd.readouterr().out.split(maxsplit=2)
    assert (label, trained_on) == (want.label, 'squares that move\n')
    assert float(score) == pytest.approx(want.score, abs=1e-5)


@pytest.fixture
def published(in_home, tool, tmp_path):
    tool('publish.py', [in_home.checkpoint, '--out', str(tmp_path / 'out')])
    path, = tmp_path.glob('out/*.safetensors')
    return path


def test_what_is_published_is_tested_exported_trained_on_and_inferred_from(
        published, here, tmp_path, capfd):
    """By the tools, as the page promises."""
    carrier, _ = here
    scores = []
    for path in (published, carrier.checkpoint):
        dump = tmp_path / f'{path[-3:] if isinstance(path, str) else "published"}.pkl'
        assert run_tool('tools/test.py', carrier.config, path, '--work-dir', tmp_path / 'w',
                        '--dump', dump) == 0
        with np.load(dump.with_suffix('.npz')) as file:
            scores.append(file['score'])
    assert (scores[0] == scores[1]).all()
    assert run_tool('tools/export.py', published, '--format', 'torch-export') == 0
    assert published.with_suffix('.pt2').is_file()
    config = tmp_path / 'further.py'
    config.write_text(Path(carrier.config).read_text() + TRAINING)
    assert run_tool('tools/train.py', config, '--work-dir', tmp_path / 'further', '--cfg-options',
                    f'load_from={published}', 'optim_wrapper.optimizer.lr=0') == 0
    begun = torch.load(tmp_path / 'further' / 'epoch_1.pth', weights_only=True)['state_dict']
    with safe_open(published, 'pt') as file:
        weights = {
            key: file.get_tensor(key) for key in file.keys()  # noqa: SIM118 - no dict
            if key.endswith('.weight')
        }
    assert weights and all(torch.equal(begun[key], tensor) for key, tensor in weights.items())
    capfd.readouterr()
    assert run_tool('tools/infer.py', carrier.video(), '--checkpoint', published, '--skeletons',
                    carrier.data.ann_file) == 0
    assert 'The model was trained on: squares that move\n' in capfd.readouterr().out
