"""Every command of the pages on Penn Action and one's own videos, on small made-up files."""
import csv
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from unittest import mock

import pytest
from mmengine.logging import MessageHub, MMLogger

from mmaction_d3d.datasets import safe_pickle

from . import skeleton_writers as files
from .pennaction_files import write_clip

ROOT = Path(__file__).resolve().parents[3]
SHRINK = [
    'train_dataloader.batch_size=2', *(f'{name}_dataloader.{key}' for name in (
        'train', 'val', 'test') for key in ('num_workers=0', 'persistent_workers=False',
                                            'dataset.pipeline.0.clip_len=2')),
    'model.backbone.clip_len=2',
    'train_cfg.max_epochs=1', 'model.backbone.backbone.base_channels=2',
    'model.backbone.num_blocks=1', 'model.cls_head.in_channels=8',
]


def commands(page):
    """The lines of a page's bash blocks."""
    blocks = re.findall(r'^```bash\n(.*?)^```', (ROOT / 'docs' / page).read_text(), re.M | re.S)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with the project's configs."""
    shutil.copytree(ROOT / 'configs', tmp_path / 'configs')
    monkeypatch.chdir(tmp_path)
    # MMEngine lays out the config it logs and saves: most of a short run's time.
    monkeypatch.setattr('mmengine.config.config.FormatCode', lambda text, **style: (text, True))
    return tmp_path


def run(command):
    """Run a command of a page: a tool in this process, and training shrunk to one epoch."""
    if not command.startswith('python '):
        subprocess.run(command, shell=True, check=True)
        return
    _, script, *arguments = shlex.split(command.replace('epoch_90', 'epoch_1'))
    if script in ('tools/train.py', 'tools/test.py'):
        arguments += ['--cfg-options', *SHRINK]
    for kept in (MMLogger, MessageHub):   # what an earlier run in this process left
        kept._instance_dict.clear()
    with mock.patch.object(sys, 'argv', [script, *arguments]), mock.patch.dict(os.environ):
        runpy.run_path(str(ROOT / script), run_name='__main__')


def test_pennaction(here):
    published = here / 'Penn_Action'
    for name, action, train in (('0001', 'bowl', 1.), ('0002', 'strumming_guitar', 1.),
                                ('0003', 'squat', -1.)):
        write_clip(published, name, frames=3, action=action, train=train)
    with tarfile.open(here / 'Penn_Action.tar.gz', 'w:gz') as archive:
        archive.add(published, 'Penn_Action')
    for name in ('0001', '0002', '0003'):   # what HRNet finds; unpacking makes the folder above
        files.write_mmpose_images(here / 'hrnet' / name, files.walk(frames=3)[None])

    for command in commands('data_pennaction.md'):
        run(command)
        if command.startswith('mv '):
            (here / 'hrnet').rename(here / 'data/pennaction/hrnet')
    assert safe_pickle.load('data/pennaction/annotations.pkl')['split'] == dict(
        train=['0001', '0002'], test=['0003'])
    hrnet = safe_pickle.load('data/pennaction/annotations_hrnet.pkl')['annotations']
    assert [clip['keypoint'].shape for clip in hrnet] == [(1, 3, 17, 2)] * 3
    assert Path('work_dirs/d3d_pennaction/best_acc_top1_epoch_1.pth').exists()
    assert Path('work_dirs/d3d_pennaction_hrnet/best_acc_top1_epoch_1.pth').exists()


def test_custom(here, square_video):
    names = [f'{label}/{person}' for label in ('push', 'wave') for person in ('anna', 'ben')]
    videos = here / 'data/custom/videos'
    for frames, name in enumerate(names, 3):
        (videos / name).parent.mkdir(parents=True, exist_ok=True)
        square_video.write(videos / f'{name}.mp4', square_video.draw(frames, (64, 80)))
        files.write_openpose(here / 'data/custom/openpose', name, files.walk(frames, 25)[None])
    files.write_pyskl(here / 'data/custom/kinect.pkl', {
        name: files.walk(frames, 25)[None] for frames, name in enumerate(names, 3)})
    with open(here / 'data/custom/clips.csv', 'w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['path', 'label', 'split'])
        for name in names:
            split = 'val' if name.endswith('ben') else 'train'
            writer.writerow([f'{name}.mp4', name.split('/')[0], split])

    for command in commands('data_custom.md'):
        run(command)
        if '--csv' in command:
            assert safe_pickle.load('data/custom/clips.pkl')['split'] == dict(
                train=['push/anna', 'wave/anna'], val=['push/ben', 'wave/ben'])
    content = safe_pickle.load('data/custom/annotations.pkl')
    assert content['classes'] == ['push', 'wave'] and len(content['annotations']) == 4
    assert Path('work_dirs/d3d_mine/best_acc_top1_epoch_1.pth').exists()
