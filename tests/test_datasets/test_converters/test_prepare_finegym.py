"""prepare_finegym.py as from the command line."""
import csv
import errno
import json
import os
import pickle
import re
import signal

import numpy as np
import pytest
from mmaction.registry import DATASETS

from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.media import H264Writer

from . import skeleton_writers as files
from .finegym_files import SIZE, read_numbers, write_annotations, write_full_video

EVENT = '0LtLS9wROrk_E_000001_000006'
VAULT = '0LtLS9wROrk_E_000006_000007'
FIRST, SECOND, THIRD = f'{EVENT}_A_0000_0000', f'{EVENT}_A_0003_0004', f'{VAULT}_A_0000_0000'
TIMES = {
    '0LtLS9wROrk': {
        'E_000001_000006':
        ((1.04, 6.2),
         {'A_0000_0000': [(0.2, 0.4)], 'A_0003_0004': [(3.2, 4.02)], 'A_0004_0005': [(4.5, 5.1)]}),
        'E_000006_000007': ((6.4, 7.6), {'A_0000_0000':
                                         [(0.04, 0.2), (0.2, 0.32),
                                          (0.32, 0.48)]}), 'E_000007_000007': ((7.6, 7.9), None)
    }
}
FRAMES = {FIRST: range(31, 36), SECOND: range(106, 127), THIRD: range(161, 172)}


class FineGym:
    """The folders and what is in them; :meth:`write` writes the annotation files anew."""

    def __init__(self, root, video):
        self.annotations, self.videos, self.out = root / 'ann', root / 'full', root / 'out/a.pkl'
        self.times = json.loads(json.dumps(TIMES))
        self.train, self.val, self.version = {FIRST: 7, SECOND: 98}, {THIRD: 2}, '1.0'
        self.videos.mkdir()
        os.link(video, self.videos / '0LtLS9wROrk.mp4')
        self.write()

    def write(self):
        write_annotations(self.annotations, self.times, self.train, self.val, self.version)

    def clip(self, name):
        return self.out.parent / 'videos' / f'{name}.mp4'

    def content(self):
        return safe_pickle.load(str(self.out))

    def report(self):
        with open(f'{self.out}.report.csv', newline='') as file:
            return list(csv.reader(file))[1:]


@pytest.fixture(scope='module')
def video(tmp_path_factory, square_video):
    path = tmp_path_factory.mktemp('full') / 'a.mp4'
    write_full_video(path, square_video)
    return path


@pytest.fixture
def gym(tmp_path, video):
    return FineGym(tmp_path, video)


@pytest.fixture
def call(gym, run_lines):
    """Runs the tool; give its exit code, its lines, and the last one of stderr."""

    def run(*arguments):
        return run_lines('tools/data/prepare_finegym.py', f'--annotations={gym.annotations}',
                         f'--videos={gym.videos}', f'--out={gym.out}', '--workers=1', *arguments)

    return run


def test_clips_labels_splits_and_classes(call, gym):
    code, lines, _ = call()
    assert code == 0 and 'no skeletons yet: extract them, or give --skeletons' in lines
    assert lines[-1].startswith('next: python tools/extract_skeletons.py ')
    content = gym.content()
    assert content['split'] == dict(train=[FIRST, SECOND], val=[THIRD])
    assert content['classes'] == [f'(FX) element {label}' for label in range(99)]
    assert content['annotations'] == [
        dict(frame_dir=name, label=label, img_shape=SIZE, original_shape=SIZE,
             total_frames=len(FRAMES[name]))
        for name, label in ((FIRST, 7), (SECOND, 98), (THIRD, 2))
    ]
    for name, numbers in FRAMES.items():
        assert read_numbers(gym.clip(name)) == list(numbers)
    assert len(list(gym.clip(FIRST).parent.iterdir())) == 3  # no clip that is in no split


def test_events_of_the_clips(call, gym, tmp_path):
    call(f'--events={tmp_path / "events"}', '--short-side=16')
    assert sorted(os.listdir(tmp_path / 'events')) == [f'{EVENT}.mp4', f'{VAULT}.mp4']
    assert read_numbers(tmp_path / 'events' / f'{VAULT}.mp4') == list(range(160, 190))
    assert gym.content()['annotations'][0]['img_shape'] == (16, 32)


def test_version_names_the_files(call, gym):
    gym.version, gym.train = '1.1', {SECOND: 1}
    gym.write()
    call('--version=1.1')
    assert gym.content()['split'] == dict(train=[SECOND], val=[THIRD])


def test_processes_give_the_same(call, gym):
    call('--workers=2')
    assert [clip['total_frames'] for clip in gym.content()['annotations']] == [5, 21, 11]


