"""Commands of the README and of docs/data.md as written; a page without a test is named."""
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from mmengine.config import Config
from running import ROOT, page_blocks, page_commands, run_tool
from torch.distributed import run as torchrun

from d3d_command import COMMANDS, as_command
from mmaction_d3d.datasets.synthetic.clips import Clip
from mmaction_d3d.datasets.synthetic.generate import encode

README = '../README.md'
SHRINK = [
    '--cfg-options', 'train_cfg.max_epochs=1', 'train_dataloader.batch_size=2',
    *(f'{name}_dataloader.{key}' for name in ('train', 'val', 'test')
      for key in ('num_workers=0', 'persistent_workers=False'))
]

PAGES = [
    path for path in (ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *(ROOT / 'docs').glob('*.md'))
    if re.search('^```bash$', path.read_text(), re.M)
]


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_a_page_with_commands_has_a_test_that_names_it(page):
    """Recipes of docs/extend are compared with their own test."""
    named = re.compile(rf'\b{re.escape(page.name)}\b')
    assert any(named.search(path.read_text()) for path in (ROOT / 'tests').rglob('*.py'))


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with the configs and the tools."""
    for folder in ('configs', 'tools'):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('MMACTION_D3D_DATA', '')
    os.environ.pop('MMACTION_D3D_DATA')
    return tmp_path


def run(command, *shrink):
    """Run a command that calls a tool of Python, in this process."""
    _, script, *arguments = shlex.split(command)
    assert run_tool(script, *arguments, *shrink) == 0, command


def write_people(path, index):
    """Write a video of drawn people, whom MediaPipe takes for people at this size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(Clip(0, 'easy', 'test', index, 4, 128, 3).frames()))


def test_the_page_on_own_videos_which_the_readme_repeats(here, capsys):
    """From a folder of videos to an answer; each command names the next."""
    for index, label in enumerate('abcdef'):
        for number, split in enumerate(('train', 'val')):
            path = here / f'data/custom/videos/{split}/{label}/{number}{label}.mp4'
            write_people(path, 2 * index + number)
    write_people(here / 'my.mp4', 12)
    commands = page_commands('own_videos.md')
    assert len(commands) == 5
    said = []
    for command in commands:
        words = shlex.split(command.removeprefix('d3d '))
        name = next(name for name in (' '.join(words[:2]), words[0]) if name in COMMANDS)
        arguments = words[len(name.split()):]
        shrink = {'train': SHRINK[1:], 'test': SHRINK}.get(name, ())
        assert run_tool(f'tools/{COMMANDS[name].tool}', *arguments, *shrink) == 0, command
        *_, last = capsys.readouterr().out.splitlines()
        if name != 'test':  # it names nothing where --cfg-options changed the config
            tool, *following = shlex.split(last.removeprefix('next: python tools/'))
            said.append(as_command(tool, following))
    assert said[:3] == commands[1:4] and said[3].startswith('d3d export work_dirs/')
    answer = json.loads((here / 'results/my.json').read_text())
    assert answer['class'] in 'abcdef' and (here / 'results/my.mp4').is_file()
    assert answer['trained_on'] == 'custom/annotations.pkl, 6 clips'
    readme = page_commands(README)
    assert set(commands[:4]) <= set(readme) and 'd3d infer my.mp4' in readme
    assert run_tool('tools/infer.py', 'my.mp4', '--modality', 'rgb') == 0
    (here / 'work_dirs/quickstart').mkdir()
    shutil.copy('work_dirs/d3d_custom_small/best.pth', 'work_dirs/quickstart/best.pth')
    capsys.readouterr()
    (code, ) = (block for block in page_blocks(README, 'python') if 'mmaction_d3d.load' in block)
    exec(code, {})
    assert capsys.readouterr().out.strip() == answer['class']


