"""Checks of a data set: each mistake is found, all at once, and a mended file has none."""
import copy
import csv
import os
import shutil

import cv2
import numpy as np
import pytest

from mmaction_d3d.datasets import get_layout
from mmaction_d3d.datasets.annotations import read_annotations
from mmaction_d3d.datasets.checking import (
    MediaSource,
    check_contents,
    check_media,
    check_splits,
    format_findings,
    format_splits,
    mend,
    visible_shares,
    write_csv,
)
from mmaction_d3d.datasets.checking.findings import Finding
from mmaction_d3d.errors import InputError


@pytest.fixture
def data(rgb_pose_data):
    return rgb_pose_data(num_videos=3, num_frames=6)


def run(data, source=None, full=False, num_classes=2):
    """All findings of a data set, and the parts that mending needs."""
    annotations, splits = read_annotations(data.content, 'a.pkl')
    findings = check_contents(annotations, 'a.pkl', get_layout('coco17'), num_classes)
    of_splits, chosen = check_splits(annotations, splits, num_classes)
    findings += of_splits
    source = source or MediaSource(str(data.video_dir))
    findings += check_media(annotations, findings, 'a.pkl', source, full, workers=1)
    return findings, annotations, chosen


def found(data, **kwargs):
    return [(finding.kind, finding.name) for finding in run(data, **kwargs)[0]]


def test_data_without_mistakes_has_no_findings(data):
    assert found(data) == found(data, full=True) == []


def of_clip(**fields):
    """A change of annotation 1: values to set, or functions of the old value."""

    def change(data):
        for key, value in fields.items():
            old = data.annotations[1].get(key)
            data.annotations[1][key] = value(old) if callable(value) else value

    return change


def at(array, where, value):
    array = array.copy()
    array[where] = value
    return array


def drop_video(data):
    (data.video_dir / 'clip1.mp4').unlink()


def spoil_video(data):
    (data.video_dir / 'clip1.mp4').write_bytes(b'no video')


def announce(frames):
    """Another number of frames than the video has, with joints to match."""

    def change(data):
        annotation = data.annotations[1]
        take = np.minimum(np.arange(frames), 5)
        annotation['total_frames'] = frames
        for key in ('keypoint', 'keypoint_score'):
            annotation[key] = annotation[key][:, take]

    return change


def await_skeletons(data):
    for key in ('keypoint', 'keypoint_score'):
        del data.annotations[1][key]


def jump(data):
    """Two people stand apart; from frame 3 on the first place holds the second."""
    clip = data.annotations[1]
    frames, joints = clip['keypoint'].shape[1:3]
    body = np.stack([np.full(joints, 10.), np.linspace(10, 40, joints)], axis=-1)
    clip['keypoint'][:] = body.astype(np.float32)
    clip['keypoint'][:, 3:, :, 0] += 50


CASES = {
    'wrong label':
    of_clip(label=2),
    'wrong total_frames':
    of_clip(total_frames=0),
    'wrong img_shape':
    of_clip(img_shape=(64, )),
    'wrong original_shape':
    of_clip(original_shape='64x80'),
    'wrong keypoint':
    of_clip(keypoint=lambda k: k[:, :, :13]),
    'wrong keypoint_score':
    of_clip(keypoint_score=lambda s: s[:, :, :5]),
    'no video':
    drop_video,
    'cannot be decoded':
    spoil_video,
    'fewer frames than announced':
    announce(8),
    'more frames than announced':
    announce(5),
    'height and width exchanged':
    of_clip(img_shape=(80, 64), original_shape=(80, 64), keypoint=lambda k: np.minimum(k, 60)),
    'frames of another size':
    of_clip(img_shape=(128, 160), keypoint=lambda k: 2 * k),
    'joints of another image size':
    of_clip(keypoint=lambda k: 10 * k),
    'no visible joint':
    of_clip(keypoint_score=lambda s: 0 * s),
    'no skeleton yet':
    await_skeletons,
    'numbers that are not finite':
    of_clip(keypoint=lambda k: at(k, (0, 1, 2), np.nan)),
    'scores outside 0 to 1':
    of_clip(keypoint_score=lambda s: at(s, (0, 1, 2), 1.5)),
    'joints outside the image':
    of_clip(keypoint=lambda k: at(k, (0, 1, 2), -3)),
    'people who jump':
    jump,
    'joints at (-1, -1)':
    of_clip(keypoint=lambda k: at(k, (0, 1, 2), -1), keypoint_score=lambda _: None),
    'frames without a joint':
    of_clip(keypoint_score=lambda s: at(s, (0, 1), 0)),
    'joints outside of any frame':
    of_clip(keypoint=lambda k: at(k, (0, 1, 2), 1e30)),
    'joints of every second frame':
    of_clip(keypoint_score=lambda s: at(s, (0, slice(1, None, 2)), 0)),
    'scores that are none':
    of_clip(keypoint_score=lambda s: at(s, (0, 1, 2), 1e30)),
    'frames of another shape':
    of_clip(img_shape=(64, 160), keypoint=lambda k: k * [2, 1]),
}


