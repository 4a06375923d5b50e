"""Skeletons of COCO, mmpose, OpenPose and PYSKL files, attached by name."""
import json
import os
import pickle

import numpy as np
import pytest

from mmaction_d3d.datasets.checking import check_joints
from mmaction_d3d.datasets.converters.attach import attach_skeletons
from mmaction_d3d.datasets.converters.importers import import_skeletons
from mmaction_d3d.drop_report import DropReport
from mmaction_d3d.errors import InputError
from mmaction_d3d.skeletons import get_layout

from . import skeleton_writers as files


def annotation(name='clip', total=6, size=(64, 80), **fields):
    return dict(frame_dir=name, label=0, total_frames=total, img_shape=size, original_shape=size,
                **fields)


def attach(path, kind, annotations=None, layout='coco17', num_person=2, source='coco17'):
    """The annotations with skeletons, and the counts of the report."""
    report = DropReport()
    annotations = [annotation()] if annotations is None else annotations
    kind, *form = kind.split()
    source = None if kind == 'openpose' or form in (['cmu'], ['open']) else source
    return attach_skeletons(annotations, str(path), kind, layout, num_person, report,
                            source_layout=source), report.counts()


TRACKS = files.walk()[None]

WRITERS = {
    'coco': ('coco', lambda root, tracks: files.write_coco(root / 's.json', {'clip': tracks}),
             's.json'),
    'coco without folders': ('coco', lambda root, tracks: files.write_coco(
        root / 's.json', {'clip': tracks}, name='{clip}_{number:012}.jpg', first=0), 's.json'),
    'mmpose video':
    ('mmpose', lambda root, tracks: files.write_mmpose_video(root / 'clip.json', tracks),
     'clip.json'),
    'mmpose videos':
    ('mmpose', lambda root, tracks: files.write_mmpose_video(root / 's' / 'clip.json', tracks),
     's'),
    'mmpose demo':
    ('mmpose', lambda root, tracks: files.write_mmpose_demo(root / 's' / 'clip.json', tracks), 's'),
    'mmpose images':
    ('mmpose', lambda root, tracks: files.write_mmpose_images(root / 's' / 'clip', tracks), 's'),
    'pyskl': ('pyskl', lambda root, tracks: files.write_pyskl(root / 's.pkl', {'clip': tracks}),
              's.pkl'),
    'alphapose video': ('alphapose', lambda root, tracks: files.write_alphapose(
        root / 's' / 'clip' / 'alphapose-results.json', tracks), 's'),
    'alphapose images': ('alphapose', lambda root, tracks: files.write_alphapose(
        root / 's.json', np.insert(tracks, 0, 0, 1), 'clip_{:06}.jpg'), 's.json'),
    'alphapose cmu': ('alphapose cmu', lambda root, tracks: files.write_alphapose_form(
        root / 's' / 'clip' / 'alphapose-results.json', tracks), 's'),
    'alphapose open': ('alphapose open', lambda root, tracks: files.write_alphapose_form(
        root / 's.json', np.insert(tracks, 0, 0, 1), 'open', 'clip_{:06}.jpg'), 's.json'),
    'coco results by number': ('coco results', lambda root, tracks: files.write_coco_results(
        root / 's' / 'clip.json', tracks, lambda frame: frame + 1), 's'),
    'coco results by name': ('coco results', lambda root, tracks: files.write_coco_results(
        root / 's.json', tracks, lambda frame: f'clip_{frame + 1:06}'), 's.json'),
    'coco results by image': ('coco results',
                              lambda root, tracks: coco_with_results(root / 's', tracks), 's'),
    'ultralytics labels': ('ultralytics', lambda root, tracks: files.write_ultralytics_labels(
        root / 'predict' / 'labels', 'clip', tracks), 'predict'),
    'ultralytics tracks': ('ultralytics', lambda root, tracks: files.write_ultralytics_labels(
        root / 'labels', 'clip', tracks, end=(0.875, 3)), 'labels'),
    'ultralytics images': ('ultralytics', lambda root, tracks: files.write_ultralytics_labels(
        root / 's' / 'clip', 'img', tracks, end=(0.875, )), 's'),
    'ultralytics frames': ('ultralytics', lambda root, tracks: [
        files.write_json(root / 's' / f'clip_{frame + 1}.json',
                         files.ultralytics_people(tracks[:, frame])) for frame in range(6)
    ], 's'),
    'ultralytics video': ('ultralytics', lambda root, tracks: files.write_json(
        root / 'clip.json', [files.ultralytics_people(tracks[:, frame])
                             for frame in range(6)]), 'clip.json'),
    'ultralytics shares': ('ultralytics', lambda root, tracks: files.write_json(
        root / 'clip.json',
        [files.ultralytics_people(tracks[:, frame], (64, 80)) for frame in range(6)]), 'clip.json'),
}