def test_killed_run_leaves_whole_clips_and_goes_on(call, gym, monkeypatch):
    real, frames = H264Writer.add, []

    def kill(self, frame, time):
        frames.append(frame.pts)
        if len(frames) == 10:  # within the second clip
            os.kill(os.getpid(), signal.SIGKILL)
        real(self, frame)

    child = os.fork()
    if not child:
        monkeypatch.setattr(H264Writer, 'add', kill)
        call()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    folder = gym.clip(FIRST).parent
    assert {path.name for path in folder.glob('*.mp4')} == {f'{FIRST}.mp4'}
    assert not gym.out.exists() and list(folder.glob('*.part'))
    before = gym.clip(FIRST).stat().st_mtime_ns

    _, lines, _ = call()
    assert 'clips: 1 of 3 are there from an earlier run' in lines
    assert gym.clip(FIRST).stat().st_mtime_ns == before and not list(folder.glob('*.part'))
    assert read_numbers(gym.clip(SECOND)) == list(FRAMES[SECOND])
    assert len(gym.content()['annotations']) == 3


def test_what_is_left_out_is_reported(call, gym):
    other, unknown = f'{"x" * 11}{FIRST[11:]}', f'{EVENT}_A_0077_0078'
    backwards, late = f'{EVENT}_A_0002_0001', f'{VAULT}_A_0001_0009'
    gym.times['x' * 11] = gym.times['0LtLS9wROrk']
    gym.times['0LtLS9wROrk']['E_000001_000006'][1]['A_0002_0001'] = [(2.5, 1.5)]
    gym.times['0LtLS9wROrk']['E_000006_000007'][1]['A_0001_0009'] = [(1.2, 9.5)]
    gym.train.update({other: 1, unknown: 1, backwards: 1, late: 1})
    gym.write()
    with open(gym.annotations / 'gym99_val_element.txt', 'a') as file:
        file.write(f'{THIRD} 2\n')
    code, _, _ = call()
    assert code == 0 and gym.content()['split'] == dict(train=[FIRST, SECOND], val=[THIRD])
    assert sorted(gym.report()) == sorted(
        [['its video is not there: left out', other],
         ['not in the file of times: left out', unknown],
         ['times that end before they start: left out', backwards],
         ['its video ends, or is damaged, before the clip ends: left out', late],
         ['clip listed twice: used once', THIRD]])


def test_damaged_video_is_reported_with_the_reason(call, gym):
    gym.times['y' * 11] = gym.times['0LtLS9wROrk']
    gym.train[f'{"y" * 11}{FIRST[11:]}'] = 3
    gym.write()
    (gym.videos / f'{"y" * 11}.mp4').write_bytes(b'no video')
    call()
    (reason, name), = gym.report()
    assert reason == 'its video does not open: left out' and name.startswith('y' * 11)
    assert 'InvalidDataError' in name


def test_skeletons_of_pyskl_by_name(call, gym):
    walk = files.walk(10)[None]  # of 10 frames: the published video had twice the frames
    files.write_pyskl(gym.annotations / 's.pkl',
                      {FIRST: walk, SECOND: files.walk(21)[None], 'other': files.walk(3)[None]},
                      size=(2 * SIZE[0], 2 * SIZE[1]))
    _, lines, _ = call(f'--skeletons={gym.annotations / "s.pkl"}', '--format=pyskl',
                       '--source-layout=coco17')
    content = gym.content()
    assert content['split'] == dict(train=[FIRST, SECOND], val=[])
    first, second = content['annotations']
    assert first['keypoint'].shape == (1, 5, 17, 2) and second['keypoint'].shape[1] == 21
    np.testing.assert_allclose(first['keypoint'][0], walk[0, 1::2, :, :2] / 2, atol=0.02)
    assert sorted(gym.report()) == sorted([[
        'skeletons of more or fewer frames than the clip has: those nearest in time',
        f'{FIRST}: 10, 5'
    ], ['no skeletons under its name: left out', THIRD],
                                           ['skeletons of no clip: not used', 'other']])


def test_the_data_set_reads_clips_and_skeletons(call, gym):
    files.write_pyskl(gym.annotations / 's.pkl', {SECOND: files.walk(21)[None]}, size=SIZE)
    call(f'--skeletons={gym.annotations / "s.pkl"}', '--format=pyskl', '--source-layout=coco17')
    data = DATASETS.build(
        dict(
            type='RGBPoseDataset', ann_file=str(gym.out), split='train', num_classes=99,
            num_person=1, data_prefix=dict(video=str(gym.out.parent / 'videos')), pipeline=[
                dict(type='AlignedSampleFrames', clip_len=4, test_mode=True),
                dict(type='AlignedDecode')
            ]))
    assert [image.shape for image in data[0]['imgs']] == [(*SIZE, 3)] * 4


