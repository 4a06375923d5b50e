"""Skeletons and clips that are to be one: names, sizes, frames and people."""
import numpy as np
import pytest

from mmaction_d3d.datasets.checking import check_joints
from mmaction_d3d.errors import InputError
from mmaction_d3d.skeletons import get_layout

from . import skeleton_writers as files
from .importing import TRACKS, WRITERS, annotation, attach


@pytest.mark.parametrize('kind', ['coco', 'pyskl'])
def test_other_size_is_scaled_to_the_clips(tmp_path, kind):
    write = dict(coco=files.write_coco, pyskl=files.write_pyskl)[kind]
    write(tmp_path / 's', {'clip': TRACKS}, size=(32, 160))
    (clip, ), _ = attach(tmp_path / 's', kind)
    np.testing.assert_allclose(clip['keypoint'], TRACKS[..., :2] * [0.5, 2])
    assert clip['img_shape'] == (64, 80)


@pytest.mark.parametrize('total', [4, 9])
@pytest.mark.parametrize('kind, write, name', [WRITERS['coco'], WRITERS['pyskl']],
                         ids=['coco', 'pyskl'])
def test_frames_are_cut_or_padded_to_the_clips(tmp_path, kind, write, name, total):
    write(tmp_path, TRACKS)
    (clip, ), notes = attach(tmp_path / name, kind, [annotation(total=total)])
    assert clip['keypoint'].shape == (1, total, 17, 2)
    assert (clip['keypoint_score'][0].any(-1) == (np.arange(total) < 6)).all()
    assert list(notes) == ['skeletons of more or fewer frames than the clip has: cut or padded']


def test_people_are_linked_whatever_their_order(tmp_path):
    tracks = np.stack([files.walk(start=(10, 10)), files.walk(start=(60, 30), step=-2)])
    shuffled = tracks.copy()
    shuffled[:, 1::2] = tracks[::-1, 1::2]
    files.write_mmpose_video(tmp_path / 'clip.json', shuffled)
    (clip, ), _ = attach(tmp_path / 'clip.json', 'mmpose')
    np.testing.assert_allclose(clip['keypoint'], tracks[..., :2])


@pytest.mark.parametrize('kind, write, name', [WRITERS['mmpose video'], WRITERS['pyskl']],
                         ids=['mmpose', 'pyskl'])
def test_people_of_the_highest_scores_are_kept(tmp_path, kind, write, name):
    write(tmp_path, np.stack([files.walk(score=0.25), files.walk(start=(60, 20), score=0.75)]))
    (clip, ), notes = attach(tmp_path / name, kind, num_person=1)
    assert (clip['keypoint_score'] == 0.75).all() and len(clip['keypoint']) == 1
    assert notes == {'more than 1 people: those of the lowest scores left out': 1}


def test_people_outside_the_clips_boxes_are_left_out(tmp_path):
    tracks = np.stack([files.walk(score=0.25), files.walk(start=(60, 20), score=0.75)])
    files.write_mmpose_video(tmp_path / 'clip.json', tracks)
    boxes = np.tile(np.float32([0, 0, 45, 64]), (1, 6, 1))
    (clip, ), _ = attach(tmp_path / 'clip.json', 'mmpose', [annotation(bbox=boxes)])
    assert (clip['keypoint_score'] == 0.25).all() and len(clip['keypoint']) == 1


def test_clips_and_skeletons_without_the_other_are_reported(tmp_path):
    files.write_pyskl(tmp_path / 's.pkl', {'clip': TRACKS, 'other': TRACKS})
    clips, notes = attach(tmp_path / 's.pkl', 'pyskl', [annotation('clip'), annotation('x')])
    assert [clip['frame_dir'] for clip in clips] == ['clip']
    assert notes == {
        'no skeletons under its name: left out': 1, 'skeletons of no clip: not used': 1
    }


@pytest.mark.parametrize('name', ['clip', 'a/clip', 'a/clip.mp4', 'other/a/clip', 'x/clip'])
def test_names_with_and_without_folders(tmp_path, name):
    files.write_pyskl(tmp_path / 's.pkl', {name: TRACKS})
    clips, _ = attach(tmp_path / 's.pkl', 'pyskl', [annotation('a/clip', filename='a/clip.mp4')])
    assert len(clips) == 1


def test_a_name_without_folders_that_two_clips_have_is_no_name(tmp_path):
    files.write_pyskl(tmp_path / 's.pkl', {'x/clip': TRACKS, 'y/clip': TRACKS, 'b': TRACKS})
    clips, notes = attach(tmp_path / 's.pkl', 'pyskl', [annotation('clip'), annotation('b')])
    assert [clip['frame_dir'] for clip in clips] == ['b']
    assert notes['skeletons of no clip: not used'] == 2


def test_nobody_in_any_frame_is_reported(tmp_path):
    files.write_openpose(tmp_path / 's', 'clip', np.zeros((1, 6, 25, 3)))
    (clip, ), notes = attach(tmp_path / 's', 'openpose')
    assert clip['keypoint'].shape == (1, 6, 17, 2) and not notes
    assert [finding.kind for finding in check_joints(clip)] == ['no visible joint']


def test_joints_without_a_counterpart_are_reported(tmp_path):
    files.write_pyskl(tmp_path / 's.pkl', {'clip': TRACKS})
    (clip, ), notes = attach(tmp_path / 's.pkl', 'pyskl', layout='penn13')
    head = get_layout('penn13').joints.index('head')
    assert (clip['keypoint_score'] > 0).all((0, 1)).tolist() == [i != head for i in range(13)]
    assert list(notes) == ['joints of penn13 that the skeletons do not have, missing: head']


def test_one_name_for_two_clips(tmp_path):
    files.write_pyskl(tmp_path / 's.pkl', {'clip': TRACKS})
    clips = [annotation(f'{folder}/clip', filename=f'{folder}/clip.mp4') for folder in 'ab']
    with pytest.raises(InputError, match='a name of both a/clip and b/clip'):
        attach(tmp_path / 's.pkl', 'pyskl', clips)


@pytest.mark.parametrize('kind, write, name',
                         [WRITERS[kind] for kind in ('mmpose videos', 'mmpose images')],
                         ids=['videos', 'images'])
def test_files_of_a_folder_that_are_not_read_are_told(tmp_path, kind, write, name):
    write(tmp_path, TRACKS)
    folder = tmp_path / name
    other = [folder / '._clip.json', folder / 'drawn.png']
    for path in other:
        path.touch()
    _, notes = attach(folder, kind)
    assert notes == {
        'hidden, by its name: left out': 1, 'another kind of file, by its name: left out': 1
    }
