"""Many videos: results one by one, resumed, labelled, merged."""
import csv
import pickle
from pathlib import Path

import numpy as np
import pytest

from mmaction_d3d import progress
from mmaction_d3d.drop_report import DropReport
from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction import SkeletonExtractor, find_media
from mmaction_d3d.extraction.job import Results, extract_all
from mmaction_d3d.extraction.output import join_labels, merge

from .conftest import ColourBackend

SETTINGS = dict(backend='colour', max_persons=2)


@pytest.fixture
def media(people_video, tmp_path):
    """wave/a, wave/b and push/c with 3, 4 and 5 frames."""
    for frames, name in ((3, 'wave/a.mp4'), (4, 'wave/b.mp4'), (5, 'push/c.mp4')):
        people_video(f'videos/{name}', [[(20 + t, 30) for t in range(frames)]])
    return find_media([str(tmp_path / 'videos')])


class Counting:
    """An extractor that notes what it is asked for, and ends at ``stop_at``."""

    def __init__(self, stop_at=None):
        self.asked, self.stop_at = [], stop_at
        self.extractor = SkeletonExtractor(ColourBackend())

    def __call__(self, clip, progress=None):
        self.asked.append(clip.name)
        if clip.name == self.stop_at:
            raise KeyboardInterrupt
        return self.extractor(clip, progress)


def test_a_stopped_run_goes_on_where_it_was(media, tmp_path, capsys):
    out = tmp_path / 'x.pkl'
    with pytest.raises(KeyboardInterrupt):
        extract_all(Counting(stop_at='wave/a.mp4'), media, Results(out, SETTINGS, resume=False))
    rest, results = Counting(), Results(out, SETTINGS, resume=True)
    assert extract_all(rest, media, results) == []
    assert rest.asked == ['wave/a.mp4', 'wave/b.mp4']
    assert '1 of 3 videos are there from an earlier run' in capsys.readouterr().out
    assert [results.read(clip)['total_frames'] for clip in media] == [5, 3, 4]