def test_a_full_disk_leaves_the_clips_before_it(call, gym, monkeypatch):
    synced, real = [], os.fsync

    def full(handle):
        synced.append(handle)
        if len(synced) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, 'fsync', full)
    code, _, error = call()
    assert code == 2 and 'No space left on device' in error and not gym.out.exists()
    assert os.listdir(gym.clip(FIRST).parent) == [f'{FIRST}.mp4']


class Runs:
    """Unpickles by making a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path), )


def test_a_pickle_that_carries_code_is_refused_unrun(call, gym, tmp_path):
    (tmp_path / 's.pkl').write_bytes(pickle.dumps([Runs(tmp_path / 'ran')]))
    code, _, error = call(f'--skeletons={tmp_path / "s.pkl"}', '--format=pyskl')
    assert code == 2 and 's.pkl: global: found posix.mkdir' in error
    assert not (tmp_path / 'ran').exists() and not gym.out.exists()


def lines_of(file, text):

    def change(gym):
        (gym.annotations / file).write_text(text)

    return change


def entry(**changed):
    """A fault: other fields of the first event."""

    def change(gym):
        path = gym.annotations / 'finegym_annotation_info_v1.0.json'
        content = json.loads(path.read_text())
        content['0LtLS9wROrk']['E_000001_000006'].update(changed)
        path.write_text(json.dumps(content))

    return change


JSON = 'finegym_annotation_info_v1.0.json'
TRAIN, VAL = 'gym99_train_element_v1.0.txt', 'gym99_val_element.txt'


@pytest.mark.parametrize('fault, message', [
    (lines_of(JSON, '{"0LtLS9wROrk": '), 'v1.0.json: content: found Expecting'),
    (lines_of(JSON, '[]'), 'v1.0.json: content: found list, want names'),
    (lines_of(JSON, '{"0LtLS9wROrk": []}'), '0LtLS9wROrk: found list'),
    (entry(timestamps=None), f'{EVENT}.timestamps: found None, want pairs of seconds'),
    (entry(timestamps=[[1.04]]), f'{EVENT}.timestamps: found [[1.04]]'),
    (entry(timestamps=[['1', '2']]), f"{EVENT}.timestamps: found [['1', '2']]"),
    (entry(timestamps=[[float('nan'), 2]]), f'{EVENT}.timestamps: found [[nan, 2]]'),
    (entry(segments=['A']), f'{EVENT}: found list'),
    (entry(segments=dict(A_0000_0000=3)), f'{FIRST}.timestamps: found None'),
    (lines_of(TRAIN, f'{FIRST}\n'), 'line 1: found'),
    (lines_of(TRAIN, 'a.mp4 3\n'), 'line 1'),
    (lines_of(TRAIN, f'{FIRST} 99\n'), 'a class from 0 to 98'),
    (lines_of(TRAIN, f'{FIRST} 7\n\n{FIRST} 8\n'),
     f'line 3: found {FIRST} as class 8 in train, want class 7 in train, as {TRAIN}, line 1'),
    (lines_of(VAL, f'{FIRST} 7\n'), 'line 1: found .* in val, want class 7 in train'),
    (lines_of('gym99_categories.txt', 'Clabel:   1; set:  1; Glabel:   1; (VT) a\n'),
     'line 1: found .*, want Clabel: 0; set: S'),
    (lambda gym: (gym.annotations / VAL).unlink(), f'{VAL}: content: found FileNotFoundError'),
    (lambda gym: os.link(gym.videos / '0LtLS9wROrk.mp4', gym.videos / '0LtLS9wROrk.mkv'),
     'want one file of a name'),
    (lambda gym: (gym.videos / '0LtLS9wROrk.mp4').unlink(), 'videos: found .*video is not there'),
    (lambda gym: gym.videos.rename(gym.videos.parent / 'gone'), 'full: folder: found no such'),
])
def test_what_cannot_be_meant_is_refused(call, gym, fault, message):
    fault(gym)
    code, _, error = call()
    assert code == 2 and re.search(re.escape(message).replace(r'\.\*', '.*'), error), error
    assert not gym.out.exists()


@pytest.mark.parametrize('arguments, message', [
    (['--short-side=8'], '--short-side: found 8, want at least 16'),
    (['--skeletons=x'], '--format: found nothing'),
    (['--num-person=0'], '--num-person: found 0'),
    (['--out={videos}/../a.pkl', '--videos={videos}/../videos'], 'want another folder'),
])
def test_wrong_arguments(call, gym, arguments, message):
    (gym.videos.parent / 'videos').mkdir()
    code, _, error = call(*[text.format(videos=gym.videos) for text in arguments])
    assert code == 2 and message in error
