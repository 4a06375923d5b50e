"""prepare_ntu.py as from the command line."""
import csv
import errno
import os
import pickle
from pathlib import Path

import av
import numpy as np
import pytest
from mmaction.registry import DATASETS

from mmaction_d3d.datasets import safe_pickle
from mmaction_d3d.datasets.converters import ntu
from mmaction_d3d.datasets.converters.reencode import reencode

from .ntu_files import FIRST_ID, make_body, write_skeleton

TRAIN, VAL = 'S001C001P001R001A003', 'S001C002P003R002A060'


@pytest.fixture
def skeletons(tmp_path):
    """Folder with two files of 4 frames, of a training and a validation subject."""
    for name in (TRAIN, VAL):
        write_skeleton(tmp_path / 'raw' / name[:4] / f'{name}.skeleton', 4, [make_body(range(3))])
    return tmp_path / 'raw'


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'out/a.pkl'


@pytest.fixture
def call(out, skeletons, run_lines):
    """Runs the tool; give its exit code, its lines, and the last one of stderr."""

    def run(*arguments, benchmark='ntu60'):
        return run_lines('tools/data/prepare_ntu.py', f'--benchmark={benchmark}',
                         f'--skeletons={skeletons}', f'--out={out}', '--workers=1', *arguments)

    return run


def report(out):
    with open(f'{out}.report.csv', newline='') as file:
        return list(csv.reader(file))[1:]


def test_annotations_and_splits(call, out):
    call()
    content = safe_pickle.load(str(out))
    assert content['split'] == dict(xsub_train=[TRAIN], xsub_val=[VAL], xview_train=[VAL],
                                    xview_val=[TRAIN])
    first, second = content['annotations']
    assert (first['frame_dir'], first['label'], second['label']) == (TRAIN, 2, 59)
    assert first['img_shape'] == first['original_shape'] == (1080, 1920)
    assert (first['total_frames'], first['keypoint'].shape,
            first['keypoint'].dtype) == (4, (1, 4, 25, 2), np.float32)
    np.testing.assert_allclose(first['keypoint'][0, 2], make_body(range(3))[1][2][:, 5:7], 1e-6)
    assert first['keypoint_score'][0].any(-1).tolist() == [True, True, True, False]


def test_more_people_are_kept_where_asked_for(call, skeletons, out):
    write_skeleton(skeletons / f'{VAL[:-3]}050.skeleton', 20,
                   [make_body(range(20), seed, FIRST_ID + seed) for seed in range(4)])
    call('--num-person=3')
    assert safe_pickle.load(str(out))['annotations'][1]['keypoint'].shape == (3, 20, 25, 2)
    assert report(out) == [['body beyond 3 people of more motion', f'{VAL[:-3]}050']]


def test_what_is_left_out_is_reported(call, skeletons, out):
    missing, other, empty, cut = ('S001C002P005R002A008', 'S018C001P001R001A061',
                                  'S001C003P001R001A001', 'S001C003P001R001A002')
    for name in (missing, other, 'notes'):
        write_skeleton(skeletons / f'{name}.skeleton', 2, [make_body(range(2))])
    write_skeleton(skeletons / f'{empty}.skeleton', 2, [])
    path = write_skeleton(skeletons / f'{cut}.skeleton', 2, [make_body(range(2))])
    path.write_bytes(path.read_bytes()[:-200])
    code, lines, _ = call()
    assert code == 0 and len(safe_pickle.load(str(out))['annotations']) == 2
    reasons = dict(report(out))
    assert reasons['on the official list of missing skeletons: left out'] == missing
    assert reasons['no sample of ntu60: left out'] == other
    assert reasons['no name of an NTU sample: left out'] == 'notes'
    assert reasons['no body in any frame: left out'] == empty
    assert f'{cut}.skeleton: line' in reasons['damaged file: left out']
    assert any(line.startswith('1 x damaged file: left out') for line in lines)


def test_120_classes(call, skeletons, out):
    write_skeleton(skeletons / 'S018C001P045R001A120.skeleton', 2, [make_body(range(2))])
    call(benchmark='ntu120')
    assert safe_pickle.load(str(out))['split'] == dict(xsub_train=[TRAIN, 'S018C001P045R001A120'],
                                                       xsub_val=[VAL],
                                                       xset_train=['S018C001P045R001A120'],
                                                       xset_val=[TRAIN, VAL])


def test_joint_without_finite_coordinates_is_missing(call, skeletons, out):
    _, rows = make_body(range(2))
    rows[0][3, 5:7] = np.nan
    write_skeleton(skeletons / f'{TRAIN[:-3]}001.skeleton', 2, [(FIRST_ID, rows)])
    call()
    assert safe_pickle.load(str(out))['annotations'][0]['keypoint_score'][0, 0, 3] == 0
    assert report(out) == [[
        'joints without finite colour coordinates: missing joints', f'{TRAIN[:-3]}001: 1 joints'
    ]]