@pytest.fixture
def started_by(here):
    """What a command starts, by a stand-in that prints its arguments for what starts processes."""

    def run_shell(command):
        stand_in = here / 'bin' / 'srun'
        stand_in.parent.mkdir(exist_ok=True)
        stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
        stand_in.chmod(0o755)
        shutil.copy(stand_in, stand_in.with_name('torchrun'))
        ended = subprocess.run(
            command, shell=True, text=True, capture_output=True, cwd=here,
            env=dict(os.environ, PATH=f'{stand_in.parent}:{os.environ["PATH"]}',
                     PYTHON=str(stand_in)))
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.splitlines()

    return run_shell


def test_the_readme_on_slurm(started_by):
    command, = (command for command in page_commands(README) if 'slurm' in command)
    words = started_by(command)
    assert {'configs/d3d_ntu120_xset.py', 'work_dirs/d3d_ntu120_xset'} <= set(words)
    assert any('PARTITION' in word for word in words) and any('JOB' in word for word in words)


def test_the_start_page_has_the_commands_of_the_readme():
    assert set(page_commands('index.md')) <= set(page_commands(README))


@pytest.mark.parametrize('command',
                         [line for line in page_commands('many_gpus.md') if 'run_many' not in line])
def test_the_page_on_many_gpus(started_by, command):
    """What is started is a tool with arguments that it knows."""
    words = started_by(command)
    tool = next(word for word in words if word.endswith(('tools/train.py', 'tools/test.py')))
    arguments = words[words.index(tool) + 1:]
    args = runpy.run_path(str(ROOT / tool))['parse_args'](arguments)
    assert (ROOT / args.config).is_file() and args.launcher in ('pytorch', 'slurm')
    nodes = re.search(r'NNODES=(\d) NODE_RANK=(\d) MASTER_ADDR=(\S+)', command)
    if nodes:
        assert {f'--nnodes={nodes[1]}', f'--node_rank={nodes[2]}',
                f'--master_addr={nodes[3]}'} <= set(words)


def test_the_page_on_data(here, rgb_pose_data):
    check, train, test, generate = page_commands('data.md')
    mine = rgb_pose_data(num_videos=2, num_frames=4)
    shutil.copytree(mine.root, here / 'data' / 'mine')
    run(check)
    run(generate, '--num-train', '4', '--num-val', '2', '--num-test', '2', '--num-frames', '12',
        '--size', '64')
    run(train)
    run(test, '--count', '1')
    assert {path.suffix for path in (here / 'work_dirs').rglob('browse_*')} == {'.png', '.mp4'}


DISTRIBUTED = sorted({
    command for page in PAGES for command in re.findall(
        r'^(?:.*`)?(tools/dist_train\.sh configs/\S+ \d+)', page.read_text(), re.M)
})


@pytest.mark.parametrize('command', DISTRIBUTED)
def test_the_pages_on_several_gpus(here, command):
    """What torchrun is told, by a stand-in for Python; train.py takes what comes after it."""
    python = here / 'bin' / 'python'
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    words = shlex.split(command)
    started = subprocess.run(command, shell=True, text=True, capture_output=True, cwd=here,
                             env=dict(os.environ, PATH=f'{python.parent}:{os.environ["PATH"]}'))
    assert started.returncode == 0, started.stderr
    launcher, *arguments = started.stdout.splitlines()
    assert Path(launcher).name == 'dist_run.py' and (here / launcher).is_file()
    told = torchrun.parse_args(arguments)
    assert (told.nproc_per_node, told.nnodes, told.node_rank) == (words[2], '1', 0)
    script, *rest = told.training_script, *told.training_script_args
    train = runpy.run_path(str(here / script))
    args = train['parse_args'](rest)
    assert (args.config, args.launcher) == (words[1], 'pytorch')
    Config.fromfile(args.config)


def test_the_page_on_training_health(here):
    """The narrow model has a test of its own; a step of the full one takes a minute of a core."""
    generate, _, full = page_commands('training_health.md')
    run(generate, '--num-train', '4', '--num-val', '1', '--num-test', '1', '--size', '64')
    run(full, '--cfg-options', 'max_epochs=1', 'base_channels=4', 'crop_size=56',
        'model.backbone.num_blocks=1')
    assert (here / 'work_dirs/d3d_overfit_full_width/last.pth').is_file()
