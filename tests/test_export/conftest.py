"""A small checkpoint with its config in it, in a folder as the pages have it."""
import runpy
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from test_inference.support import CLASSES, make_tiny

from mmaction_d3d.export import export_graph
from mmaction_d3d.inference.loading import load_model

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='session')
def runtime():
    """The runtime's modules, from the checkout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / 'runtime'))
        import d3d_runtime
        yield d3d_runtime


@pytest.fixture(scope='session')
def carrier(rgb_pose_data, tmp_path_factory):
    """Two people, six frames, of which a graph takes other numbers; and a folder to work in."""
    home = tmp_path_factory.mktemp('export')
    work = home / 'work_dirs' / 'quickstart'
    work.mkdir(parents=True)
    data = rgb_pose_data(num_videos=2, num_frames=16, num_person=2)
    tiny = make_tiny(work, data, num_person=2, clip_len=6)
    content = torch.load(tiny.checkpoint, weights_only=True)
    text = Config.fromfile(tiny.config).pretty_text
    content['meta'].update(cfg=text, trained_on='squares that move')
    torch.save(content, work / 'best.pth')
    assert content['meta']['dataset_meta']['classes'] == CLASSES
    tiny.checkpoint = str(work / 'best.pth')
    tiny.home = home
    return tiny


@pytest.fixture(scope='session')
def graph(carrier):
    """What export_graph makes of the checkpoint: tracing takes most of an export's time."""
    init_default_scope('mmaction')
    return export_graph(load_model(carrier.checkpoint, device='cpu').network)


@pytest.fixture
def in_home(carrier, graph, monkeypatch):
    """Work in the folder of the checkpoint, whose graph is traced already."""
    monkeypatch.chdir(carrier.home)
    monkeypatch.setattr('mmaction_d3d.export.export_graph', lambda network: graph)
    return carrier


@pytest.fixture(scope='session')
def tool():
    """Runs a tool's ``main`` with words of a command line."""
    return lambda name, words: runpy.run_path(str(ROOT / 'tools' / name))['main'](words)
