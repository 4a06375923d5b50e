"""Folders and CSVs of videos to annotations without skeletons."""
import pickle

import numpy as np
import pytest

from mmaction_d3d.datasets.converters import custom
from mmaction_d3d.datasets.converters.custom import Clip
from mmaction_d3d.drop_report import DropReport
from mmaction_d3d.errors import InputError


@pytest.fixture
def root(tmp_path):
    return tmp_path / 'videos'


@pytest.fixture
def put(root, square_video):
    """Writes small videos, each with frames of its own number, below ``root``."""

    def make(*paths):
        for number, path in enumerate(paths, 2):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            square_video.write(root / path, square_video.draw(number, (48, 64)))

    return make


@pytest.fixture
def report():
    return DropReport()


@pytest.fixture
def make(root, tmp_path, report):
    """Annotations of clips, and the notes of the report."""

    def run(clips, workers=1):
        content, job = custom.make_annotations(clips, str(root), str(tmp_path / 'a.pkl'), workers,
                                               report)
        job.remove()
        return content, report.counts()

    return run


@pytest.fixture
def write_csv(tmp_path):

    def write(*rows, head='path,label,split', encoding='utf-8'):
        (tmp_path / 'c.csv').write_text('\n'.join((head, *rows)), encoding=encoding)
        return str(tmp_path / 'c.csv')

    return write


def test_hidden_folders_are_no_classes_and_no_splits(root, put, report):
    put('train/wave/a.mp4', 'val/wave/b.mp4', '.cache/wave/c.mp4')
    assert [(clip.path, clip.split)
            for clip in custom.list_folders(str(root), report)] == [('train/wave/a.mp4', 'train'),
                                                                    ('val/wave/b.mp4', 'val')]
    assert report.counts() == {'hidden, by its name: left out': 1}


def touch(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())


def test_folder_per_class(root, report):
    touch(root, 'wave/b.mp4', 'push/x/a.AVI')
    assert custom.list_folders(str(root), report) == [
        Clip('push/x/a.AVI', 'push', None),
        Clip('wave/b.mp4', 'wave', None)
    ]


def test_folder_per_split_and_class(root, report):
    touch(root, 'train/wave/a.mp4', 'test/push/b.mp4')
    assert custom.list_folders(str(root), report) == [
        Clip('test/push/b.mp4', 'push', 'test'),
        Clip('train/wave/a.mp4', 'wave', 'train')
    ]


def test_a_class_may_be_called_test(root, report):
    touch(root, 'test/a.mp4', 'wave/b.mp4')
    assert {clip.label for clip in custom.list_folders(str(root), report)} == {'test', 'wave'}


def test_files_that_are_no_clips_are_reported(root, report):
    touch(root, 'train/wave/a.mp4', 'train/wave/notes.txt', 'train/b.mp4', 'readme.txt')
    assert len(custom.list_folders(str(root), report)) == 1
    assert report.counts() == {
        'no video, by its suffix: left out': 2, 'video outside of a class: left out': 1
    }


def test_a_video_beside_the_classes_is_reported(root, report):
    touch(root, 'wave/a.mp4', 'b.mp4')
    assert [clip.path for clip in custom.list_folders(str(root), report)] == ['wave/a.mp4']
    assert list(report.lines()) == ['1 x video outside of a class: left out: b.mp4']


def test_classes_that_are_links_to_folders_elsewhere(root, report, tmp_path):
    touch(tmp_path / 'disk', 'wave/a.mp4', 'wave/b.mp4')
    touch(root, 'push/c.mp4')
    (root / 'wave').symlink_to(tmp_path / 'disk/wave')
    assert [(clip.path, clip.label)
            for clip in custom.list_folders(str(root), report)] == [('push/c.mp4', 'push'),
                                                                    ('wave/a.mp4', 'wave'),
                                                                    ('wave/b.mp4', 'wave')]
    (root / 'wave' / 'again').symlink_to(root / 'wave')
    custom.list_folders(str(root), report)
    assert list(
        report.lines()) == [f'1 x link to a folder that it lies in: left out: {root}/wave/again']


def test_csv(root, report, write_csv):
    touch(root, 'a.mp4', 'x/b.mp4')
    path = write_csv('x/../a.mp4, wave ,train', '"x/b.mp4",push,val', encoding='utf-8-sig')
    assert custom.list_csv(path, str(root), report) == [
        Clip('a.mp4', 'wave', 'train'),
        Clip('x/b.mp4', 'push', 'val')
    ]


