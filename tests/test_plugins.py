"""Another package adds a joint layout and a skeleton backend; no file of this one knows of it."""
import os
import subprocess
import sys

import numpy as np
import pytest
from running import ROOT

from mmaction_d3d.datasets import safe_pickle

CODE = '''
import numpy as np
from mmaction_d3d.extraction import register_backend
from mmaction_d3d.skeletons import register_layout

register_layout('hands4', 'left_palm right_palm left_thumb right_thumb',
                'left_palm-left_thumb right_palm-right_thumb left_palm-right_palm')

@register_backend('corners')
class Corners:
    """Sees the four corners of a frame as hands."""
    layout, missing, top_down = 'hands4', (), False

    def __init__(self, config, checkpoint, device):
        self.score = 0.25 if checkpoint is None else float(checkpoint)

    def prepare(self, frame, boxes):
        return [frame.shape]

    def predict(self, crops):
        return [np.array([[(x * w, y * h, self.score) for x in (0, 1) for y in (0, 1)]], np.float32)
                for h, w, _ in crops]
'''


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    """A folder with an installed package that has an entry point."""
    site = tmp_path_factory.mktemp('site')
    (site / 'hands_of_others.py').write_text(CODE)
    info = site / 'hands_of_others-1.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: hands_of_others\nVersion: 1.0\n')
    (info / 'entry_points.txt').write_text('[mmaction_d3d.plugins]\nhands = hands_of_others\n')
    return site


def run(site, *command):
    path = os.pathsep.join([str(site), str(ROOT)])
    return subprocess.run([sys.executable, *map(str, command)], cwd=ROOT, capture_output=True,
                          text=True, env={**os.environ, 'PYTHONPATH': path})


@pytest.fixture(scope='module')
def extracted(site, tmp_path_factory, square_video):
    """Skeletons of a video by that backend, through the tool; each clip of a class."""
    folder = tmp_path_factory.mktemp('hands')
    square_video.write(folder / 'a.mp4', square_video.draw(4, (32, 48)))
    (folder / 'labels.csv').write_text('path,label,split\na.mp4,0,train\n')
    done = run(site, 'tools/extract_skeletons.py', folder / 'a.mp4', '--out', folder / 'a.pkl',
               '--backend', 'corners', '--pose-checkpoint', '0.5', '--labels',
               folder / 'labels.csv')
    assert done.returncode == 0, done.stderr
    return folder / 'a.pkl'


def test_the_tool_extracts_by_a_backend_of_another_package(extracted):
    annotation, = safe_pickle.load(str(extracted))['annotations']
    assert annotation['keypoint'].shape == (1, 4, 4, 2)
    assert annotation['keypoint'][0, 0].tolist() == [[0, 0], [0, 32], [48, 0], [48, 32]]
    assert np.all(annotation['keypoint_score'] == 0.5)


def test_flags_offer_what_other_packages_register(site):
    for tool in ('tools/extract_skeletons.py', 'tools/infer.py'):
        assert 'corners' in run(site, tool, '--help').stdout
    for tool in ('tools/data/prepare_custom.py', 'tools/data/export_coco.py',
                 'tools/visualize_skeletons.py'):
        assert 'hands4' in run(site, tool, '--help').stdout


def test_an_annotation_of_another_packages_layout_is_checked_and_drawn(site, extracted, tmp_path):
    done = run(site, 'tools/data/check_dataset.py', extracted, '--layout', 'hands4', '--csv',
               tmp_path / 'found.csv')
    assert done.returncode == 0 and 'joint layout: hands4' in done.stdout, done.stdout
    done = run(site, 'tools/visualize_skeletons.py', extracted, '--videos', extracted.parent,
               '--layout', 'hands4', '--out', tmp_path / 'drawn')
    assert done.returncode == 0 and len(list((tmp_path / 'drawn').iterdir())) == 2, done.stderr


def test_a_config_trains_on_another_packages_layout(site, extracted, tmp_path):
    """By ``custom_imports``, without an entry point."""
    config = tmp_path / 'config.py'
    config.write_text(
        "custom_imports = dict(imports=['mmaction_d3d', 'hands_of_others'])\n"
        f"dataset = dict(type='RGBPoseDataset', ann_file={str(extracted)!r}, layout='hands4', "
        f"data_prefix=dict(video={str(extracted.parent)!r}), num_person=1, pipeline=[\n"
        "    dict(type='AlignedSampleFrames', clip_len=2), dict(type='AlignedDecode'),\n"
        "    dict(type='JointFlip', layout='hands4', flip_ratio=1.), dict(type='FormatShape', "
        "input_format='NCTHW'), dict(type='PackRGBPose')])\n")
    (tmp_path / 'hands_of_others.py').write_text(CODE)
    code = ('from mmengine.config import Config; from mmaction.registry import DATASETS\n'
            'from mmengine.registry import init_default_scope\n'
            f'cfg = Config.fromfile({str(config)!r}); init_default_scope("mmaction")\n'
            'print(tuple(DATASETS.build(cfg.dataset)[0]["inputs"]["keypoint"].shape))')
    done = run(tmp_path, '-c', code)
    assert done.stdout.strip().endswith('(1, 2, 4, 3)'), done.stderr


def test_a_plugin_that_fails_is_named(tmp_path):
    (tmp_path / 'broken_plugin.py').write_text('1 / 0')
    info = tmp_path / 'broken_plugin-1.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: broken_plugin\nVersion: 1.0\n')
    (info / 'entry_points.txt').write_text('[mmaction_d3d.plugins]\nbad = broken_plugin\n')
    done = run(tmp_path, '-c', 'import mmaction_d3d')
    assert done.returncode == 1
    assert 'plugin bad of mmaction_d3d.plugins, module broken_plugin: ZeroDivisionError' in (
        done.stderr.splitlines()[-1])
