"""check_dataset.py and browse_dataset.py from the command line."""
import csv
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from running import listen_to_ctrl_c

ROOT = Path(__file__).parents[2]
CHECK, BROWSE = 'data/check_dataset.py', 'data/browse_dataset.py'


@pytest.fixture
def check(run_tool, ut_data, tmp_path):

    def run(*argv):
        ut_data.save()
        return run_tool(CHECK, ut_data.ann_file, '--csv', tmp_path / 'found.csv', *argv)

    return run


def test_check_ends_with_0_without_errors(check, ut_data, tmp_path):
    ended = check('--videos', ut_data.video_dir, '--workers', 2)
    assert ended.code == 0 and 'errors: 0\nwarnings: 0' in ended.out
    assert re.search(
        r'\nnext: python tools/train.py configs/d3d_custom_small.py --cfg-options '
        r'num_classes=\d ', ended.out)


def test_check_ends_with_1_with_errors_and_a_row_for_each(check, ut_data, tmp_path):
    ut_data.annotations[0]['label'] = -1
    (ut_data.video_dir / 'clip1.mp4').unlink()
    ended = check('--videos', ut_data.video_dir)
    assert ended.code == 1 and 'errors: 2' in ended.out and 'Traceback' not in ended.err
    assert re.search(r'\nnext: python tools/data/check_dataset.py .* --fix ', ended.out)
    with open(tmp_path / 'found.csv', newline='') as file:
        errors = [row['kind'] for row in csv.DictReader(file) if row['severity'] == 'error']
    assert errors == ['wrong label', 'no video']


def test_fix_writes_a_file_without_errors_beside_the_old_one(check, run_tool, ut_data, tmp_path):
    ut_data.annotations[0]['label'] = -1
    ut_data.annotations[1]['keypoint_score'] *= 3
    new = tmp_path / 'new.pkl'
    ended = check('--videos', ut_data.video_dir, '--fix', new)
    assert ended.code == 1 and '3 of 4 clips' in ended.out
    assert pickle.loads(ut_data.ann_file.read_bytes())['annotations'][0]['label'] == -1
    again = run_tool(CHECK, new, '--videos', ut_data.video_dir, '--csv', tmp_path / 'b.csv')
    assert again.code == 0 and 'errors: 0' in again.out


def test_check_without_videos_says_so(check):
    ended = check()
    assert ended.code == 0 and 'the annotations alone are checked' in ended.out
    assert ended.out.endswith(' --videos DIR\n')


def test_check_of_frames(check, ut_data):
    frames = ut_data.write_frame_folders('{:06}.jpg', 0)
    args = ['--frames', frames, '--frame-tmpl', '{:06}.jpg', '--start-index', 0, '--full']
    assert check(*args).code == 0
    assert check(*args[:-3]).code == 1  # counted from 1, the last frame is not there


@pytest.mark.parametrize('argv, says', [
    (['--fix', '{ann_file}'], r'set1_movenet.pkl: --fix: found a file that is there already'),
    (['--csv', '{ann_file}'], '--csv: found the annotation file'),
    (['--videos', 'nowhere'], 'nowhere: --videos: found no such folder'),
    (['--full'], '--full: found no folder to decode from'),
    (['--workers', '0'], '--workers: found 0, want at least 1'),
    (['--frame-tmpl', '{:q}'], "--frame-tmpl: found '{:q}'"),
    (['--layout', 'mpii'], "layout: found 'mpii'"),
    (['--filename-tmpl', '{id}.avi', '--videos', '{video_dir}'], "filename_tmpl: found '{id}.avi'"),
])
def test_check_refuses_a_wrong_call(check, ut_data, argv, says):
    before = ut_data.ann_file.read_bytes()
    ended = check(*[
        arg.replace('{ann_file}', str(ut_data.ann_file)).replace('{video_dir}',
                                                                 str(ut_data.video_dir))
        for arg in argv
    ])
    assert ended.code == 2 and says in ended.last_line
    assert ut_data.ann_file.read_bytes() == before


def test_ctrl_c_stops_a_check_that_then_leaves_no_process_and_no_file(ut_data, tmp_path):
    annotation = ut_data.annotations[0]
    ut_data.content.update(
        split={}, annotations=[
            dict(annotation, frame_dir=f'clip0{i}', filename='clip0.mp4') for i in range(6000)
        ])
    ut_data.save()
    process = subprocess.Popen(
        [
            sys.executable,
            str(ROOT / 'tools' / CHECK),
            str(ut_data.ann_file), '--videos',
            str(ut_data.video_dir), '--full', '--csv',
            str(tmp_path / 'a.csv'), '--workers', '2'
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A suite that a shell put into the background passes on that it ignores Ctrl-C.
        preexec_fn=listen_to_ctrl_c)
    children = []
    while process.poll() is None and len(children) < 2:  # it has begun
        time.sleep(0.01)
        children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130 and err.strip() == 'Stopped'
    assert len(children) >= 2 and not (tmp_path / 'a.csv').exists()
    end = time.monotonic() + 60
    while any(Path(f'/proc/{child}').exists() for child in children):
        assert time.monotonic() < end, 'a process is left'
        time.sleep(0.1)


@pytest.fixture
def browse(run_tool, ut_args, tmp_path):

    def run(*argv):
        return run_tool(BROWSE, *ut_args[:5], *argv)

    return run


def test_browse_draws_a_sheet_and_the_same_seed_the_same(browse, tmp_path):
    for name, seed in (('a', 1), ('b', 1), ('c', 3)):
        ended = browse('--count', 2, '--seed', seed, '--out', tmp_path / f'{name}.png')
        assert ended.code == 0 and '2 of 2 clips' in ended.out
    first, second, other = ((tmp_path / f'{name}.png').read_bytes() for name in 'abc')
    assert first == second != other
    assert cv2.imread(str(tmp_path / 'a.png')).shape[1] >= 12 * 160


def test_browse_writes_h264(browse, work_dir):
    ended = browse('--split', 'test', '--count', 9, '--video')
    assert ended.code == 0 and '2 of 2 clips' in ended.out
    with av.open(str(work_dir / 'browse_test.mp4')) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format='rgb24') for frame in container.decode(stream)]
    assert stream.codec_context.name == 'h264' and len(frames) == 4 * 12
    assert np.abs(frames[0].astype(int) - frames[-1]).max() > 50


@pytest.mark.parametrize('argv, says', [
    (['--out', 'a.jpg'], '--out: found a.jpg, want a name that ends in .png'),
    (['--video', '--out', 'a.png'], 'want a name that ends in .mp4'),
    (['--count', 0], '--count: found 0'),
    (['--seed', -1], '--seed: found -1'),
    (['--split', 'val'], 'val_dataloader: found nothing'),
])
def test_browse_refuses_a_wrong_call(browse, argv, says):
    ended = browse(*argv)
    assert ended.code == 2 and says in ended.last_line


@pytest.mark.parametrize('tool, argv', [(CHECK, ['none']), (BROWSE, ['none']),
                                        ('benchmark.py', ['data', '--repeats', 0])])
def test_debug_shows_the_traceback(run_tool, tool, argv):
    plain, debug = run_tool(tool, *argv), run_tool(tool, *argv, '--debug')
    assert plain.code == debug.code == 2 and plain.last_line == debug.last_line
    assert ('Traceback' in plain.err, 'Traceback' in debug.err) == (False, True)