@pytest.mark.parametrize('kind', CASES)
def test_mistake_of_a_clip(data, kind):
    CASES[kind](data)
    assert (kind, 'clip1') in found(data)
    assert {name for _, name in found(data)} <= {'clip1', 'class 1'}


def test_normalised_coordinates_are_those_of_another_image(data):
    data.annotations[1]['keypoint'] /= np.array([80, 64], np.float32)
    assert found(data) == [('joints of another image size', 'clip1')]


SPLITS = {
    'split entry': (dict(train=['clip0', 'clip9', 'clip1'], test=['clip2']), 'train'),
    'clip in two splits': (dict(train=['clip0', 'clip1'], test=['clip1', 'clip2']), 'clip1'),
    'clip in no split': (dict(train=['clip0', 'clip1']), 'clip2'),
    'class that is not in training': (dict(train=['clip0', 'clip2'], val=['clip1']), 'class 1'),
    'split compared with none': (dict(mine=['clip0'], train=['clip1', 'clip0', 'clip2']), 'mine'),
}


@pytest.mark.parametrize('kind', SPLITS)
def test_mistake_of_a_split(data, kind):
    splits, name = SPLITS[kind]
    data.content['split'] = splits
    assert found(data) == [(kind, name)]


def test_splits_of_two_protocols_may_share_clips(data):
    data.content['split'] = dict(xsub_train=['clip0', 'clip1'], xsub_val=['clip2'],
                                 xset_train=['clip0', 'clip1', 'clip2'])
    assert found(data) == []


def test_names_videos_and_classes_that_are_used_twice_or_never(data):
    data.content['split'] = {}
    data.annotations[1]['frame_dir'] = 'clip0'
    assert found(data, num_classes=3) == [('name of two clips', 'clip0'),
                                          ('class without clips', 'class 2'),
                                          ('video of two clips', 'clip0')]


def test_all_mistakes_of_a_clip_are_listed_at_once(data):
    for kind in ('wrong label', 'wrong keypoint_score', 'wrong original_shape', 'no video'):
        CASES[kind](data)
    assert {kind for kind, name in found(data) if name == 'clip1'
            } == {'wrong label', 'wrong keypoint_score', 'wrong original_shape', 'no video'}


def test_full_counts_the_frames_beyond_the_last(data):
    announce(4)(data)
    finding, = run(data, full=True)[0]
    assert (finding.kind, finding.found) == ('more frames than announced', '2 beyond the last')


@pytest.mark.parametrize('full', [False, True])
def test_all_videos_of_twice_the_frames_have_joints_of_every_second_frame(data, full):
    announce(3)(data)
    assert found(data, full=full) == [('more frames than announced', 'clip1')]
    for annotation in data.annotations:
        for key in ('keypoint', 'keypoint_score'):
            annotation[key] = annotation[key][:, :3]
        annotation['total_frames'] = 3
    assert found(data,
                 full=full) == [('joints of every second frame', f'clip{i}') for i in range(3)]


@pytest.fixture
def frames(data):
    return MediaSource(str(data.write_frame_folders()), is_frames=True)


def test_folders_of_frames_without_mistakes(data, frames):
    assert found(data, source=frames) == found(data, source=frames, full=True) == []


def image(frames, number):
    return f'{frames.folder}/clip1/img_{number:05}.jpg'


def test_a_folder_that_ends_early(data, frames):
    os.remove(image(frames, data.annotations[1]['total_frames']))
    for full in (False, True):
        finding, = run(data, source=frames, full=full)[0]
        assert finding.kind == 'fewer frames than announced'


@pytest.mark.parametrize('full', [False, True])
def test_a_gap_in_a_folder_is_none_where_as_many_images_are_there(data, frames, full):
    last = data.annotations[1]['total_frames']
    os.remove(image(frames, 4))
    assert found(data, source=frames, full=full) == [('cannot be decoded', 'clip1')]
    shutil.copy(image(frames, last), image(frames, last + 1))
    assert found(data, source=frames, full=full) == []


def test_only_full_reads_every_image(data, frames):
    with open(image(frames, 3), 'wb') as file:
        file.write(b'no image')
    assert found(data, source=frames) == []
    assert found(data, source=frames, full=True) == [('cannot be decoded', 'clip1')]


def test_frames_of_several_sizes(data, frames):
    cv2.imwrite(image(frames, 6), np.zeros((10, 12, 3), np.uint8))
    assert found(data, source=frames) == [('frames of several sizes', 'clip1')]