def test_sample_without_any_joint_is_left_out(call, skeletons, out):
    _, rows = make_body(range(2))
    for frame in rows:
        rows[frame][:, 5:7] = np.nan
    write_skeleton(skeletons / f'{TRAIN[:-3]}001.skeleton', 2, [(FIRST_ID, rows)])
    call()
    assert ['no joint in any frame: left out', f'{TRAIN[:-3]}001'] in report(out)


def test_name_twice_is_refused(call, skeletons, out):
    write_skeleton(skeletons / 'again' / f'{TRAIN}.skeleton', 2, [make_body(range(2))])
    code, _, error = call()
    assert code == 2 and 'want one file of a name' in error and not out.exists()


def test_folder_without_files_is_refused(call, skeletons):
    code, _, error = call('--skeletons', skeletons / 'S002', benchmark='ntu120')
    assert code == 2 and 'no such folder' in error


@pytest.mark.parametrize('flag', ['--num-person=0', '--short-side=8'])
def test_numbers_too_small_are_refused(flag, call):
    code, _, error = call(flag)
    assert code == 2 and flag.partition('=')[0] in error


def test_processes_give_the_same(call, out):
    call()
    alone = safe_pickle.load(str(out))
    call('--workers=2')
    together = safe_pickle.load(str(out))
    assert together['split'] == alone['split']
    for single, other in zip(alone['annotations'], together['annotations'], strict=True):
        assert single['frame_dir'] == other['frame_dir']
        np.testing.assert_array_equal(single['keypoint'], other['keypoint'])


def test_interrupted_run_goes_on(call, out, monkeypatch):
    monkeypatch.setattr(ntu.Resumable.map, '__defaults__', (None, 'jobs', 1))
    read, real = [], ntu.read_skeleton

    def stop(path):
        if VAL in path:
            raise KeyboardInterrupt
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(ntu, 'read_skeleton', stop)
        code, _, last = call()
    assert (code, last) == (130, 'Stopped') and not out.exists()
    monkeypatch.setattr(ntu, 'read_skeleton', lambda path: read.append(path) or real(path))
    code, _, _ = call()
    assert code == 0 and [VAL in path for path in read] == [True]
    assert len(safe_pickle.load(str(out))['annotations']) == 2
    assert sorted(os.listdir(out.parent)) == ['a.pkl']


def test_changed_file_is_read_again(call, out, skeletons, monkeypatch):
    monkeypatch.setattr('mmaction_d3d.datasets.converters.common.Resumable.remove', lambda _: None)
    call()
    path = skeletons / TRAIN[:4] / f'{TRAIN}.skeleton'
    path.write_bytes(path.read_bytes().replace(b' 2\r\n25', b' 1\r\n25').replace(b' 2\r', b' 1\r'))
    os.utime(path, (0, 0))
    call()
    assert safe_pickle.load(str(out))['annotations'][0]['keypoint_score'].max() == 0.5


def test_full_disk_leaves_the_old_file(call, out, monkeypatch):
    call()
    before = out.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    code, _, error = call('--num-person=1')
    assert code == 2 and 'No space left on device' in error
    assert out.read_bytes() == before and not list(out.parent.glob('**/*.part'))


@pytest.fixture
def videos(tmp_path, square_video):
    """Folder with a video of 4 frames, 96 x 160, of each sample."""
    for name in (TRAIN, VAL):
        path = tmp_path / 'rgb' / f'{name}_rgb.avi'
        path.parent.mkdir(exist_ok=True)
        square_video.write(path, square_video.draw(4, (96, 160)))
    return tmp_path / 'rgb'


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]


