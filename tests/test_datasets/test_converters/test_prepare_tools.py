"""prepare_pennaction.py and prepare_custom.py as from the command line."""
import csv
import errno
import os
import pickle
from argparse import ArgumentParser

import pytest
from mmengine.config import Config
from running import ROOT

from mmaction_d3d.datasets import get_layout, safe_pickle
from mmaction_d3d.datasets.converters.next_step import CONFIGS, next_command
from mmaction_d3d.engine import add_shared_arguments, check_config, load_config

from . import skeleton_writers as files
from .pennaction_files import write_clip


@pytest.fixture
def pennaction(tmp_path):
    """Folder with two clips, one of each split."""
    for name, train in (('0001', 1.), ('0002', -1.)):
        write_clip(tmp_path / 'penn', name, train=train, action='bowling')
    return tmp_path / 'penn'


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'a.pkl'


@pytest.fixture
def call(out, run_lines):
    """Runs a tool; give its exit code, its lines, and the last one of stderr."""

    def run(tool, *arguments):
        return run_lines(f'tools/data/{tool}', f'--out={out}', '--workers=1', *arguments)

    return run


def test_what_was_done_is_said_and_every_name_is_written_down(call, pennaction, out):
    code, lines, _ = call('prepare_pennaction.py', pennaction)
    assert code == 0
    assert lines[-4:-1] == [
        '2 x class name in another spelling: mended: 0001, 0002', f'every name: {out}.report.csv',
        f'{out}: 2 clips (train 1, test 1), 15 classes'
    ]
    with open(f'{out}.report.csv', newline='') as file:
        assert list(csv.reader(file))[1:] == [['class name in another spelling: mended', name]
                                              for name in ('0001', '0002')]


def test_splits_lose_clips_without_skeletons(call, pennaction, out, tmp_path):
    files.write_pyskl(tmp_path / 's.pkl', {'0002': files.walk(4)[None]})
    call('prepare_pennaction.py', pennaction, '--skeletons', tmp_path / 's.pkl', '--format=pyskl',
         '--source-layout=coco17')
    content = safe_pickle.load(str(out))
    assert content['split'] == dict(train=[], test=['0002'])
    clip, = content['annotations']
    assert clip['keypoint'].shape == (1, 4, 17, 2) and clip['bbox'].shape == (1, 4, 4)


def test_layout_and_number_of_people(call, pennaction, out, tmp_path):
    files.write_mmpose_video(tmp_path / '0001.json', files.walk(4)[None])
    call('prepare_pennaction.py', pennaction, '--skeletons', tmp_path / '0001.json',
         '--format=mmpose', '--source-layout=coco17', '--layout=penn13')
    clip, = safe_pickle.load(str(out))['annotations']
    assert clip['keypoint'].shape == (1, 4, 13, 2)


