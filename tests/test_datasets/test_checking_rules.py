"""One rule book: what the checker calls an error, a data set and an answer refuse or name."""
import numpy as np
import pytest

from mmaction_d3d.datasets.annotations import split_scores
from mmaction_d3d.datasets.checking import NAMED, REFUSED, check_joints, use_of
from mmaction_d3d.datasets.checking.findings import ERROR, KINDS
from mmaction_d3d.errors import InputError
from mmaction_d3d.inference.skeletons import GivenSkeletons, skeleton_of
from mmaction_d3d.media import as_media, probe
from mmaction_d3d.skeletons import get_layout


@pytest.fixture
def data(rgb_pose_data):
    return rgb_pose_data(num_videos=2, num_frames=8)


def at(array, where, value):
    array = array.copy()
    array[where] = value
    return array


#: Changes of an annotation, and the kind that they are.
MISTAKES = {
    'joints in 0..1': (dict(keypoint=lambda k: k / [80, 64]), 'joints of another image size'),
    'joints in -1..1': (dict(keypoint=lambda k: k / [40, 32] - 1), 'joints of another image size'),
    'wrong img_shape': (dict(img_shape=lambda _: (20, 20)), 'joints of another image size'),
    'img_shape (1, 1)': (dict(img_shape=lambda _: (1, 1)), 'joints of another image size'),
    '1e30': (dict(keypoint=lambda k: at(k, (0, 3, 2), 1e30)), 'joints outside of any frame'),
    'scores of 1e30': (dict(keypoint_score=lambda s: s * 1e30), 'scores that are none'),
    'every second frame': (dict(keypoint_score=lambda s: at(s, (0, slice(1, None, 2)), 0)),
                           'joints of every second frame'),
    'every third frame': (dict(keypoint_score=lambda s: s * (np.arange(8) % 3 == 1)[:, None]),
                          'joints of every second frame'),
    'nobody': (dict(keypoint_score=lambda s: 0 * s), 'no visible joint'),
    'nan': (dict(keypoint=lambda k: at(k, (0, 3, 2), np.nan)), 'numbers that are not finite'),
    'scores above 1': (dict(keypoint_score=lambda s: 1.2 * s), 'scores outside 0 to 1'),
}


def spoil(annotation, name):
    for key, change in MISTAKES[name][0].items():
        annotation[key] = change(annotation[key])
    return annotation


@pytest.mark.parametrize('name', MISTAKES)
def test_a_data_set_refuses_or_names_it(data, name, monkeypatch):
    lines = []
    monkeypatch.setattr('mmaction_d3d.datasets.checking.rules.print_log',
                        lambda text, *args: lines.append(text))
    spoil(data.annotations[1], name)
    data.save()
    kind = MISTAKES[name][1]
    if use_of(kind) == REFUSED:
        with pytest.raises(InputError, match=rf'annotations\[1\] \(clip1\).*{kind}'):
            data.build()
    else:
        data.build()
        assert [f'1 x {kind}' in line for line in lines] == [True]


@pytest.mark.parametrize('name', MISTAKES)
def test_an_answer_refuses_or_notes_it(data, name):
    clip = spoil(data.annotations[1], name)
    source = as_media(str(data.video_dir / 'clip1.mp4'))
    kind = MISTAKES[name][1]

    def skeleton():
        given = {key: clip[key] for key in ('keypoint', 'keypoint_score', 'img_shape')}
        return skeleton_of(source, probe(source), GivenSkeletons([given], [source]),
                           get_layout('coco17'), 1)

    if use_of(kind) == REFUSED:
        with pytest.raises(InputError, match=kind):
            skeleton()
    else:
        assert any(kind in note or 'no person' in note for note in skeleton()[-1])


def test_nobody_in_any_clip_is_refused(data):
    for annotation in data.annotations:
        spoil(annotation, 'nobody')
    data.save()
    with pytest.raises(InputError, match='no visible joint'):
        data.build()


def test_every_error_is_refused_or_named():
    assert {use_of(kind) for kind, (severity, _) in KINDS.items()
            if severity == ERROR} == {REFUSED, NAMED}


def clip(keypoint, score, img_shape=(48, 64)):
    return dict(frame_dir='a', keypoint=keypoint, keypoint_score=score, img_shape=img_shape,
                total_frames=keypoint.shape[1])


@pytest.mark.parametrize('seed', range(40))
def test_the_short_way_finds_nothing_where_the_long_one_would(seed, monkeypatch):
    """Most clips are passed by a few extremes: never one with a finding."""
    random = np.random.default_rng(seed)
    low, high = [(0, 48), (-1, 48), (0, 70), (0, 1), (0, 2.5), (0, 6e4)][seed % 6]
    keypoint = random.uniform(low, high, (2, 5, 4, 2)).astype(np.float16)
    score = random.uniform(0, [1, 1.1][seed % 2], (2, 5, 4)).astype(np.float16)
    score[random.random(score.shape) < [0, 0.5, 0.9][seed % 3]] = 0
    if seed % 7 == 0:
        keypoint[0, 1, 2] = np.nan
    findings = check_joints(clip(keypoint, score))
    monkeypatch.setattr('mmaction_d3d.datasets.checking.rules._is_plain', lambda _: False)
    assert findings == check_joints(clip(keypoint, score))


def test_most_clips_take_the_short_way(data, monkeypatch):
    monkeypatch.setattr('mmaction_d3d.datasets.checking.rules._joint_mistakes', pytest.fail)
    assert check_joints(data.annotations[0]) == []
    assert split_scores(data.annotations[0])[1].min() > 0


def test_someone_at_the_edge_whose_joints_are_made_up_is_no_other_image_size():
    keypoint = np.random.default_rng(0).uniform(-8, 0, (1, 5, 4, 2)).astype(np.float32)
    annotation = clip(keypoint, np.ones((1, 5, 4), np.float32))
    assert [finding.kind for finding in check_joints(annotation)] == ['joints outside the image']
    annotation['keypoint'] = keypoint * 3
    assert [finding.kind
            for finding in check_joints(annotation)] == ['joints of another image size']