@pytest.mark.parametrize('head, row, encoding', [
    ('path;label;split', 'x/b.mp4;push;val', 'utf-8-sig'),
    ('Path\tLabel\tSplit', 'x/b.mp4\tpush\tval', 'utf-8'),
    (' PATH, Label,split', 'x\\b.mp4,push,val', 'utf-8'),
])
def test_csv_as_spreadsheets_and_windows_write_it(root, report, write_csv, head, row, encoding):
    touch(root, 'x/b.mp4')
    path = write_csv(row, head=head, encoding=encoding)
    assert custom.list_csv(path, str(root), report) == [Clip('x/b.mp4', 'push', 'val')]


def test_csv_of_files_that_are_elsewhere(root, report, write_csv):
    with pytest.raises(InputError, match='c.csv: path: found 1 x no such file: left out: a.mp4'):
        custom.list_csv(write_csv('a.mp4,wave,train'), str(root), report)


def test_csv_rows_that_repeat_and_files_that_are_not_there_are_reported(root, report, write_csv):
    touch(root, 'a.mp4')
    path = write_csv('a.mp4,wave,train', 'a.mp4,wave,train', 'b.mp4,wave,train')
    assert len(custom.list_csv(path, str(root), report)) == 1
    assert report.counts() == {'row that repeats another: left out': 1, 'no such file: left out': 1}


@pytest.mark.parametrize('rows, message', [
    (('a.mp4,wave,train', 'a.mp4,push,train'),
     'c.csv: line 3: found a.mp4 as push in train, want wave in train, as in line 2'),
    (('a.mp4,wave,train', './a.mp4,wave,val'), 'line 3: found a.mp4 as wave in val'),
    (('a.mp4,wave', ), 'line 2: found a.mp4,wave,, want a value for each'),
    (('a.mp4,wave,train,more', ), 'line 2'),
    (('../a.mp4,wave,train', ), r'line 2: found \.\./a\.mp4, want a path below'),
    (('/a.mp4,wave,train', ), 'want a path below'),
])
def test_wrong_row(root, report, write_csv, rows, message):
    with pytest.raises(InputError, match=message):
        custom.list_csv(write_csv(*rows), str(root), report)


def test_csv_without_a_column(root, report, write_csv):
    with pytest.raises(InputError, match='path,label,split'):
        custom.list_csv(write_csv('a.mp4,wave', head='path,label'), str(root), report)


def test_csv_in_another_encoding(root, report, write_csv):
    with pytest.raises(InputError, match='want a CSV file in UTF-8'):
        custom.list_csv(write_csv('é.mp4,wave,train', encoding='latin-1'), str(root), report)


def test_folder_without_classes(root, report):
    root.mkdir()
    with pytest.raises(InputError, match='want a folder per class'):
        custom.list_folders(str(root), report)


def check(root, report, *clips):
    return custom.check_names([Clip(*clip) for clip in clips], str(root), report)


def test_two_files_of_one_name(root, report):
    touch(root, 'a/x.mp4', 'a/x.avi')
    with pytest.raises(InputError, match='names: found a/x.avi and a/x.mp4'):
        check(root, report, ('a/x.avi', 'a', None), ('a/x.mp4', 'a', None))


@pytest.mark.parametrize('other', [('b/y.mp4', 'b', 'train'), ('b/y.mp4', 'a', 'val')],
                         ids=['class', 'split'])
def test_one_video_in_two_classes_or_splits(root, report, other):
    for name in ('a/x.mp4', 'b/y.mp4'):
        touch(root, name)
        (root / name).write_bytes(b'same')
    with pytest.raises(InputError, match='found the same content in a/x.mp4 and b/y.mp4'):
        check(root, report, ('a/x.mp4', 'a', 'train'), other)


def test_copy_in_its_class_is_left_out(root, report):
    touch(root, 'a/x.mp4', 'a/y.mp4', 'a/z.mp4')
    (root / 'a/y.mp4').write_bytes((root / 'a/x.mp4').read_bytes())
    clips = check(root, report, *((f'a/{name}.mp4', 'a', None) for name in 'xyz'))
    assert [clip.name for clip in clips] == ['a/x', 'a/z']
    assert report.counts() == {'copy of another video of its class: left out': 1}