def test_frames_of_all_videos_are_counted(media, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(progress, '_PAUSE', 0)
    Path(media[1].path).write_bytes(b'no video')
    extract_all(Counting(), media, Results(tmp_path / 'x.pkl', SETTINGS, False))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith('frames: ') and '/9 (video 1 of 3), ' in lines[0]
    assert lines[-1].startswith('frames: 9/9 (video 3 of 3), ')
    assert lines[-1].endswith(' a second, 0:00:00 left')


def test_a_video_that_changed_is_done_again(media, tmp_path, people_video):
    out = tmp_path / 'x.pkl'
    extract_all(Counting(), media, Results(out, SETTINGS, False))
    people_video('videos/wave/b.mp4', [[(20 + t, 30) for t in range(7)]])
    again, results = Counting(), Results(out, SETTINGS, True)
    extract_all(again, media, results)
    assert again.asked == ['wave/b.mp4'] and results.read(media[2])['total_frames'] == 7


def test_results_of_an_earlier_run_are_not_mixed_in_unasked(media, tmp_path):
    out = tmp_path / 'x.pkl'
    Results(out, SETTINGS, False)
    with pytest.raises(InputError, match='--resume: found not given, but results of an earlier'):
        Results(out, SETTINGS, False)
    with pytest.raises(InputError, match='max_persons: found 2, want 3: the same'):
        Results(out, dict(SETTINGS, max_persons=3), True)


def test_a_broken_video_is_told_and_the_rest_is_done(media, tmp_path):
    with open(media[1].path, 'wb') as file:
        file.write(b'no video')
    results = Results(tmp_path / 'x.pkl', SETTINGS, False)
    (clip, error), = extract_all(SkeletonExtractor(ColourBackend()), media, results)
    assert clip.name == 'wave/a.mp4' and 'want a video that can be decoded' in str(error)
    assert results.read(clip) is None and results.read(media[2])['total_frames'] == 4


@pytest.fixture
def annotations(media):
    extractor = SkeletonExtractor(ColourBackend())
    extracted = [extractor(clip) for clip in media]
    for annotation in extracted:
        del annotation['notes']
    return extracted


def write_csv(path, rows):
    with open(path, 'w', newline='') as file:
        csv.writer(file).writerows(rows)
    return str(path)


def test_labels_of_a_csv(annotations, tmp_path):
    path = write_csv(tmp_path / 'l.csv',
                     [('path', 'label', 'split'), ('wave/a.mp4', 'wave', 'train'),
                      ('wave/b.mp4', 'wave', 'val'), ('push/c', 'push', 'train'),
                      ('push/d.mp4', 'push', 'val')])
    report = DropReport()
    content = join_labels(annotations, path, report)
    assert content['classes'] == ['push', 'wave']
    assert [(info['frame_dir'], info['label'])
            for info in content['annotations']] == [('push/c', 0), ('wave/a', 1), ('wave/b', 1)]
    assert content['split'] == dict(train=['wave/a', 'push/c'], val=['wave/b'])
    assert dict(report.counts()) == {'label of no clip: not used': 1}


def test_numbers_are_labels_and_splits_are_optional(annotations, tmp_path):
    path = write_csv(tmp_path / 'l.csv', [('path', 'label'), ('wave/a.mp4', 7), ('wave/b.mp4', 2)])
    report = DropReport()
    content = join_labels(annotations, path, report)
    assert [info['label'] for info in content['annotations']] == [7, 2]
    assert 'classes' not in content and 'split' not in content
    assert list(report.lines()) == ['1 x no label under its name: left out: push/c']


def test_a_prepared_pickle_keeps_what_it_says_and_gets_what_was_found(annotations, tmp_path):
    boxes = np.zeros((1, 9, 4), np.float32)
    known = [
        dict(frame_dir='c', filename='push/c.mp4', label=1, total_frames=9, img_shape=(1, 1),
             bbox=boxes)
    ]
    path = tmp_path / 'k.pkl'
    path.write_bytes(
        pickle.dumps(dict(annotations=known, split=dict(test=['c']), classes=['a', 'b'])))
    content = join_labels(annotations, str(path), DropReport())
    info, = content['annotations']
    assert (info['label'], info['total_frames'], info['img_shape']) == (1, 5, (64, 160))
    assert info['bbox'].shape == boxes.shape and info['keypoint'].shape == (1, 5, 17, 2)
    assert content['split'] == dict(test=['c']) and content['classes'] == ['a', 'b']


@pytest.mark.parametrize('rows, message', [
    ([('path', 'label'), ('wave/a.mp4', '')], 'line 2: found wave/a.mp4,, want a value'),
    ([('name', 'label'), ('wave/a.mp4', 'x')], 'line 2: found ,x, want a value'),
    ([('path', 'label'), ('a.mp4', 'x'), ('a.mp4', 'y')], 'line 3: found a.mp4 as y, want x'),
    ([('path', 'label'), ('other.mp4', 'x')], 'names: found other, want names of the videos'),
])
def test_wrong_labels_are_refused(annotations, tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        join_labels(annotations, write_csv(tmp_path / 'l.csv', rows), DropReport())


@pytest.fixture
def shards(annotations, tmp_path):
    """Pickles of shards 1/2 and 2/2."""
    paths = []
    for number in (1, 2):
        part = annotations[number - 1::2]
        paths.append(str(tmp_path / f'x.{number}of2.pkl'))
        content = dict(annotations=part, classes=['a'],
                       extraction=dict(SETTINGS, shard=[number, 2]),
                       split=dict(train=[info['frame_dir'] for info in part]))
        with open(paths[-1], 'wb') as file:
            pickle.dump(content, file)
    return paths


def change(path, edit):
    with open(path, 'rb') as file:
        content = pickle.load(file)
    edit(content)
    with open(path, 'wb') as file:
        pickle.dump(content, file)


def test_shards_are_joined(shards):
    content = merge(shards[::-1])
    assert [info['frame_dir'] for info in content['annotations']] == ['push/c', 'wave/a', 'wave/b']
    assert sorted(content['split']['train']) == ['push/c', 'wave/a', 'wave/b']
    assert content['extraction'] == SETTINGS and content['classes'] == ['a']


@pytest.mark.parametrize('edit, message', [
    (lambda content: content['extraction'].pop('shard'),
     'shard: found nothing, want a pickle that'),
    (lambda content: content['extraction'].update(shard=[1, 2]),
     'found 1/2, as .*, want each shard'),
    (lambda content: content['extraction'].update(max_persons=5), 'settings: found'),
    (lambda content: content.update(classes=['b']), r"classes: found \['b'\], want \['a'\]"),
    (lambda content: content['annotations'][0].update(frame_dir='push/c'),
     'each clip in one shard'),
    (lambda content: content['extraction'].update(max_persons=np.zeros(2)),
     'extraction: settings: found The truth value'),
    (lambda content: content['split'].update(train=float('nan')),
     r"split\['train'\]: found nan, want a list of ids"),
])
def test_shards_that_do_not_fit_are_refused(shards, edit, message):
    change(shards[1], edit)
    with pytest.raises(InputError, match=message):
        merge(shards)


def test_shards_whose_clips_have_the_names_of_files_alone_are_joined(shards):
    for path in shards:
        change(path, lambda content: [info.pop('frame_dir') for info in content['annotations']])
    assert len(merge(shards)['annotations']) == 3


def test_a_missing_shard_is_named(shards):
    with pytest.raises(InputError, match='found 1 of 2, want all of them: shard 2 is missing'):
        merge(shards[:1])
