"""Tools run as from the command line, on a small data set."""
import os
import runpy
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from mmengine.logging import MessageHub, MMLogger

ROOT = Path(__file__).parents[2]

# What makes a config small enough to train within seconds.
SHRINK = [
    'train_dataloader.batch_size=2',
    'train_dataloader.num_workers=0',
    'train_dataloader.persistent_workers=False',
    'test_dataloader.num_workers=0',
    'test_dataloader.persistent_workers=False',
    'train_cfg.max_epochs=1',
    'model.backbone.backbone.base_channels=4',
    'model.backbone.num_blocks=1',
    'model.cls_head.in_channels=16',
]


@dataclass
class Ended:
    """How a tool ended: exit code and what it wrote."""
    code: int
    out: str
    err: str

    @property
    def last_line(self):
        return self.err.rstrip('\n').rpartition('\n')[2]


@pytest.fixture
def run_script(monkeypatch, capfd):
    """Runs a Python script as ``python SCRIPT ARGUMENTS`` does, but in this process."""

    def run(script, *argv):
        monkeypatch.setattr(sys, 'argv', [str(script), *map(str, argv)])
        # MMEngine lays out the config it logs and saves: most of a short run's time.
        monkeypatch.setattr('mmengine.config.config.FormatCode', lambda text, **style: (text, True))
        for kept in (MMLogger, MessageHub):  # what an earlier run in this process left
            kept._instance_dict.clear()
        code = 0
        with mock.patch.dict(os.environ):
            try:
                runpy.run_path(str(script), run_name='__main__')
            except SystemExit as stop:
                code = stop.code
        return Ended(code, *capfd.readouterr())

    return run


@pytest.fixture
def run_tool(run_script):
    """Runs a script of ``tools/`` by its name."""
    return lambda name, *argv: run_script(ROOT / 'tools' / name, *argv)


@pytest.fixture
def ut_data(rgb_pose_data):
    """Four clips laid out as the data set of ``d3d_ut_interaction.py``."""
    data = rgb_pose_data(num_videos=4, num_frames=8, num_person=2)
    data.ann_file = data.root / 'set1_movenet.pkl'
    data.save()
    return data


@pytest.fixture
def work_dir(tmp_path):
    return tmp_path / 'work'


@pytest.fixture
def ut_args(ut_data, work_dir):
    """Arguments that make ``d3d_ut_interaction.py`` small, on ``ut_data``; more can follow."""
    return [
        ROOT / 'configs' / 'd3d_ut_interaction.py', '--data-root', ut_data.root, '--work-dir',
        work_dir, '--cfg-options', *SHRINK
    ]


@pytest.fixture
def trained(run_tool, ut_args, work_dir):
    """A checkpoint of one epoch of d3d_ut_interaction.py, small."""
    assert run_tool('train.py', *ut_args).code == 0
    return work_dir / 'epoch_1.pth'
