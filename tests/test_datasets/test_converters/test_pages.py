"""Every command of the pages on Penn Action, FineGYM and own videos, on small made-up files."""
import csv
import pickle
import re
import shlex
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from running import ROOT, page_commands, run_tool

from mmaction_d3d.datasets import safe_pickle

from . import skeleton_writers as files
from .finegym_files import write_annotations, write_full_video
from .pennaction_files import write_clip

SHRINK = [
    'train_dataloader.batch_size=2',
    *(f'{name}_dataloader.{key}' for name in ('train', 'val', 'test')
      for key in ('num_workers=0', 'persistent_workers=False', 'dataset.pipeline.0.clip_len=2')),
    'model.backbone.clip_len=2',
    'train_cfg.max_epochs=1',
    'model.backbone.backbone.base_channels=2',
    'model.backbone.num_blocks=1',
    'model.cls_head.in_channels=8',
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with the project's configs."""
    shutil.copytree(ROOT / 'configs', tmp_path / 'configs')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command):
    """Run a command of a page: a tool in this process, and training shrunk to one epoch."""
    if not command.startswith('python '):
        subprocess.run(command, shell=True, check=True)
        return
    _, script, *arguments = shlex.split(command)
    if script in ('tools/train.py', 'tools/test.py'):
        arguments += SHRINK if '--cfg-options' in arguments else ['--cfg-options', *SHRINK]
    assert run_tool(script, *arguments) == 0, command


def test_pennaction(here, capsys):
    published = here / 'Penn_Action'
    for name, action, train in (('0001', 'bowl', 1.), ('0002', 'strumming_guitar', 1.),
                                ('0003', 'squat', -1.)):
        write_clip(published, name, frames=3, action=action, train=train)
    with tarfile.open(here / 'Penn_Action.tar.gz', 'w:gz') as archive:
        archive.add(published, 'Penn_Action')
    for name in ('0001', '0002', '0003'):  # what HRNet finds; unpacking makes the folder above
        files.write_mmpose_images(here / 'hrnet' / name, files.walk(frames=3)[None])

    commands, hints = page_commands('data_pennaction.md'), []
    for command in commands:
        run(command)
        hint = re.findall(r'^next: (.*)', capsys.readouterr().out, re.M)
        hints += hint if 'prepare' in command else []
        if command.startswith('mv '):
            (here / 'hrnet').rename(here / 'data/pennaction/hrnet')
    assert hints[0] in commands and hints[1].startswith(
        'python tools/train.py configs/d3d_pennaction.py --cfg-options layout=coco17 num_joints=17')
    assert safe_pickle.load('data/pennaction/annotations.pkl')['split'] == dict(
        train=['0001', '0002'], test=['0003'])
    hrnet = safe_pickle.load('data/pennaction/annotations_hrnet.pkl')['annotations']
    assert [clip['keypoint'].shape for clip in hrnet] == [(1, 3, 17, 2)] * 3
    assert Path('work_dirs/d3d_pennaction/best.pth').exists()
    assert Path('work_dirs/d3d_pennaction_hrnet/best.pth').exists()


def test_finegym(here, square_video, capsys):
    event, train, val = 'E_000001_000006', 'A_0000_0000', 'A_0003_0003'
    names = [f'0LtLS9wROrk_{event}_{name}' for name in (train, val)]
    write_annotations(
        here, {'0LtLS9wROrk': {event: ((1.04, 6.2), {train: [(0.2, 0.4)], val: [(3.2, 3.4)]})}},
        {names[0]: 78}, {names[1]: 91})
    write_full_video(here / '0LtLS9wROrk.mp4', square_video, 120)
    files.write_pyskl(here / 'gym_hrnet.pkl', {name: files.walk(5)[None] for name in names})
    published = pickle.loads(Path('gym_hrnet.pkl').read_bytes())
    published['split'] = dict(train=names[:1], val=names[1:])
    Path('gym_hrnet.pkl').write_bytes(pickle.dumps(published))

    commands, hints = page_commands('data_finegym.md'), []
    for command in commands:
        run(command)
        hint = re.findall(r'^next: (.*)', capsys.readouterr().out, re.M)
        hints += hint if 'prepare' in command or 'extract' in command else []
        if command.startswith('mv gym99'):
            (here / '0LtLS9wROrk.mp4').rename(here / 'data/finegym/full/0LtLS9wROrk.mp4')
    assert hints[0] in commands and hints[1:] == [
        'python tools/extract_skeletons.py data/finegym_large/videos --labels '
        'data/finegym_large/clips.pkl --backend mediapipe --max-persons 1 --out '
        'data/finegym_large/annotations.pkl',
        'python tools/train.py configs/d3d_finegym.py --data-root data/finegym_large'
    ]
    content = safe_pickle.load('data/finegym/annotations.pkl')
    assert content['split'] == dict(train=names[:1], val=names[1:])
    assert [clip['keypoint'].shape for clip in content['annotations']] == [(1, 5, 17, 2)] * 2
    assert Path('work_dirs/d3d_finegym/best.pth').exists()
    assert Path('work_dirs/d3d_finegym_hrnet/best.pth').exists()
    assert 'keypoint' not in safe_pickle.load('data/finegym_large/clips.pkl')['annotations'][0]
    large = safe_pickle.load('data/finegym_large/annotations.pkl')
    assert [clip['label'] for clip in large['annotations']] == [78, 91]
    assert large['annotations'][0]['keypoint'].shape == (1, 5, 17, 2)


def test_custom(here, square_video, capsys):
    names = [f'{label}/{person}' for label in ('push', 'wave') for person in ('anna', 'ben')]
    videos = here / 'data/custom/videos'
    for frames, name in enumerate(names, 3):
        (videos / name).parent.mkdir(parents=True, exist_ok=True)
        square_video.write(videos / f'{name}.mp4', square_video.draw(frames, (64, 80)))
        files.write_openpose(here / 'data/custom/openpose', name, files.walk(frames, 25)[None])
    files.write_pyskl(here / 'data/custom/kinect.pkl',
                      {name: files.walk(frames, 25)[None] for frames, name in enumerate(names, 3)})
    with open(here / 'data/custom/clips.csv', 'w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['path', 'label', 'split'])
        for name in names:
            split = 'val' if name.endswith('ben') else 'train'
            writer.writerow([f'{name}.mp4', name.split('/')[0], split])

    hints = []
    for command in page_commands('data_custom.md'):
        run(command)
        hint = re.findall(r'^next: (.*)', capsys.readouterr().out, re.M)
        hints += hint if 'prepare_custom' in command else []
        if '--csv' in command:
            assert safe_pickle.load('data/custom/clips.pkl')['split'] == dict(
                train=['push/anna.mp4', 'wave/anna.mp4'], val=['push/ben.mp4', 'wave/ben.mp4'])
    content = safe_pickle.load('data/custom/annotations.pkl')
    assert content['classes'] == ['push', 'wave'] and len(content['annotations']) == 4
    assert Path('work_dirs/d3d_mine/best.pth').exists()
    extract = (
        'python tools/extract_skeletons.py data/custom/videos --labels data/custom/clips.pkl '
        '--backend mediapipe --out data/custom/annotations.pkl')
    train = ('python tools/train.py configs/d3d_custom_small.py --data-root data/custom '
             '--cfg-options num_classes=2')
    assert hints == [extract, extract, train, train]
    run(train)
    assert Path('work_dirs/d3d_custom_small/best.pth').exists()
