"""Every command of docs/extraction.md, on small videos and with training shrunk."""
import os
import shlex
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from running import ROOT, page_blocks, page_commands, run_tool

from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.datasets.synthetic.clips import Clip
from mmaction_d3d.datasets.synthetic.generate import encode
from mmaction_d3d.extraction.mmpose_backend import DEFAULT_CONFIG
from mmaction_d3d.extraction.upstream import find_config, scope

from .test_onnx_backend import Places, export

LOADERS = ('train', 'val', 'test')
SHRINK = {
    'tools/train.py': [
        '--cfg-options', 'train_dataloader.batch_size=2', 'train_cfg.max_epochs=1',
        *(f'{name}_dataloader.{key}' for name in LOADERS
          for key in ('num_workers=0', 'persistent_workers=False',
                      'dataset.pipeline.0.clip_len=2')), 'model.backbone.clip_len=2',
        'model.backbone.backbone.base_channels=2', 'model.backbone.num_blocks=1',
        'model.cls_head.in_channels=8'
    ],
    'tools/data/make_synthetic.py':
    ['--num-train', '4', '--num-val', '2', '--num-test', '2', '--num-frames', '9', '--size', '64'],
}
POSE_SHRINK = [
    '--cfg-options', 'train_cfg.max_epochs=1', 'train_dataloader.batch_size=4',
    *(f'{name}_dataloader.{key}' for name in ('train', 'val')
      for key in ('num_workers=0', 'persistent_workers=False'))
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with the configs, four videos of two classes, and HRNet-W32's weights."""
    shutil.copytree(ROOT / 'configs', tmp_path / 'configs')
    for index, name in enumerate(('push/a', 'push/b', 'wave/a', 'wave/b')):
        path = tmp_path / 'data' / 'custom' / 'videos' / f'{name}.mp4'
        path.parent.mkdir(parents=True, exist_ok=True)
        # Drawn people, whom MediaPipe takes for people at this size.
        path.write_bytes(encode(Clip(0, 'easy', 'test', index, 4, 128, 3).frames()))
    monkeypatch.chdir(tmp_path)
    export(Places(), torch.zeros(1, 3, 64, 48), 'data/rtmpose.onnx', ['simcc_x', 'simcc_y'])
    # Where PyTorch keeps what it has downloaded: random weights in place of the published ones.
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch'))
    cfg, url = find_config('mmpose', DEFAULT_CONFIG, None)
    with warnings.catch_warnings(), scope('mmpose'):
        warnings.simplefilter('ignore')
        from mmpose.apis import init_model
        network = init_model(cfg, None, 'cpu')
    folder = tmp_path / 'torch' / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)
    torch.save(dict(state_dict=network.state_dict()), folder / url.rpartition('/')[2])
    return tmp_path


def run(command):
    """Run a command of the page: a tool in this process; the rest as it is, shrunk."""
    if not command.startswith('python tools/'):
        command = command.replace('python', shlex.quote(sys.executable))
        subprocess.run(f'{command} {shlex.join(POSE_SHRINK)}', shell=True, check=True,
                       env=dict(os.environ, OMP_NUM_THREADS='1'))
        return
    _, script, *arguments = shlex.split(command.replace('epoch_6', 'epoch_1'))
    shrink = SHRINK.get(script, [])
    if '--cfg-options' in arguments:
        shrink = shrink[1:]
    assert run_tool(script, *arguments, *shrink) == 0, command


def test_every_command_of_the_page(here, capsys):
    for command in page_commands('extraction.md'):
        run(command)
    content = safe_pickle.load('data/custom/hrnet.pkl')
    assert [info['label'] for info in content['annotations']] == [0, 0, 1, 1]
    assert content['classes'] == ['push', 'wave'] and set(content['split']) == {'train', 'val'}
    for info in content['annotations']:
        assert info['keypoint'].shape == (1, 3, 17, 2) and info['img_shape'] == (128, 128)
        assert info['keypoint_score'].shape == (1, 3, 17)
    merged = safe_pickle.load('data/custom/merged.pkl')
    whole = safe_pickle.load('data/custom/annotations.pkl')
    assert [info['frame_dir'] for info in merged['annotations']
            ] == [info['frame_dir']
                  for info in whole['annotations']] == ['push/a', 'push/b', 'wave/a', 'wave/b']
    for split, names in whole['split'].items():
        assert sorted(merged['split'][split]) == sorted(names)
    assert not list(here.glob('data/custom/*.parts'))
    assert 'PCK@0.2: ' in capsys.readouterr().out
    assert Path('work_dirs/skeletons/wave_b.mp4').exists()
    assert Path('work_dirs/d3d_custom_small/epoch_1.pth').exists()
    assert Path('work_dirs/d3d_quickstart/epoch_1.pth').exists()
    code, = page_blocks('extraction.md', 'python')
    names = {}
    exec(code.replace('anna_1', 'a'), names)
    np.testing.assert_array_equal(names['annotation']['keypoint'],
                                  whole['annotations'][2]['keypoint'])
    extracted = safe_pickle.load('data/synthetic_easy/hrnet.pkl')['annotations']
    assert all(np.isfinite(info['keypoint']).all() for info in extracted) and len(extracted) == 8
