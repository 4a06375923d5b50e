"""Every mistake in the data that can be known before training stops the data set's building."""
import numpy as np
import pytest

from mmaction_d3d.datasets.annotations import read_annotations
from mmaction_d3d.datasets.splits import match_split
from mmaction_d3d.errors import InputError


@pytest.fixture
def data(rgb_pose_data):
    return rgb_pose_data(num_videos=3, num_frames=4)


def in_annotation(**fields):
    """A change of annotation 1: values to set, or functions of the old value."""

    def change(data):
        for key, value in fields.items():
            old = data.annotations[1].get(key)
            data.annotations[1][key] = value(old) if callable(value) else value

    return change


def without(key):
    return lambda data: data.annotations[1].pop(key)


def in_split(*entries):
    return lambda data: data.content['split'].update(train=list(entries))


def with_names(**fields):

    def change(data):
        data.annotations[1].pop('frame_dir')
        data.annotations[1].update(fields)

    return change


def three_numbers(xy_scale, third_scale):

    def change(data):
        annotation = data.annotations[1]
        del annotation['keypoint_score']
        numbers = np.random.default_rng(0).random((1, 4, 17, 3), np.float32)
        annotation['keypoint'] = numbers * np.array([xy_scale, xy_scale, third_scale], np.float32)

    return change


def folder_for_a_video(data):
    (data.video_dir / 'dir.mp4').mkdir()
    data.annotations[1]['filename'] = 'dir.mp4'


FIELD = r'annotations\.pkl: annotations\[1\] \(clip1\)\.'
CASES = {
    'missing split': (lambda d: d.content['split'].pop('train'),
                      r"annotations\.pkl: split: found no split 'train', want one of 'test'"),
    'no splits': (lambda d: d.content.pop('split'), 'there are no splits'),
    'empty split': (in_split(), r"split\['train'\]: found no entries"),
    'split is text': (lambda d: d.content['split'].update(train='clip0'), 'found no entries'),
    'splits no dict': (lambda d: d.content.update(split=['clip0']), 'split: found list'),
    'unmatched entry': (in_split('clip0', 'clip9'), r"split\['train'\]\[1\]: found 'clip9'"),
    'duplicate entry': (in_split('clip0', 'clip1', 'clip0'), "found 2 times 'clip0'"),
    'ambiguous entry': (lambda d: d.annotations[1].update(frame_dir='clip0'),
                        r"annotations\[0\] and annotations\[1\]"),
    'no annotations': (lambda d: d.content.pop('annotations'), 'content: found dict'),
    'content is text': (lambda d: setattr(d, 'content', 'x'), 'content: found str'),
    'annotation is a list':
    (lambda d: d.annotations.__setitem__(1, []), r'annotations\[1\]: found list'),
    'no name': (with_names(), r'annotations\[1\]: found the names'),
    'name is a number': (with_names(frame_dir=7), r'annotations\[1\]: found the names \[7\]'),
    'label too large': (in_annotation(label=2), FIELD + 'label: found 2, want .* from 0 to 1'),
    'label negative': (in_annotation(label=-1), FIELD + 'label: found -1'),
    'label is text': (in_annotation(label='1'), FIELD + "label: found '1'"),
    'label is a float': (in_annotation(label=1.0), FIELD + 'label: found 1.0'),
    'no label': (without('label'), FIELD + 'label: found nothing'),
    'no img_shape': (without('img_shape'), FIELD + 'img_shape: found nothing'),
    'img_shape of 3': (in_annotation(img_shape=(64, 80, 3)), FIELD + r'img_shape: found \(64'),
    'img_shape of 0': (in_annotation(img_shape=(0, 80)), FIELD + r'img_shape: found \(0'),
    'original_shape is text': (in_annotation(original_shape='64x80'), FIELD + 'original_shape'),
    'no total_frames': (without('total_frames'), FIELD + 'total_frames: found nothing'),
    'total_frames 0': (in_annotation(total_frames=0), FIELD + 'total_frames: found 0'),
    'total_frames differs': (in_annotation(total_frames=5), FIELD + 'keypoint: found 4 frames'),
    'no keypoint': (without('keypoint'), FIELD + 'keypoint: found nothing, want skeletons: extract '
                    'them with d3d extract, .*d3d prepare custom --skeletons'),
    'keypoint is a list': (in_annotation(keypoint=[1, 2]), FIELD + 'keypoint: found list'),
    'keypoint of 3 axes':
    (in_annotation(keypoint=lambda k: k[0]), FIELD + 'keypoint: found 4 x 17 x 2'),
    'keypoint of text': (in_annotation(keypoint=lambda k: k.astype('U4')),
                         FIELD + 'keypoint: found 1 x 4 x 17 x 2 <U4'),
    'keypoint of objects': (in_annotation(keypoint=lambda k: k.astype(object)),
                            "content: found UnpicklingError .*type 'O8'"),
    'other layout':
    (in_annotation(keypoint=lambda k: k[:, :, :13]), FIELD + 'keypoint: found 13 joints, want 17'),
    '4 numbers a joint': (in_annotation(keypoint=lambda k: np.concatenate([k, k], -1)),
                          FIELD + 'keypoint: found 4 numbers'),
    '3 numbers, scores too': (in_annotation(keypoint=lambda k: np.concatenate([k, k[..., :1]], -1)),
                              FIELD + 'keypoint: found 3 numbers'),
    '3D joints in metres': (three_numbers(1, 1), FIELD + 'keypoint: found 3 numbers a joint'),
    'pixels and a depth': (three_numbers(500, 4), FIELD + 'keypoint: found 3 numbers a joint'),
    'scores of other shape': (in_annotation(keypoint_score=lambda s: s[:, :, :5]),
                              FIELD + 'keypoint_score: found 1 x 4 x 5'),
    'classes differ':
    (lambda d: d.content.update(classes=['a', 'b', 'c']), 'classes: found 3 names, want 2'),
    'missing video': (lambda d: (d.video_dir / 'clip1.mp4').unlink(),
                      r'annotations\[1\]: found none in .*videos, want one video clip1'),
    'missing named video': (in_annotation(filename='x/y.mp4'), r'annotations\[1\]: found no file'),
    'folder for a video': (folder_for_a_video, r'annotations\[1\]: found no file .*dir\.mp4'),
}


