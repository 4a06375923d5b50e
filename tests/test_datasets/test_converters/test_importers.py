"""Files of skeletons that are refused, and layouts that they do not name."""
import json
import os
import pickle

import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.skeletons import get_layout

from . import skeleton_writers as files
from .importing import TRACKS, WRITERS, attach, coco_with_results


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