def test_videos_are_written_smaller_frame_by_frame(call, out, videos, square_video):
    code, _, _ = call(f'--videos={videos}', '--short-side=48')
    assert code == 0 and sorted(os.listdir(out.parent)) == ['a.pkl', 'videos']
    with av.open(str(out.parent / 'videos' / f'{TRAIN}_rgb.avi')) as container:
        assert container.streams.video[0].codec_context.name == 'h264'
        assert np.diff([frame.pts for frame in container.decode(video=0)]).tolist() == [1, 1, 1]
    small = frames_of(out.parent / 'videos' / f'{TRAIN}_rgb.avi')
    assert [frame.shape for frame in small] == [(48, 80, 3)] * 4
    for index, frame in enumerate(small):
        x, y = square_video.centre(index, 4, (96, 160))
        assert frame[y // 2, x // 2].min() > 150 and np.median(frame) < 60


def test_gaps_in_time_make_no_frames(tmp_path, square_video):
    source, target = tmp_path / 'a.mp4', tmp_path / 'a.avi'
    with av.open(str(source), 'w') as container:
        stream = container.add_stream('libx264', rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        for index, image in enumerate(square_video.draw(4, (48, 64))):
            frame = av.VideoFrame.from_ndarray(image, format='rgb24')
            frame.pts = 5 * index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert reencode((str(source), str(target), 48)).frames == 4
    with av.open(str(target)) as container:
        assert container.streams.video[0].frames == len(list(container.decode(video=0))) == 4


def test_written_videos_are_read_by_the_data_set(call, out, videos):
    call(f'--videos={videos}', '--short-side=48')
    data = DATASETS.build(
        dict(
            type='RGBPoseDataset', ann_file=str(out), split='xsub_train', layout='ntu25',
            data_prefix=dict(video=str(out.parent / 'videos')), filename_tmpl='{frame_dir}_rgb.avi',
            pipeline=[
                dict(type='AlignedSampleFrames', clip_len=4, test_mode=True),
                dict(type='AlignedDecode')
            ]))
    clip = data[0]
    assert [image.shape for image in clip['imgs']] == [(48, 80, 3)] * 4
    expected = make_body(range(3))[1][2][:, 5:7] * [80 / 1920, 48 / 1080]
    np.testing.assert_allclose(clip['keypoint'][0, 2], expected, rtol=1e-5)


def test_smaller_videos_keep_their_size(call, out, videos):
    call(f'--videos={videos}')
    assert frames_of(out.parent / 'videos' / f'{VAL}_rgb.avi')[0].shape == (96, 160, 3)


def test_videos_that_are_there_stay(call, out, videos):
    call(f'--videos={videos}', '--short-side=48')
    path = out.parent / 'videos' / f'{TRAIN}_rgb.avi'
    before = os.stat(path)
    call(f'--videos={videos}', '--short-side=48')
    assert os.stat(path).st_mtime_ns == before.st_mtime_ns


def test_shards_write_their_videos_and_no_pickle(call, out, videos):
    for number in (1, 2):
        assert call(f'--videos={videos}', '--short-side=48', f'--shard={number}/2')[0] == 0
        assert len(os.listdir(out.parent / 'videos')) == number and not out.exists()
    assert call('--shard=1/2')[2].endswith(
        '--shard: found no --videos, want both: videos are shared')


def test_videos_of_another_size_are_refused(call, videos):
    call(f'--videos={videos}', '--short-side=48')
    code, _, error = call(f'--videos={videos}', '--short-side=32')
    assert code == 2 and 'short side: found 48, want 32' in error


def test_source_folder_is_never_written_to(call, out, videos):
    out.parent.mkdir()
    videos.rename(out.parent / 'videos')
    code, _, error = call(f'--videos={out.parent / "videos"}')
    assert code == 2 and 'want another folder' in error


def test_sample_without_a_good_video_is_left_out(call, out, videos, skeletons, square_video):
    damaged, short, empty = (f'{TRAIN[:-3]}{action:03}' for action in (1, 2, 4))
    for name in (damaged, short, empty):
        write_skeleton(skeletons / f'{name}.skeleton', 4, [make_body(range(3))])
    (videos / f'{damaged}_rgb.avi').write_bytes(b'RIFF no video')
    square_video.write(videos / f'{short}_rgb.avi', square_video.draw(3, (96, 160)))
    whole = (videos / f'{VAL}_rgb.avi').read_bytes()
    (videos / f'{empty}_rgb.avi').write_bytes(whole[:whole.index(b'movi') + 4])
    (videos / f'{TRAIN}_rgb.avi').unlink()
    call(f'--videos={videos}')
    content = safe_pickle.load(str(out))
    assert [clip['frame_dir'] for clip in content['annotations']] == [short, VAL]
    assert content['split']['xsub_train'] == [short]
    reasons = dict(report(out))
    assert reasons['no video: left out'] == TRAIN
    assert [
        name.partition(':')[0] for reason, name in report(out)
        if reason == 'video that does not decode: left out'
    ] == [damaged, empty]
    assert reasons['video and skeleton file differ in their number of frames: kept'] == (
        f'{short}: 3, 4')
    assert len(os.listdir(out.parent / 'videos')) == 2


def test_interrupted_video_is_not_left(call, out, videos, monkeypatch):

    def stop(*args):
        yield from ()
        raise KeyboardInterrupt

    monkeypatch.setattr('mmaction_d3d.media.Video.frames', stop)
    code, _, last = call(f'--videos={videos}')
    assert (code, last) == (130, 'Stopped')
    assert not os.listdir(out.parent / 'videos') and not out.exists()


class Runs:
    """Unpickles by making a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path), )


def test_unfinished_work_runs_no_code(call, out, tmp_path, monkeypatch):
    monkeypatch.setattr('mmaction_d3d.datasets.converters.common.Resumable.remove', lambda _: None)
    call()
    part, = Path(f'{out}.parts').glob('*.pkl')
    part.write_bytes(pickle.dumps([Runs(tmp_path / 'ran')] * 2))
    code, _, error = call()
    assert code == 2 and 'mkdir' in error and not (tmp_path / 'ran').exists()
