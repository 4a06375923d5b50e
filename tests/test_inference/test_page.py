"""Every command and every Python line of docs/inference.md, on small made-up videos."""
import inspect
import json
import pickle
import re
import shlex
import shutil

import cv2
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from running import ROOT, page_blocks, page_commands, run_tool

from mmaction_d3d.datasets.synthetic.clips import CLASSES
from mmaction_d3d.inference import D3D, D3DInferencer, Recognition, load

from .support import FakeCamera

PAGE = (ROOT / 'docs' / 'inference.md').read_text()


@pytest.fixture
def here(tmp_path, monkeypatch, rgb_pose_data):
    """A working folder with the project's configs, two videos, and a checkpoint of no training."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / 'configs', 'configs')
    data = rgb_pose_data(num_videos=2, num_frames=32)
    data.annotations[0].update(frame_dir='test_00000')
    data.content['split'] = {}
    shutil.copytree(data.write_frame_folders() / 'clip1', 'data/frames/clip1')
    data.save()
    (tmp_path / 'data/synthetic/videos').mkdir(parents=True)
    shutil.copy(data.ann_file, 'data/synthetic')
    for path in ('data/synthetic/videos/test_00000.mp4', 'data/long.mp4'):
        shutil.copy(data.video_dir / 'clip0.mp4', path)
    (tmp_path / 'data/long.pkl').write_bytes(pickle.dumps(data.annotations[:1]))
    cfg = Config.fromfile('configs/d3d_quickstart.py')
    model = MODELS.build(cfg.model)
    (tmp_path / 'work_dirs/quickstart').mkdir(parents=True)
    meta = dict(cfg=cfg.pretty_text, dataset_meta=dict(classes=list(CLASSES)))
    torch.save(dict(state_dict=model.state_dict(), meta=meta), 'work_dirs/quickstart/best.pth')
    return tmp_path


def test_commands_and_python(here, capfd):
    commands = page_commands('inference.md')
    assert len(commands) == 8
    for command in commands:
        python, script, *arguments = shlex.split(command)
        assert (python, script) == ('python', 'tools/infer.py')
        assert run_tool(script, *arguments) == 0, command
        capfd.readouterr()
    results = here / 'results'
    assert {'test_00000.mp4', 'results.csv', 'long_timeline.png',
            'long.json'} <= {path.name for path in results.iterdir()}
    described = set(re.findall(r'`(\w+)`', PAGE.partition('## What is written')[2]))
    for name in ('test_00000', 'long'):
        assert set(json.loads((results / f'{name}.json').read_text())) <= described
    space = {}
    for block in page_blocks('inference.md', 'python'):
        exec(block, space)
    out = capfd.readouterr().out
    assert 'results/test_00000.mp4' in out and 'no person found' in out and "'segments'" not in out


def test_commands_of_live_md(here, capfd, monkeypatch):
    monkeypatch.setattr(cv2, 'VideoCapture', FakeCamera)
    threads = torch.get_num_threads()
    ends = []
    for command in page_commands('live.md'):
        _, script, *arguments = shlex.split(command)
        short = ['--num-frames', 13] if 'make_synthetic' in script else []
        ends.append(run_tool(script, *arguments, *short))
    torch.set_num_threads(threads)
    out, err = capfd.readouterr()
    assert ends == [2, 0, 0, 0
                    ] and 'error: camera 0: frames: found its end' in err  # a camera never ends
    assert out.count('latency') == 2 and 'In a browser: http://127.0.0.1:' in out


@pytest.mark.parametrize('name, make, call',
                         [('load', load, D3D.__call__),
                          ('D3DInferencer', D3DInferencer, D3DInferencer.__call__)])
def test_the_interface_page_lists_each_argument(name, make, call):
    page = (ROOT / 'docs' / 'interface.md').read_text()
    section = page.partition(f'\n## {name}\n')[2].partition('\n## ')[0]
    rows = re.findall(r'^\| `(\w+)` \| (.*?) \|', section, re.M)
    named = [
        *inspect.signature(make).parameters.values(),
        *list(inspect.signature(call).parameters.values())[1:]
    ]
    assert rows == [(p.name, 'required' if p.default is p.empty else f'`{p.default!r}`')
                    for p in named]


def test_the_page_names_what_an_answer_has():
    table = PAGE.partition('| of an answer |')[2].partition('\n\n')[0]
    for row in re.findall(r'^\| (`.*?) \|', table, re.M):
        for name in re.findall(r'`(\w+)', row):
            assert hasattr(Recognition, name) or name in Recognition.__dataclass_fields__, name