def coco_with_results(folder, tracks):
    """A file of images whose own people are others, and results of these images."""
    files.write_coco(folder / 'images.json', {'clip': tracks + 9})
    files.write_coco_results(folder / 'results.json', tracks, lambda frame: frame + 100)


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


def test_a_pickle_that_carries_code_is_refused_unrun(tmp_path):

    class Runs:

        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'ran'), )

    (tmp_path / 's.pkl').write_bytes(pickle.dumps(dict(annotations=[Runs()])))
    with pytest.raises(InputError, match=r's\.pkl: global: found (posix|nt)\.mkdir'):
        attach(tmp_path / 's.pkl', 'pyskl')
    assert not (tmp_path / 'ran').exists()


def text(name, content):
    return lambda root: files.write_json(root / name, content) if not isinstance(
        content, str) else (root / name).write_text(content)


def pyskl(**fields):

    def write(root):
        files.write_pyskl(root / 's.pkl', {'clip': TRACKS})
        content = pickle.loads((root / 's.pkl').read_bytes())
        content['annotations'][0].update(fields)
        (root / 's.pkl').write_bytes(pickle.dumps(content))

    return write


def twice(root):
    files.write_pyskl(root / 's.pkl', {'clip': TRACKS})
    content = pickle.loads((root / 's.pkl').read_bytes())
    content['annotations'] *= 2
    (root / 's.pkl').write_bytes(pickle.dumps(content))


def coco(**changed):

    def write(root):
        files.write_coco(root / 's.json', {'clip': TRACKS})
        content = json.loads((root / 's.json').read_text())
        files.write_json(
            root / 's.json',
            {**content, **{key: change(content[key]) for key, change in changed.items()}})

    return write


def openpose(content):
    return text('clip_000000000000_keypoints.json', content)


def unit_openpose(root):
    files.write_openpose(root, 'clip', files.walk(joints=25, start=(0, 0), step=0)[None] / 25)


