"""The recipes of docs/extend: their files written beside the project, their commands run."""
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from running import ROOT

from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.datasets.synthetic import generate

# Runs the commands of standard input in one process: importing MMAction2 takes longer than they do.
RUN = '''
import shlex, sys
from pathlib import Path
from running import run_tool
for line in sys.stdin:
    python, script, *arguments = shlex.split(line)
    print('$', line.strip(), flush=True)
    code = run_tool(Path(script).resolve(), *arguments)
    print('exit code', code, flush=True)
    if code:
        sys.exit(code)
'''
SHRINK = ('--cfg-options train_cfg.max_epochs=1 train_dataloader.batch_size=2 '
          'model.backbone.backbone.base_channels=2 model.backbone.num_blocks=1 '
          'model.cls_head.in_channels=8 model.backbone.clip_len=2 ' +
          ' '.join(f'{split}_dataloader.{key}' for split in ('train', 'val', 'test')
                   for key in ('num_workers=0', 'persistent_workers=False',
                               'dataset.pipeline.0.clip_len=2')))


def state_of_the_project():
    """When each of its files changed."""
    return {
        path: path.stat().st_mtime_ns
        for folder in ('mmaction_d3d', 'tools', 'configs', 'docs', 'tests', 'requirements')
        for path in (ROOT / folder).rglob('*') if path.is_file() and path.suffix != '.pyc'
    }


class Recipe:
    """A page's files, written into a folder beside a project of links, and its commands.

    Attributes:
        project: Where commands run.
    """

    def __init__(self, page, folder):
        text = (ROOT / 'docs/extend' / page).read_text()
        self.project = folder / 'mmaction_d3d'
        self.project.mkdir()
        for name in ('tools', 'configs'):
            (self.project / name).symlink_to(ROOT / name)
        self.site = folder / 'site'
        self.files = re.findall(r'`(\.\./\S+)`:\n\n```\w+\n(.*?)^```', text, re.M | re.S)
        for name, content in self.files:
            path = self.project / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        self.commands = [
            line for block in re.findall(r'^```bash\n(.*?)^```', text, re.M | re.S)
            for line in block.splitlines()
        ]
        # The page's pip installs into a folder of the test, from what is on this machine.
        self.environment = {
            **os.environ, 'PATH': f'{Path(sys.executable).parent}:{os.environ["PATH"]}',
            'PYTHONPATH': f'{self.site}:{ROOT}:{ROOT / "tests"}', 'PIP_TARGET': str(self.site),
            'PIP_NO_INDEX': '1', 'PIP_NO_BUILD_ISOLATION': '0', 'PIP_QUIET': '1',
            'PIP_DISABLE_PIP_VERSION_CHECK': '1', 'OMP_NUM_THREADS': '1'
        }

    def run(self, commands=None):
        """Run commands, by default the page's; return the finished process of the tools."""
        commands = self.commands if commands is None else commands
        tools = [line for line in commands if line.startswith('python ')]
        for line in commands[:len(commands) - len(tools)]:
            subprocess.run(line, shell=True, check=True, cwd=self.project, env=self.environment)
        lines = [f'{line} {SHRINK}' if 'tools/train.py' in line else line for line in tools]
        return subprocess.run([sys.executable, '-c', RUN], input='\n'.join(lines), text=True,
                              capture_output=True, cwd=self.project, env=self.environment)

    def perform(self):
        """Run the page's commands, which must leave the project as it is; return their output."""
        before = state_of_the_project()
        done = self.run()
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        assert done.stdout.count('exit code 0') == sum('python ' in line for line in self.commands)
        assert state_of_the_project() == before
        return done.stdout


@pytest.fixture
def recipe(tmp_path):
    """Makes a page's recipe."""
    return lambda page: Recipe(page, tmp_path)


@pytest.fixture
def quickstart(tmp_path, monkeypatch):
    """Puts clips of the quickstart and a model of no training where pages have them."""

    def put(project):
        generate(str(project / 'data/synthetic'), num_train=1, num_val=1, num_test=2, workers=1)
        model = MODELS.build(Config.fromfile(ROOT / 'configs/d3d_quickstart.py').model)
        (project / 'work_dirs/quickstart').mkdir(parents=True)
        torch.save(dict(state_dict=model.state_dict()), project / 'work_dirs/quickstart/best.pth')

    return put


