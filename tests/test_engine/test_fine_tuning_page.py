"""Every command of docs/fine_tuning.md as it is written, on small videos; training is one epoch."""
import re
import shlex
import shutil
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from running import ROOT, page_blocks, page_commands, run_tool

SHRINK = [
    'train_dataloader.batch_size=2', 'train_cfg.max_epochs=1',
    *(f'{name}_dataloader.{key}' for name in ('train', 'val', 'test')
      for key in ('num_workers=0', 'persistent_workers=False'))
]


@pytest.fixture
def here(tmp_path, monkeypatch, rgb_pose_data):
    """A working folder with configs, data of three classes, a start and weights of an extractor."""
    monkeypatch.setattr('mmengine.config.config.FormatCode', lambda text, **style: (text, True))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / 'configs', 'configs')
    for name, config in zip(('frozen', 'views'), page_blocks('fine_tuning.md', 'python')):
        (tmp_path / f'configs/d3d_{name}.py').write_text(config)
    for folder, layout in (('three', 'coco17'), ('penn13', 'penn13')):
        data = rgb_pose_data(num_videos=6, num_frames=12, layout=layout)
        for index, annotation in enumerate(data.annotations):
            annotation['label'] = index % 3
        names = [annotation['frame_dir'] for annotation in data.annotations]
        data.content['split'] = dict(train=names[:2], val=names[2:4], test=names[4:])
        data.save()
        shutil.copytree(data.root, f'data/{folder}')
    model = MODELS.build(Config.fromfile('configs/d3d_quickstart.py').model)
    Path('work_dirs/quickstart').mkdir(parents=True)
    torch.save(dict(state_dict=model.state_dict()), 'work_dirs/quickstart/best.pth')
    Path('weights').mkdir()
    torch.save(MODELS.build(dict(type='R2Plus1D')).state_dict(), 'weights/r2plus1d_18.pth')
    return tmp_path


def state(path):
    return torch.load(path, weights_only=True)['state_dict']


def test_commands(here):
    for command in page_commands('fine_tuning.md'):
        _, script, *arguments = shlex.split(command)
        shrink = [*SHRINK, 'crop_size=56', 'short_side=56'] if 'kinetics' in command else SHRINK
        if '--cfg-options' not in arguments:
            arguments.append('--cfg-options')
        alone = 'modality=pose' in command
        if alone:
            Path('data/three/videos').rename('elsewhere')
        assert run_tool(script, *arguments, *shrink) == 0, command
        if alone:
            Path('elsewhere').rename('data/three/videos')
    three, frozen = state('work_dirs/three/last.pth'), state('work_dirs/frozen/last.pth')
    start = state('work_dirs/three/best.pth')
    log, = Path('work_dirs/penn13').glob('*/*.log')
    assert re.search(
        r'best.pth: \d+ tensors of the model start from it; 9 of another shape \(backbone.pose_tok',
        log.read_text())
    same = {name for name, tensor in start.items() if torch.equal(tensor, frozen[name])}
    weights = {name for name in start if re.search(r'backbone\.backbone\..*(weight|bias)$', name)}
    assert len(weights) > 20 and weights <= same
    assert 'cls_head.classifier.weight' not in same and three.keys() == frozen.keys()