PERSON = dict(keypoints=[[1., 2.]] * 17, keypoint_scores=[1.] * 17)
WRONG = {
    'nothing there': ('coco', lambda root: None, 'nothing.json', 'skeletons: found nothing there'),
    'no JSON': ('coco', text('s.json',
                             '{"images": ['), 's.json', r's\.json: content: found Expecting'),
    'coco without images':
    ('coco', text('s.json', dict(annotations=[])), 's.json', "no 'images', want images with id"),
    'coco results without keypoints':
    ('coco', text('s.json', [dict(image_id=1, bbox=[])]), 's.json', "no 'keypoints'"),
    'coco results of two files of images':
    ('coco', lambda root:
     (coco_with_results(root / 's', TRACKS), (root / 's' / 'b.json').write_text(
         (root / 's' / 'images.json').read_text())), 's', '2 files with images beside a list'),
    'coco clip in two files':
    ('coco', lambda root:
     [files.write_coco(root / 's' / name, {'clip': TRACKS})
      for name in ('a.json', 'b.json')], 's', 'clip, as in another file'),
    'coco results of other images':
    ('coco', lambda root:
     (coco_with_results(root / 's', TRACKS),
      files.write_coco_results(root / 's' / 'results.json', TRACKS, lambda frame: frame)), 's',
     r'results\.json: content: found no 0'),
    'ultralytics of boxes alone': ('ultralytics', text('clip_1.txt', '0 0.5 0.5 0.1 0.1 0.9\n'),
                                   'clip_1.txt', 'line 1: found 6 numbers, want a class'),
    'ultralytics of words': ('ultralytics', text('clip_1.txt', 'person'), 'clip_1.txt',
                             'line 1: found could not convert'),
    'ultralytics of other digits': ('ultralytics',
                                    text('clip_1.txt', '0 .5 .5 .1 .1' + ' .5 .5 1_0' * 17),
                                    'clip_1.txt', 'line 1: found no plain numbers'),
    'ultralytics labels in pixels':
    ('ultralytics', text('clip_1.txt', '0 .5 .5 .1 .1' + ' 50 9 1' * 17), 'clip_1.txt',
     'line 1: found joints from 9 to 50, want shares of the picture'),
    'a crowd of one place': ('openpose',
                             text('clip_000000000000_keypoints.json',
                                  dict(people=[dict(pose_keypoints_2d=[1.] * 75)] * 301)), '.',
                             'found 301 people in a frame, want at most 300'),
    'ultralytics of 14 joints': ('ultralytics', text('clip_1.txt',
                                                     '0 .5 .5 .1 .1' + ' .5 .5 1' * 14),
                                 'clip_1.txt', 'people with 14 joints, want 17, as coco17 has'),
    'ultralytics of a detector': ('ultralytics', text('clip_1.json', [dict(name='person')]),
                                  'clip_1.json', "no 'keypoints'"),
    'ultralytics of no list': ('ultralytics', text('other_1.json', 'NaN'), '.',
                               r'other_1\.json: people: found nan, want a list of people'),
    'ultralytics of people and frames': ('ultralytics', text('other_1.json', [{}, []]), '.',
                                         r'people: found \[{}, \[\]\], want a list'),
    'a key twice': ('ultralytics', text('clip_1.json', '[{"keypoints": 1, "keypoints": 2}]'), '.',
                    "content: found twice the key 'keypoints'"),
    'coco results of images without keypoints':
    ('coco', lambda root:
     (coco_with_results(root / 's', TRACKS), files.write_json(root / 's' / 'results.json', [{}])),
     's', r"results\.json: content: found no 'image_id'"),
    'ultralytics frame twice':
    ('ultralytics', lambda root:
     [files.write_json(root / name, [])
      for name in ('s/clip_1.json', 's/clip_01.json')], 's', 'one file a frame'),
    'ultralytics clip twice': ('ultralytics', lambda root: [
        files.write_json(root / name, content)
        for name, content in (('s/clip_1.json', []), ('s/clip.json', [[]]))
    ], 's', 'each clip once'),
    'coco of an unknown image': ('coco', coco(annotations=lambda a: [dict(a[0], image_id=7)]),
                                 's.json', 'found no 7'),
    'coco image again': ('coco', coco(images=lambda i: [*i, i[0]]), 's.json', 'again'),
    'coco image without number': ('coco', coco(images=lambda i: [dict(i[0], file_name='x.jpg')]),
                                  's.json', "name of a frame: found 'x.jpg'"),
    'coco of two sizes': ('coco', coco(images=lambda i: [dict(i[0], height=9), *i[1:]]), 's.json',
                          'found images of 2 sizes'),
    'coco with joints cut':
    ('coco', coco(annotations=lambda a: [dict(a[0], keypoints=a[0]['keypoints'][:9])]), 's.json',
     'people with 3 joints, want 17'),
    'coco with half a joint': ('coco', coco(annotations=lambda a: [dict(a[0], keypoints=[1, 2])]),
                               's.json', 'different or no numbers'),
    'mmpose of other things': ('mmpose', text('clip.json', [1, 2]), 'clip.json', 'found list'),
    'mmpose without scores':
    ('mmpose', text('clip.json',
                    [dict(frame_id=0, instances=[dict(PERSON, keypoint_scores=[1.])])]),
     'clip.json', 'as many keypoint_scores'),
    'mmpose of 16 joints':
    ('mmpose',
     text(
         'clip.json',
         [dict(frame_id=0, instances=[dict(keypoints=[[1., 2.]] * 16, keypoint_scores=[1.] * 16)])
          ]), 'clip.json', 'found people with 16 joints, want 17, as coco17 has'),
    'mmpose folder without files': ('mmpose', lambda root:
                                    (root / 's').mkdir(), 's', r'no file \*\.json'),
    'alphapose of other things': ('alphapose', text('clip.json', dict(people=[])), 'clip.json',
                                  'want a list of people'),
    'alphapose without keypoints': ('alphapose', text('clip.json', [dict(image_id='0.jpg')]),
                                    'clip.json', "no 'keypoints'"),
    'alphapose of 16 joints': ('alphapose',
                               text('clip.json', [dict(image_id='0.jpg', keypoints=[1.] * 48)]),
                               'clip.json', 'people with 16 joints, want 17'),
    'openpose without people': ('openpose', openpose(dict(version=1.3)), '.', "no 'people'"),
    'openpose of 15 joints': ('openpose',
                              openpose(dict(people=[dict(pose_keypoints_2d=[9.] * 45)])), '.',
                              r'found 15 joints, want 25 \(body25\)'),
    'openpose scaled': ('openpose', unit_openpose, '.', 'want pixels: --keypoint_scale 0'),
    'pyskl clip twice': ('pyskl', twice, 's.pkl', "found 'clip' again"),
    'pyskl in 3D': ('pyskl', pyskl(keypoint=np.ones((1, 6, 17, 3)),
                                   keypoint_score=None), 's.pkl', 'found 3 numbers a joint'),
    'pyskl without keypoints': ('pyskl', pyskl(keypoint=None), 's.pkl', 'keypoint: found nothing'),
    'pyskl of 18 joints': ('pyskl', pyskl(keypoint=np.ones((1, 6, 18, 2))), 's.pkl',
                           'found 18 joints, want 17'),
    'other names': ('pyskl', lambda root: files.write_pyskl(root / 's.pkl', {'x': TRACKS}), 's.pkl',
                    'clips: found x, want names as clip'),
}