def test_every_page_has_a_recipe_here_and_a_link():
    pages = {path.name for path in (ROOT / 'docs/extend').iterdir()}
    text = Path(__file__).read_text()
    for page in pages:
        assert f"recipe('{page}')" in text, page
        for name in ('CONTRIBUTING.md', 'README.md'):
            assert f'(docs/extend/{page})' in (ROOT / name).read_text(), (name, page)


def test_data_set(recipe, square_video):
    recipe = recipe('data_set.md')
    root = recipe.project / 'data/gestures'
    (root / 'videos').mkdir(parents=True)
    (root / 'joints').mkdir()
    for name in ('anna_kick', 'anna_push', 'anna_wave', 'ben_kick', 'ben_wave', 'ben_jump'):
        square_video.write(root / f'videos/{name}.mp4', square_video.draw(4, (64, 80)))
        joints = np.random.default_rng(0).uniform(10, 60, (4, 17, 3)).astype(np.float32)
        joints[..., 2] = 0.9
        np.save(root / f'joints/{name}.npy', joints)
    out = recipe.perform()
    assert '1 x no such class, or no joints: left out: ben_jump.mp4' in out
    content = safe_pickle.load(str(root / 'annotations.pkl'))
    assert content['split'] == dict(train=['anna_kick', 'anna_push', 'anna_wave'],
                                    val=['ben_kick', 'ben_wave'])
    assert [info['label'] for info in content['annotations']] == [0, 1, 2, 0, 2]
    assert (recipe.project / 'work_dirs/d3d_gestures/epoch_1.pth').exists()
    assert (recipe.project / 'work_dirs/d3d_gestures/browse_train.png').exists()


def test_attention(recipe, quickstart):
    recipe = recipe('attention.md')
    quickstart(recipe.project)
    recipe.perform()
    checkpoint = torch.load(recipe.project / 'work_dirs/d3d_frame_joints/last.pth')
    assert any('.joint.ffn.' in name for name in checkpoint['state_dict'])
    assert 'FrameJointAttention' in checkpoint['meta']['cfg']


def test_skeleton_backend(recipe, square_video):
    recipe = recipe('skeleton_backend.md')
    (recipe.project / 'data').mkdir()
    frames = np.zeros((3, 64, 96, 3), np.uint8)
    for color, left in enumerate((8, 40, 72)):
        frames[:, 16:32, left:left + 16, color] = 255
    frames[2, :, :32] = 0  # the red one is gone
    square_video.write(recipe.project / 'data/marked.mp4', frames)
    recipe.perform()
    annotation, = safe_pickle.load(str(recipe.project / 'data/marked.pkl'))['annotations']
    np.testing.assert_allclose(annotation['keypoint'][0, 0], [[16, 24], [48, 24], [80, 24]], atol=1)
    assert annotation['keypoint_score'][0].tolist() == [[1, 1, 1], [1, 1, 1], [0, 1, 1]]
    assert (recipe.project / 'work_dirs/marked/marked.mp4').exists()


def test_picture(recipe, quickstart):
    recipe = recipe('picture.md')
    quickstart(recipe.project)
    recipe.perform()
    pictures = recipe.project / 'work_dirs/brightness'
    assert sorted(path.name for path in pictures.iterdir()) == ['test_00000.png', 'test_00001.png']


def test_command(recipe, quickstart):
    recipe = recipe('command.md')
    quickstart(recipe.project)
    mistake = recipe.run([recipe.commands[0].replace('--split test', '--least 9')])
    assert mistake.returncode == 2
    assert mistake.stderr.splitlines()[-1] == (
        'error: data/synthetic/annotations.pkl: circle_ball: found 1 clips, want at least 9')
    recipe.commands[0] += ' --least 0'
    out = recipe.perform()
    assert len(re.findall(r'^ {5}\d \w+$', out, re.M)) == 8