def drawn(ratio, seed=0, sizes=(10, 2, 1)):
    clips = [Clip(f'{size}/{i}.mp4', str(size), None) for size in sizes for i in range(size)]
    clips = custom.draw_splits(clips, ratio, seed)
    return [
        sum(clip.split == 'val' for clip in clips if clip.label == str(size)) for size in sizes
    ], clips


@pytest.mark.parametrize('ratio, number', [(0.2, [2, 1, 0]), (0.9, [9, 1, 0]), (0, [0, 0, 0]),
                                           (0.01, [1, 1, 0])])
def test_share_of_each_class_is_drawn(ratio, number):
    assert drawn(ratio)[0] == number


def test_the_draw_is_by_the_seed():
    assert drawn(0.5)[1] == drawn(0.5)[1] != drawn(0.5, seed=1)[1]


def test_annotations_say_what_decodes(put, make):
    put('wave/a.mp4', 'push/b.mp4')
    content, notes = make([Clip('wave/a.mp4', 'wave', 'train'), Clip('push/b.mp4', 'push', 'val')])
    assert content == dict(
        classes=['push', 'wave'], split=dict(train=['wave/a'], val=['push/b']), annotations=[
            dict(frame_dir='wave/a', filename='wave/a.mp4', label=1, total_frames=2,
                 img_shape=(48, 64), original_shape=(48, 64)),
            dict(frame_dir='push/b', filename='push/b.mp4', label=0, total_frames=3,
                 img_shape=(48, 64), original_shape=(48, 64))
        ])
    assert notes == {}


def test_labels_that_are_numbers_are_kept(put, make):
    put('a.mp4', 'b.mp4')
    content, _ = make([Clip('a.mp4', '10', 'train'), Clip('b.mp4', '2', 'train')])
    assert [a['label'] for a in content['annotations']] == [10, 2] and 'classes' not in content


def test_videos_that_do_not_decode_are_left_out(root, put, make):
    put('a.mp4')
    (root / 'b.mp4').write_bytes(b'no video')
    content, notes = make([Clip('a.mp4', 'x', 'train'), Clip('b.mp4', 'x', 'train')])
    assert content['split'] == dict(train=['a']) and len(content['annotations']) == 1
    assert notes == {'video that does not decode: left out': 1}


def test_video_cut_off_is_used_as_far_as_it_decodes(root, make, square_video):
    root.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (8, 48, 64, 3), np.uint8)
    square_video.write(root / 'a.avi', list(noise), codec='mpeg4', options={})
    whole = (root / 'a.avi').read_bytes()
    (root / 'a.avi').write_bytes(whole[:len(whole) * 3 // 4])
    content, notes = make([Clip('a.avi', 'x', 'train')])
    assert 1 <= content['annotations'][0]['total_frames'] < 8
    assert notes == {'video that does not decode to its end: used as far as it does': 1}


def test_no_video_decodes(root, make):
    touch(root, 'a.mp4')
    with pytest.raises(InputError, match='found 1, of which none decodes'):
        make([Clip('a.mp4', 'x', 'train')])


def test_an_interrupted_run_goes_on(root, put, make, monkeypatch):
    put('a.mp4', 'b.mp4')
    clips = [Clip('a.mp4', 'x', 'train'), Clip('b.mp4', 'x', 'train')]
    probe, calls = custom.probe, []

    def stop_at_b(media, count):
        calls.append(media.path)
        if media.path.endswith('b.mp4') and len(calls) == 2:
            raise KeyboardInterrupt
        return probe(media, count)

    monkeypatch.setattr(custom, 'probe', stop_at_b)
    monkeypatch.setattr(custom.Resumable.map, '__defaults__', (None, 'jobs', 1))  # shards of 1
    with pytest.raises(KeyboardInterrupt):
        make(clips)
    content, _ = make(clips)
    assert len(content['annotations']) == 2
    assert [path[-5:] for path in calls] == ['a.mp4', 'b.mp4', 'b.mp4']


def test_the_training_data_set_refuses_it_until_skeletons_are_there(put, make, root, tmp_path):
    from mmaction.registry import DATASETS
    put('a.mp4')
    (tmp_path / 'a.pkl').write_bytes(pickle.dumps(make([Clip('a.mp4', 'x', 'train')])[0]))
    with pytest.raises(InputError, match=r'annotations\[0\] \(a\)\.keypoint: found nothing'):
        DATASETS.build(
            dict(type='RGBPoseDataset', ann_file=str(tmp_path / 'a.pkl'),
                 data_prefix=dict(video=str(root)), pipeline=[]))
