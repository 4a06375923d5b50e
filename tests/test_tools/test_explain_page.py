"""Every command of docs/explain.md, on a small model of a few clips."""
import json
import re
import shlex
import shutil
from pathlib import Path

import av
import cv2
import pytest
from running import ROOT, page_commands, run_tool

from mmaction_d3d.datasets.synthetic import generate
from mmaction_d3d.engine import AutoDeviceRunner

PAGE = (ROOT / 'docs' / 'explain.md').read_text()
COMMANDS = page_commands('explain.md')
SMALL = [
    'train_cfg.max_epochs=1', 'param_scheduler.1.end=1', 'model.backbone.backbone.base_channels=2',
    'model.cls_head.in_channels=8', 'model.backbone.num_blocks=1', 'train_dataloader.batch_size=2',
    *(f'{split}_dataloader.{key}' for split in ('train', 'val', 'test')
      for key in ('num_workers=0', 'persistent_workers=False'))
]
QUICKSTART = 'work_dirs/quickstart'


def run(command):
    _, script, *arguments = shlex.split(command)
    if 'configs/d3d_quickstart.py' in arguments:
        arguments += SMALL if '--cfg-options' in arguments else ['--cfg-options', *SMALL]
    if 'faithfulness' in arguments:
        arguments += ['--count', '1', '--shares', '0.5']
    if 'interval=50' in command:
        arguments.append('default_hooks.explanation.interval=1')
    assert run_tool(script, *arguments) == 0, command


@pytest.fixture(scope='module')
def done(tmp_path_factory):
    """The working folder after all commands, the training first."""
    here = tmp_path_factory.mktemp('page')
    shutil.copytree(ROOT / 'configs', here / 'configs')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        generate('data/synthetic', num_train=2, num_val=1, num_test=2, workers=1)
        training = [command for command in COMMANDS if 'tools/train.py' in command]
        for command in training:
            run(command)
        Path(QUICKSTART).mkdir(parents=True)
        checkpoint, = Path('work_dirs').glob('*/epoch_1.pth')
        shutil.copy(checkpoint, f'{QUICKSTART}/best.pth')
        shutil.copytree(next(checkpoint.parent.glob('*/vis_data')), f'{QUICKSTART}/1/vis_data')
        for command in COMMANDS:
            if command not in training:
                run(command)
    return here


@pytest.mark.parametrize('name', re.findall(r'`(work_dirs/[\w/.]+\.(?:png|csv|mp4|npz|html))`',
                                            PAGE))
def test_what_the_page_says_is_written(done, name):
    path = done / name
    if path.suffix == '.png':
        assert cv2.imread(str(path)).std() > 5
    elif path.suffix == '.mp4':
        with av.open(str(path)) as video:
            assert video.streams.video[0].codec_context.name == 'h264'
            assert sum(1 for _ in video.decode(video=0)) == 48  # each of 12 frames four times
    else:
        assert path.stat().st_size > 50


def test_training_shows_pictures(done):
    assert list((done / 'work_dirs').glob('watched/*/vis_data/vis_image/attention_1.png'))


def test_the_fused_and_calibrated_test_reports_both(done):
    path, = (done / 'work_dirs/fused').glob('*/*.json')
    figures = json.loads(path.read_text())
    assert figures['fusion/alone_0'] == pytest.approx(figures['acc/top1'])
    assert figures['fusion/low'] <= figures['fusion/top1'] <= figures['fusion/high']
    assert {
        'fusion/alone_1', 'calibration/ece', 'calibration/nll', 'calibration/temperature',
        'calibration/ece_scaled', 'calibration/nll_scaled'
    } <= set(figures)


@pytest.mark.parametrize('flag, says', [
    ('--fuse work_dirs/val/clips.npz', 'name: found no clip test_00000'),
    ('--calibrate work_dirs/pose/clips.npz', 'name: found the clip test_0000'),
    ('--fuse none.pkl', r'none\.npz: dump: found no such file'),
])
def test_scores_of_other_clips_are_refused_before_the_test(done, monkeypatch, capfd, flag, says):
    monkeypatch.chdir(done)
    monkeypatch.setattr(AutoDeviceRunner, 'test', None)  # so that a test would be an error
    command = next(command for command in COMMANDS if '--fuse' in command).partition(' --fuse')[0]
    _, script, *arguments = shlex.split(f'{command} {flag}')
    assert run_tool(script, *arguments, '--cfg-options', *SMALL) == 2
    assert re.search(says, capfd.readouterr().err.splitlines()[-1])


def test_every_picture_of_the_page_is_there():
    pictures = re.findall(r'\]\((images/[\w.]+)\)', PAGE)
    assert len(pictures) >= 6
    for name in pictures:
        assert 0 < (ROOT / 'docs' / name).stat().st_size < 300_000