@pytest.mark.parametrize('change, message', CASES.values(), ids=CASES)
def test_mistake_in_the_data(data, change, message):
    data.content['split']['train'] = ['clip0', 'clip1']
    change(data)
    data.save()
    with pytest.raises(InputError, match=message):
        data.build(split='train', num_classes=2)


def test_other_splits_are_not_checked(data):
    data.annotations[1]['label'] = 99
    data.content['split']['train'] = ['clip0']
    data.save()
    assert len(data.build(split='train', num_classes=2)) == 1


@pytest.mark.parametrize('kwargs, message', [
    (dict(layout='mpii'), "layout: found 'mpii'"),
    (dict(data_prefix=dict()), 'data_prefix: found the keys'),
    (dict(data_prefix=dict(video='a', img='b')), 'data_prefix: found the keys'),
    (dict(data_prefix=dict(video='nowhere')), r'nowhere: data_prefix\.video: found no such folder'),
    (dict(filename_tmpl='{id}.avi'), "filename_tmpl: found '{id}.avi'"),
    (dict(filename_tmpl='{frame_dir}_rgb.avi'), r'no file .*clip0_rgb\.avi'),
    (dict(frame_tmpl='{:q}'), "frame_tmpl: found '{:q}'"),
    (dict(start_index=1), 'start_index: found 1, want 0'),
    (dict(ann_file='nowhere.pkl'), 'nowhere.pkl: annotation file: found no such file'),
])
def test_mistake_in_the_config(data, kwargs, message):
    with pytest.raises(InputError, match=message):
        data.build(**kwargs)


def test_clip_without_frames(data):
    frames = data.write_frame_folders()
    (frames / 'clip1' / 'img_00001.jpg').unlink()
    with pytest.raises(InputError, match=r'annotations\[1\]: found no file .*img_00001\.jpg'):
        data.build(data_prefix=dict(img=str(frames)))


def _in_itself(depth):
    part = [0]
    for _ in range(depth):
        part = [part, part]
    return part


@pytest.mark.parametrize('entry', [10**5000, _in_itself(60), (1, 10**5000), None],
                         ids=['digits', 'shared', 'pair', 'none'])
def test_an_entry_of_a_split_that_is_no_name_is_named_in_short(entry):
    _, mistakes = match_split([dict(frame_dir='a')], [entry], 'train')
    (_, field, found, _), = mistakes
    assert field == "split['train'][0]" and len(found) < 300


@pytest.mark.parametrize(
    'classes',
    [7, 'abc', [['a']], _in_itself(60),
     dict(a=1), [None], ['a', 10**5000]],
    ids=['number', 'text', 'list', 'shared', 'dict', 'none', 'digits'])
def test_classes_that_are_no_names_are_refused(classes):
    with pytest.raises(InputError, match='x.pkl: classes: found .*, want the names of all classes'):
        read_annotations(dict(annotations=[dict(frame_dir='a')], classes=classes), 'x.pkl')


@pytest.mark.parametrize('content', [[], dict(annotations=[], split=dict(train=[]))])
def test_a_pickle_of_no_annotation_is_refused(content):
    with pytest.raises(InputError, match='x.pkl: annotations: found an empty list'):
        read_annotations(content, 'x.pkl')
    assert read_annotations(content, 'x.pkl', least=0)[0] == []  # a shard of few clips


def test_classes_may_be_an_array_or_numbers():
    for classes in (np.array(['a', 'b']), ['a'], (0, 1), None):
        content = dict(annotations=[dict(frame_dir='a')], classes=classes)
        read_annotations(content, 'x.pkl')
        assert not isinstance(content['classes'], np.ndarray)  # which would have no truth value
