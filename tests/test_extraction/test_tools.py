"""The tools of skeleton extraction from the command line."""
import csv
import os
import pickle
import signal
import subprocess
import sys

import av
import cv2
import numpy as np
import pytest
from running import ROOT, run_tool

from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.visualization.palette import PEOPLE

from .conftest import CONFIG


@pytest.fixture
def run(capsys):
    """Runs a tool in this process: exit code, stdout, last line of stderr."""

    def run(tool, *argv):
        code = run_tool(f'tools/{tool}', *argv)
        out, err = capsys.readouterr()
        return code, out, err.rstrip('\n').rpartition('\n')[2]

    return run


@pytest.fixture
def narrow(pose_checkpoint):
    """Flags of the narrow HRNet with random weights."""
    return [
        '--pose-config', CONFIG, '--pose-checkpoint', pose_checkpoint, '--whole-frame', '--device',
        'cpu'
    ]


@pytest.fixture
def videos(people_video, tmp_path):
    """Six videos of 3 to 8 frames."""
    for frames in range(3, 9):
        people_video(f'videos/{frames}.mp4', [[(20 + t, 30) for t in range(frames)]])
    return tmp_path / 'videos'


KILLED = """
import os, runpy, signal, sys
from mmaction_d3d.extraction.job import Results
write, numbers = Results.write, iter(range(6))

def write_two(self, *args):
    if next(numbers) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, *args)

Results.write = write_two
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


def test_a_run_that_is_killed_goes_on_without_loss_or_repetition(videos, narrow, tmp_path, run):
    out, parts = tmp_path / 'x.pkl', tmp_path / 'x.pkl.parts'
    command = [
        sys.executable, '-c', KILLED,
        str(ROOT / 'tools' / 'extract_skeletons.py'),
        str(videos), '--out',
        str(out), *map(str, narrow)
    ]
    process = subprocess.run(command, capture_output=True, env=dict(os.environ,
                                                                    OMP_NUM_THREADS='1'))
    assert process.returncode == -signal.SIGKILL, process.stderr
    done = {path: path.stat().st_mtime_ns for path in parts.glob('*.pkl')}
    assert len(done) == 2 and not out.exists()
    results = {}

    def look():  # before they are merged and removed
        results.update({path: path.stat().st_mtime_ns for path in parts.glob('*.pkl')})

    from mmaction_d3d.extraction.job import Results
    original = Results.remove
    Results.remove = lambda self: (look(), original(self))
    try:
        code, text, _ = run('extract_skeletons.py', videos, '--out', out, *narrow, '--resume')
    finally:
        Results.remove = original
    assert code == 0 and f'{len(done)} of 6 videos are there from an earlier run' in text
    assert len(results) == 6 and all(results[path] == changed for path, changed in done.items())
    annotations = safe_pickle.load(str(out))['annotations']
    assert [info['total_frames'] for info in annotations] == [3, 4, 5, 6, 7, 8]
    assert not parts.exists()


def test_a_broken_video_is_listed_and_the_rest_is_written(videos, narrow, tmp_path, run):
    (videos / '5.mp4').write_bytes(b'no video')
    out = tmp_path / 'x.pkl'
    code, text, _ = run('extract_skeletons.py', videos, '--out', out, *narrow)
    assert code == 1 and '1 of 6 videos failed:' in text
    assert '  5.mp4: ' in text and 'want a video that can be decoded' in text
    assert 'one person a frame is found' in text
    assert len(safe_pickle.load(str(out))['annotations']) == 5
    with open(f'{out}.report.csv', newline='') as file:
        assert [row['reason']
                for row in csv.DictReader(file)] == ['video that cannot be used: left out']
    (videos / '5.mp4').write_bytes((videos / '6.mp4').read_bytes())  # mended
    code, text, _ = run('extract_skeletons.py', videos, '--out', out, *narrow, '--resume')
    assert code == 0 and '5 of 6 videos are there' in text
    assert text.endswith(f'next: python tools/infer.py {videos} --skeletons {out}\n')
    assert len(safe_pickle.load(str(out))['annotations']) == 6


def test_folders_of_frames_with_the_boxes_of_their_labels(narrow, tmp_path, run):
    """As docs/data_pennaction.md says: labels and boxes in the pickle, the frames in folders."""
    known = []
    for number in (1, 2):
        folder = tmp_path / 'frames' / f'{number:04}'
        folder.mkdir(parents=True)
        for index in range(3):
            image = np.random.default_rng(index).integers(0, 255, (60, 80, 3), np.uint8)
            cv2.imwrite(str(folder / f'{index + 1:06}.jpg'), image)
        boxes = np.full((1, 3, 4), (5, 5, 50, 55), np.float32)
        boxes[0, 1] = np.nan
        known.append(
            dict(frame_dir=f'{number:04}', label=number, total_frames=3, img_shape=(60, 80),
                 bbox=boxes))
    (tmp_path / 'known.pkl').write_bytes(
        pickle.dumps(dict(annotations=known, split=dict(train=['0001'], test=['0002']))))
    narrow.remove('--whole-frame')
    code, _, last = run('extract_skeletons.py', tmp_path / 'frames', '--labels',
                        tmp_path / 'known.pkl', '--boxes', tmp_path / 'known.pkl', '--out',
                        tmp_path / 'x.pkl', *narrow)
    assert code == 0, last
    content = safe_pickle.load(str(tmp_path / 'x.pkl'))
    assert content['split'] == dict(train=['0001'], test=['0002'])
    for info in content['annotations']:
        assert info['label'] == int(info['frame_dir']) and 'filename' not in info
        assert info['keypoint'].shape == (1, 3, 17, 2)
        assert info['keypoint_score'][0].any(1).tolist() == [True, False, True]


@pytest.mark.parametrize('flags, message', [
    (['--shard', '3/2'], '--shard: found 3/2, want I/N with 1 <= I <= N, such as 1/4'),
    (['--max-persons', '0'], '--max-persons: found 0, want at least 1'),
    (['--det-checkpoint', 'x.pth'], '--det-checkpoint: found no --det-config, want both'),
    (['--det-config', 'mmdet::rtmdet/rtmdet_m_8xb32-300e_coco.py'], 'mmdet: found nothing, want'),
])
def test_wrong_flags(videos, narrow, tmp_path, run, flags, message):
    narrow.remove('--whole-frame')
    code, _, last = run('extract_skeletons.py', videos, '--out', tmp_path / 'x.pkl', *narrow,
                        *flags)
    assert code == 2 and last.startswith('error: ') and message in last


@pytest.mark.parametrize('tool, flags', [
    ('extract_skeletons.py',
     ['{videos}', '--out', '{tmp}/x.pkl', '--backend', 'mediapipe', '--boxes', '{planted}']),
    ('extract_skeletons.py',
     ['{videos}', '--out', '{tmp}/x.pkl', '--backend', 'mediapipe', '--labels', '{planted}']),
    ('extract_skeletons.py', ['merge', '{planted}', '--out', '{tmp}/x.pkl']),
    ('visualize_skeletons.py', ['{planted}', '--videos', '{videos}']),
    ('data/export_coco.py',
     ['{planted}', '--videos', '{videos}', '--out', '{tmp}/o', '--split', 'a']),
    ('analysis/compare_skeletons.py', ['{planted}', '{planted}']),
])
def test_no_tool_runs_what_a_pickle_carries(people_video, tmp_path, plant, run, tool, flags):
    people_video('videos/a.mp4', [[(20, 30)] * 2])
    values = dict(videos=tmp_path / 'videos', tmp=tmp_path, planted=plant(tmp_path / 'planted.pkl'))
    code, _, last = run(tool, *(flag.format(**values) for flag in flags))
    assert code == 2 and 'global: found posix.system, want' in last
    assert not (tmp_path / 'mark').exists()


def annotation(frames=4, people=2):
    """Two people, the second one 40 pixels right of the first."""
    joints = np.zeros((people, frames, 17, 2), np.float32)
    joints[..., 0] = 20 + np.arange(17) + 40 * np.arange(people)[:, None, None]
    joints[..., 1] = 20 + 2 * np.arange(17)
    return dict(frame_dir='a', filename='a.mp4', total_frames=frames, img_shape=(64, 160),
                keypoint=joints, keypoint_score=np.full(joints.shape[:3], 0.9, np.float32))


def test_skeletons_are_drawn_in_a_colour_a_person(people_video, tmp_path, run):
    people_video('videos/a.mp4', [[None] * 4])
    (tmp_path / 'x.pkl').write_bytes(pickle.dumps(dict(annotations=[annotation()])))
    code, text, last = run('visualize_skeletons.py', tmp_path / 'x.pkl', '--videos',
                           tmp_path / 'videos', '--out', tmp_path / 'out')
    assert code == 0, last
    with av.open(str(tmp_path / 'out' / 'a.mp4')) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ('h264', 'yuv420p')
        frames = [frame.to_ndarray(format='rgb24') for frame in container.decode(stream)]
    assert len(frames) == 4 and frames[0].shape == (64, 160, 3)
    sheet = cv2.imread(str(tmp_path / 'out' / 'a.png'))[..., ::-1]
    assert sheet.shape == (68, 4 * 164, 3)
    for number, (left, right) in enumerate(((0, 60), (60, 160))):
        area = sheet[:64, left:right].astype(int)
        near = [(np.abs(area - colour).sum(-1) < 60).sum() for colour in PEOPLE[:2]]
        assert near[number] > 20 > near[1 - number]


def test_clips_of_all_classes_are_drawn_unless_they_are_named(people_video, tmp_path, run):
    clips = []
    for index, label in enumerate([3, 3, 3, 5, 3, 4]):
        people_video(f'videos/{index}.mp4', [[None] * 4])
        clips.append(
            {**annotation(), 'frame_dir': str(index), 'filename': f'{index}.mp4', 'label': label})
    (tmp_path / 'x.pkl').write_bytes(pickle.dumps(dict(annotations=clips)))
    code, text, last = run('visualize_skeletons.py', tmp_path / 'x.pkl', '--videos',
                           tmp_path / 'videos', '--out', tmp_path / 'out')
    assert code == 0, last
    assert {path.stem for path in (tmp_path / 'out').glob('*.png')} == {'0', '1', '3', '5'}


def test_a_clip_that_is_not_there_is_named(tmp_path, run):
    (tmp_path / 'x.pkl').write_bytes(pickle.dumps(dict(annotations=[annotation()])))
    code, _, last = run('visualize_skeletons.py', tmp_path / 'x.pkl', '--videos', tmp_path,
                        '--clips', 'b')
    assert code == 2 and '--clips: found b, want a clip, such as a' in last


def test_a_video_of_more_frames_is_refused_and_nothing_is_left(people_video, tmp_path, run):
    people_video('videos/a.mp4', [[None] * 6])
    (tmp_path / 'x.pkl').write_bytes(pickle.dumps(dict(annotations=[annotation()])))
    code, _, last = run('visualize_skeletons.py', tmp_path / 'x.pkl', '--videos',
                        tmp_path / 'videos', '--out', tmp_path / 'out')
    assert code == 2 and 'frames: found more than 4, want 4, as total_frames of a says' in last
    assert os.listdir(tmp_path / 'out') == []


def test_skeletons_are_compared_with_known_ones(tmp_path, run):
    known, extracted = annotation(people=1), annotation(people=1)
    extracted['keypoint'][:, :, :5, 0] += 50  # the face is wrong
    for name, info in (('k', known), ('x', extracted)):
        (tmp_path / f'{name}.pkl').write_bytes(pickle.dumps(dict(annotations=[info])))
    del extracted['filename']
    code, text, last = run('analysis/compare_skeletons.py', tmp_path / 'k.pkl', tmp_path / 'x.pkl')
    # Labels are missing in both, as extraction without --labels leaves them.
    assert code == 0, last
    assert f'PCK@0.2: {12 / 17:.4f}, 95 % interval' in text
    assert 'nose             0.000 of 4' in text


def test_what_the_search_left_out_is_counted_and_named(run_lines, tmp_path, square_video):
    folder = tmp_path / 'videos'
    (folder / 'wave').mkdir(parents=True)
    square_video.write(folder / 'wave/a.mp4', square_video.draw(2, (32, 48)))
    (folder / 'wave/notes.txt').write_text('no video')
    out = tmp_path / 'x.pkl'
    code, lines, _ = run_lines('tools/extract_skeletons.py', folder, '--out', out, '--backend',
                               'mediapipe', '--whole-frame')
    assert code == 0
    told = f'no video or image, by its suffix: left out: {folder}/wave/notes.txt'
    assert f'1 x {told}' in lines
    with open(f'{out}.report.csv', newline='') as file:
        assert f'{folder}/wave/notes.txt' in [row['name'] for row in csv.DictReader(file)]