def test_processes_find_what_one_finds(data):
    for kind in ('fewer frames than announced', 'no video'):
        CASES[kind](data)
    spoil_video(data)
    annotations = data.annotations
    source = MediaSource(str(data.video_dir))
    alone, two = (check_media(annotations, [], 'a.pkl', source, workers=n) for n in (1, 2))
    assert alone == two != []


def test_a_template_that_fits_no_clip_is_a_wrong_input(data):
    with pytest.raises(InputError, match='filename_tmpl'):
        run(data, MediaSource(str(data.video_dir), filename_tmpl='{id}.avi'))


@pytest.mark.parametrize('kind', [
    'fewer frames than announced', 'height and width exchanged', 'numbers that are not finite',
    'scores outside 0 to 1', 'joints at (-1, -1)'
])
def test_a_mended_clip_has_no_mistake_and_stays(data, kind):
    CASES[kind](data)
    old = copy.deepcopy(data.content)
    findings, annotations, chosen = run(data)
    data.content = mend(data.content, annotations, chosen, findings)
    assert found(data) == [] and len(data.annotations) == 3
    for name in ('keypoint', 'keypoint_score'):  # what was given is as it was
        np.testing.assert_array_equal(annotations[1][name], old['annotations'][1][name])


@pytest.mark.parametrize('kind', [
    'wrong label', 'wrong keypoint', 'no video', 'cannot be decoded',
    'joints of another image size', 'no visible joint'
])
def test_a_clip_that_cannot_be_mended_is_left_out_of_splits_too(data, kind):
    CASES[kind](data)
    findings, annotations, chosen = run(data)
    new = mend(data.content, annotations, chosen, findings)
    assert [annotation['frame_dir'] for annotation in new['annotations']] == ['clip0', 'clip2']
    assert new['split'] == dict(train=['clip0'], test=['clip2'])


def test_mended_splits_name_each_clip_once_and_keep_other_keys(data):
    data.content.update(split=dict(train=['clip0', 'clip9', 'clip0', 'clip1'], test=['clip2']),
                        classes=['a', 'b'])
    findings, annotations, chosen = run(data)
    data.content = mend(data.content, annotations, chosen, findings)
    assert data.content['split'] == dict(train=['clip0', 'clip1'], test=['clip2'])
    assert data.content['classes'] == ['a', 'b'] and found(data) == []


def test_table_counts_kinds_and_names_examples(data):
    for annotation in data.annotations:
        annotation['label'] = 7
    lines = format_findings(run(data)[0], examples=2)
    assert lines[0] == 'errors: 3'
    assert lines[1].split(maxsplit=1) == ['3', 'wrong label  clip0: 7; clip1: 7; ...']
    assert lines[2] == 'warnings: 2'  # both classes are without clips


def test_csv_has_a_row_a_finding_errors_first(data, tmp_path):
    CASES['joints outside the image'](data)
    data.annotations[2]['label'] = -1
    write_csv(tmp_path / 'new' / 'a.csv', run(data)[0])
    with open(tmp_path / 'new' / 'a.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    assert [(row['severity'], row['kind'], row['index'], row['remedy'])
            for row in rows] == [('error', 'wrong label', '2', 'left out'),
                                 ('warning', 'joints outside the image', '1', '')]


def test_visible_share_is_of_the_person_seen_best(data):
    score = np.zeros((2, 6, 17), np.float32)
    score[0, :3], score[1, 3:] = 0.5, 0.5
    data.annotations[0].update(keypoint=np.ones((2, 6, 17, 2), np.float32), keypoint_score=score)
    data.annotations[1]['keypoint_score'][:, :3] = 0
    data.annotations[2]['keypoint'] = None
    annotations = data.annotations
    findings = check_contents(annotations, 'a.pkl', get_layout('coco17'))
    shares = visible_shares(annotations, findings)
    assert shares == {0: 1., 1: 0.5}
    assert format_splits(annotations, dict(train=[0, 1]),
                         shares)[1].split() == ['train', '2', '2', '6', 'to', '6', '75%,', '50%']


def test_a_finding_takes_its_parts_from_the_error_not_from_its_text():
    finding = Finding.of_error(
        'no video', 'a',
        InputError('f: found 1, want 2', 'x: found 3', '5, want 6', 'a: found 7, want 8'))
    assert (finding.found, finding.want) == ('5, want 6', 'a: found 7, want 8')


def test_a_clip_without_places_for_people_is_one_without_a_visible_joint(data):
    of_clip(keypoint=lambda k: k[:0], keypoint_score=lambda s: s[:0])(data)
    findings, annotations, _ = run(data)
    assert [(finding.kind, finding.name) for finding in findings] == [('no visible joint', 'clip1')]
    assert visible_shares(annotations, findings)[1] == 0