@pytest.mark.parametrize('kind, write, name, message', WRONG.values(), ids=WRONG)
def test_wrong_file(tmp_path, kind, write, name, message):
    write(tmp_path)
    with pytest.raises(InputError, match=message):
        attach(tmp_path / name, kind)


def test_one_name_for_two_clips(tmp_path):
    files.write_pyskl(tmp_path / 's.pkl', {'clip': TRACKS})
    clips = [annotation(f'{folder}/clip', filename=f'{folder}/clip.mp4') for folder in 'ab']
    with pytest.raises(InputError, match='a name of both a/clip and b/clip'):
        attach(tmp_path / 's.pkl', 'pyskl', clips)


def test_25_joints_of_openpose_in_a_pickle(tmp_path):
    joints = get_layout('body25').joints
    files.write_pyskl(tmp_path / 's.pkl', {'clip': files.walk(joints=25)[None]})
    with pytest.raises(
            InputError, match=r's\.pkl: keypoint: found 25 joints without names, want '
            '--source-layout ntu25 or body25'):
        attach(tmp_path / 's.pkl', 'pyskl', source=None)
    (clip, ), notes = attach(tmp_path / 's.pkl', 'pyskl', source='body25')
    order = [joints.index(name) for name in get_layout('coco17').joints]
    np.testing.assert_array_equal(clip['keypoint'][0, :, :, 1] - 20, np.tile(order, (6, 1)))
    assert notes == {}


def test_a_pickle_that_names_its_layout(tmp_path):
    files.write_pyskl(tmp_path / 's.pkl', {'clip': files.walk(joints=25)[None]})
    content = pickle.loads((tmp_path / 's.pkl').read_bytes())
    (tmp_path / 's.pkl').write_bytes(pickle.dumps(dict(content, layout='body25')))
    (clip, ), _ = attach(tmp_path / 's.pkl', 'pyskl', source=None)
    assert clip['keypoint'][0, 0, 0, 1] == 20 and clip['keypoint'].shape == (1, 6, 17, 2)
    with pytest.raises(InputError, match='layout: found body25, want ntu25, as --source-layout'):
        attach(tmp_path / 's.pkl', 'pyskl', source='ntu25')


@pytest.mark.parametrize('source', ['halpe26', 'wholebody133'])
def test_layouts_that_begin_with_cocos_joints(tmp_path, source):
    tracks = files.walk(joints=len(get_layout(source)))[None]
    files.write_mmpose_video(tmp_path / 'clip.json', tracks)
    (clip, ), notes = attach(tmp_path / 'clip.json', 'mmpose', source=None)
    np.testing.assert_array_equal(clip['keypoint'], tracks[:, :, :17, :2])
    assert notes == {}


@pytest.mark.parametrize('kind', ['ultralytics labels', 'coco results by number'])
def test_17_joints_that_no_file_names_are_asked_for(tmp_path, kind):
    kind, write, name = WRITERS[kind]
    write(tmp_path, TRACKS)
    with pytest.raises(
            InputError, match='found 17 joints without names, want --source-layout coco17 or '
            'h36m17 or posetrack17'):
        attach(tmp_path / name, kind, source=None)


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


def test_endings_of_names_are_read_in_any_case(tmp_path):
    files.write_json(tmp_path / 'clip' / 'img_00001_keypoints.JSON', dict(people=[]))
    assert set(import_skeletons(str(tmp_path), 'openpose')) == {'clip'}
