"""Tools run as from the command line, on a small data set."""
from dataclasses import dataclass
from pathlib import Path

import pytest
import running

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
def run_script(capfd):
    """Runs a script of the project as ``python SCRIPT ARGUMENTS`` does, but in this process."""
    return lambda script, *argv: Ended(running.run_tool(script, *argv), *capfd.readouterr())


@pytest.fixture
def run_tool(run_script):
    """Runs a script of ``tools/`` by its name."""
    return lambda name, *argv: run_script(f'tools/{name}', *argv)


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
