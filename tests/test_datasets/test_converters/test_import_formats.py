"""Skeletons as each program writes them, and how it names clips and joints."""
import numpy as np
import pytest

from mmaction_d3d.datasets.converters.importers import import_skeletons
from mmaction_d3d.skeletons import get_layout

from . import skeleton_writers as files
from .importing import TRACKS, WRITERS, annotation, attach


@pytest.mark.parametrize('kind, write, name', WRITERS.values(), ids=WRITERS)
def test_every_format_gives_the_same_tracks(tmp_path, kind, write, name):
    tracks = TRACKS.copy()
    tracks[0, 0] = 0  # nobody in the first frame: the others keep their number
    tracks[0, 2, 4] = 0  # and one joint is missing
    write(tmp_path, tracks)
    (clip, ), notes = attach(tmp_path / name, kind)
    told = (dict.fromkeys(["AlphaPose's people once more, a file an image: left out"], 5) if
            (tmp_path / name / 'clip' / 'sep-json').exists() else
            {'annotations of images that a list of results is of: left out': 1} if
            (tmp_path / name / 'images.json').exists() else {})
    assert notes == told
    atol = 1e-4 if kind == 'ultralytics' else 0  # %g writes 6 digits of a share
    np.testing.assert_allclose(clip['keypoint'], tracks[..., :2], atol=atol)
    seen = tracks[..., 2] > 0
    np.testing.assert_array_equal(clip['keypoint_score'] > 0, seen)
    score = 1 if kind == 'coco' else 0.5  # COCO's flag 2 is a joint that is seen
    np.testing.assert_allclose(clip['keypoint_score'][seen], score)


@pytest.mark.parametrize('folder, clip', [('.', 'clip'), ('clip', 'clip'),
                                          ('wave/clip', 'wave/clip'), ('wave', 'wave/clip')])
def test_ultralytics_labels_in_a_folder_of_the_clip(tmp_path, folder, clip):
    files.write_ultralytics_labels(tmp_path / folder / 'labels', 'clip', TRACKS)
    assert set(import_skeletons(str(tmp_path), 'ultralytics', 'coco17')) == {clip}


@pytest.mark.parametrize('clip', ['12.30.05', 'P 0.take1', 'v2.mov'])
@pytest.mark.parametrize('kind, write', [
    ('openpose', lambda root, clip: files.write_openpose(root, clip,
                                                         files.walk(joints=25)[None])),
    ('ultralytics',
     lambda root, clip: files.write_ultralytics_labels(root / 'labels', clip, TRACKS)),
    ('mmpose', lambda root, clip: files.write_mmpose_images(root / clip, TRACKS)),
    ('coco', lambda root, clip: files.write_coco(root / 's.json', {clip: TRACKS}, name=
                                                 '{clip}_{number:06}.jpg')),
    ('coco', lambda root, clip: files.write_coco_results(root / 's.json', TRACKS, lambda frame:
                                                         f'{clip}_{frame + 1:06}')),
])
def test_names_of_clips_may_have_dots(tmp_path, kind, write, clip):
    write(tmp_path, clip)
    layout = None if kind == 'openpose' else 'coco17'
    assert set(import_skeletons(str(tmp_path), kind, layout)) == {clip}


@pytest.mark.parametrize('name', ['body25', 'openpose18'])
@pytest.mark.parametrize('folder', ['.', 'clip'])
def test_openpose_joints_by_name(tmp_path, name, folder):
    joints = get_layout(name).joints
    tracks = files.walk(joints=len(joints))[None]
    files.write_openpose(tmp_path / 's' / folder, 'clip', tracks)
    (clip, ), notes = attach(tmp_path / 's', 'openpose')
    order = [joints.index(name) for name in get_layout('coco17').joints]
    assert notes == {}
    np.testing.assert_array_equal(clip['keypoint'], tracks[:, :, order, :2])


@pytest.mark.parametrize('folder', ['{label}', '{label}/clip'])
def test_openpose_files_below_classes(tmp_path, folder):
    for label in ('wave', 'push'):
        files.write_openpose(tmp_path / folder.format(label=label), 'clip',
                             files.walk(joints=25)[None])
    assert set(import_skeletons(str(tmp_path), 'openpose')) == {'wave/clip', 'push/clip'}


def test_openpose_of_images(tmp_path):
    files.write_json(tmp_path / 'clip' / 'img_00001_keypoints.json', dict(people=[]))
    assert set(import_skeletons(str(tmp_path), 'openpose')) == {'clip'}


def test_joints_are_taken_as_the_file_names_them(tmp_path):
    files.write_coco(tmp_path / 's.json', {'clip': TRACKS}, joints=files.COCO[::-1])
    (clip, ), _ = attach(tmp_path / 's.json', 'coco')
    np.testing.assert_array_equal(clip['keypoint'], TRACKS[:, :, ::-1, :2])


def test_joints_of_mmposes_demo_are_taken_as_it_names_them(tmp_path):
    files.write_mmpose_demo(tmp_path / 's' / 'clip.json', TRACKS, joints=files.COCO[::-1])
    (clip, ), _ = attach(tmp_path / 's', 'mmpose')
    np.testing.assert_array_equal(clip['keypoint'], TRACKS[:, :, ::-1, :2])


def test_labels_of_ultralytics_without_scores(tmp_path):
    files.write_ultralytics_labels(tmp_path / 'labels', 'clip', TRACKS, end=(0.5, 1), scores=False)
    (clip, ), _ = attach(tmp_path / 'labels', 'ultralytics')
    np.testing.assert_allclose(clip['keypoint'], TRACKS[..., :2], atol=1e-4)
    assert (clip['keypoint_score'] == 1).all()


def test_labels_of_several_runs_of_ultralytics(tmp_path):
    for run, clip in (('predict', 'a'), ('predict2', 'b_3')):
        files.write_ultralytics_labels(tmp_path / run / 'labels', clip, TRACKS)
    assert set(import_skeletons(str(tmp_path), 'ultralytics')) == {'predict/a', 'predict2/b_3'}
    clips, _ = attach(tmp_path, 'ultralytics', [annotation('a'), annotation('b_3')])
    assert len(clips) == 2


def test_alphapose_counts_frames_before_anybody(tmp_path):
    tracks = TRACKS.copy()
    tracks[0, :2] = 0
    files.write_alphapose(tmp_path / 'clip.json', tracks)
    (clip, ), _ = attach(tmp_path / 'clip.json', 'alphapose', source=None)
    assert (clip['keypoint_score'] > 0).any(-1).tolist() == [[False] * 2 + [True] * 4]


def test_endings_of_names_are_read_in_any_case(tmp_path):
    files.write_json(tmp_path / 'clip' / 'img_00001_keypoints.JSON', dict(people=[]))
    assert set(import_skeletons(str(tmp_path), 'openpose')) == {'clip'}