class Runs:
    """Unpickles by making a folder."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path, )


@pytest.mark.parametrize('tool', ['prepare_pennaction.py', 'prepare_custom.py'])
def test_a_pickle_that_carries_code_is_refused_unrun(call, pennaction, out, tmp_path, tool,
                                                     square_video):
    (tmp_path / 'videos' / 'x').mkdir(parents=True)
    square_video.write(tmp_path / 'videos' / 'x' / 'a.mp4', square_video.draw(2, (48, 64)))
    root = pennaction if 'penn' in tool else tmp_path / 'videos'
    (tmp_path / 's.pkl').write_bytes(pickle.dumps([Runs(tmp_path / 'ran')]))
    code, _, error = call(tool, root, '--skeletons', tmp_path / 's.pkl', '--format=pyskl')
    assert code == 2 and 's.pkl: global: found posix.mkdir' in error
    assert not (tmp_path / 'ran').exists() and not out.exists()


def test_a_full_disk_leaves_no_pickle(call, pennaction, out, monkeypatch):

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, 'fsync', full)
    code, _, error = call('prepare_pennaction.py', pennaction)
    assert code == 2 and 'No space left on device' in error
    assert not list(out.parent.glob('a.pkl*'))


@pytest.mark.parametrize('tool, arguments, message', [
    ('prepare_pennaction.py', ['--skeletons=x'], '--format: found nothing, want what wrote'),
    ('prepare_pennaction.py', ['--format=coco'], '--format: found no --skeletons, want both'),
    ('prepare_pennaction.py', ['--source-layout=h36m17'], '--source-layout: found no --skeletons'),
    ('prepare_custom.py', ['--val-ratio=1'], '--val-ratio: found 1.0, want at least 0, below 1'),
    ('prepare_custom.py', ['--csv=nowhere.csv'], 'nowhere.csv: content: found FileNotFoundError'),
    ('prepare_pennaction.py', ['--num-person=0'], '--num-person: found 0, want at least 1'),
])
def test_wrong_arguments(call, pennaction, tool, arguments, message):
    code, _, error = call(tool, pennaction, *arguments)
    assert code == 2 and message in error


@pytest.mark.parametrize('layout, out, root, options', [
    ('ntu25', 'my/annotations.pkl', 'my/videos',
     '--data-root my --cfg-options num_classes=2 layout=ntu25 num_joints=25 num_person=1'),
    ('coco17', 'a.pkl', 'my/videos',
     '--cfg-options num_classes=2 num_person=1 data.ann_file=a.pkl data.data_prefix.video=my/videos'
     ),
])
def test_the_next_command_fits_the_data(layout, out, root, options, tmp_path, monkeypatch):
    clips = [dict(label=label, keypoint=None) for label in (0, 1)]
    command = next_command(dict(annotations=clips, layout=layout), root, out, num_person=1)
    assert command == f'train.py configs/d3d_custom_small.py {options}'.split()
    parser = ArgumentParser()
    add_shared_arguments(parser)
    (tmp_path / 'my').mkdir()
    monkeypatch.chdir(tmp_path)
    config, *arguments = command[1:]
    cfg = load_config(parser.parse_args([f'{ROOT}/{config}', *arguments]))
    check_config(cfg)
    data = cfg.train_dataloader.dataset
    assert (data.ann_file, data.data_prefix.video) == (out, root)
    assert cfg.model.backbone.num_joints == len(get_layout(layout))


@pytest.mark.parametrize('source, layout, command', [
    ('NTU RGB+D 60', 'ntu25', 'configs/d3d_ntu60_xsub.py --data-root my'),
    ('NTU RGB+D 120', 'ntu25', 'configs/d3d_ntu120_xset.py --data-root my'),
    ('FineGYM', 'coco17', 'configs/d3d_finegym.py --data-root my'),
    ('Penn Action', 'penn13', 'configs/d3d_pennaction.py --data-root my'),
    ('Penn Action', 'coco17', 'configs/d3d_pennaction.py --data-root my --cfg-options '
     'layout=coco17 num_joints=17'),
])
def test_the_next_command_of_a_published_data_set_has_its_config(source, layout, command):
    content = dict(annotations=[dict(label=0, keypoint=None)], layout=layout, source=source)
    folder = 'frames' if source == 'Penn Action' else 'videos'
    next_one = next_command(content, f'my/{folder}', 'my/annotations.pkl')
    assert next_one == f'train.py {command}'.split()
    cfg = Config.fromfile(ROOT / next_one[1])
    data = cfg.train_dataloader.dataset
    assert set(data.data_prefix) == {CONFIGS[source].media
                                     } and data.ann_file.endswith('/annotations.pkl')
    assert (data.layout, data.num_person) == CONFIGS[source][1:3]


def test_a_source_that_is_no_text_says_nothing():
    content = dict(annotations=[dict(label=0, keypoint=None)], source=10**5000)
    assert 'configs/d3d_custom_small.py' in next_command(content, 'videos', 'a.pkl')


def test_a_path_that_options_cannot_have_is_in_no_command():
    clips = [dict(label=0, keypoint=None)]
    assert next_command(dict(annotations=clips), 'my videos', 'a.pkl', num_person=2) is None
