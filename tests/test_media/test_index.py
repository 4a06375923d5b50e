"""The video or frame folder of an annotation, also where each class has a folder."""
import re
from pathlib import Path

import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.media import MediaIndex, locate_frames, locate_video

PLACE = 'a.pkl', 'annotations[0]'


@pytest.fixture
def root(tmp_path):
    """Makes empty files below a folder; returns the folder."""

    def make(*names):
        for name in names:
            path = tmp_path / 'root' / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / 'root'

    return make


def video(root, filename_tmpl=None, **clip):
    return locate_video(MediaIndex(str(root)), clip, PLACE, filename_tmpl)['filename']


@pytest.mark.parametrize('clip', [
    dict(frame_dir='v_Kick_g01_c01'),
    dict(filename='v_Kick_g01_c01.avi'),
    dict(frame_dir='v_Kick_g01_c01', filename_tmpl='{frame_dir}.avi'),
    dict(frame_dir='Kick/v_Kick_g01_c01'),
])
def test_a_video_in_a_folder_of_its_class_is_found(root, clip):
    folder = root('UCF-101/Kick/v_Kick_g01_c01.avi', 'UCF-101/Kick/v_Kick_g01_c01.txt',
                  'UCF-101/Push/v_Push_g01_c01.avi')
    assert video(folder, **clip) == str(folder / 'UCF-101/Kick/v_Kick_g01_c01.avi')


def test_where_the_name_says_goes_first(root):
    folder = root('a.mp4', 'x/a.mp4', 'x/y/a.avi')
    assert video(folder, frame_dir='a') == str(folder / 'a.mp4')
    assert video(folder, frame_dir='x/a') == str(folder / 'x/a.mp4')


@pytest.mark.parametrize('absolute', [False, True])
@pytest.mark.parametrize('key, name, filename_tmpl', [
    ('frame_dir', '../a', None),
    ('frame_dir', 'x/../../a', None),
    ('filename', '../a.mp4', None),
    ('frame_dir', 'a', '../{frame_dir}.mp4'),
])
def test_a_name_leads_out_of_the_folder_only_where_that_is_allowed(root, tmp_path, key, name,
                                                                   filename_tmpl, absolute):
    folder = root('x/b.mp4')
    (tmp_path / 'a.mp4').touch()
    clip = {key: str(folder / name) if absolute and filename_tmpl is None else name}
    with pytest.raises(InputError, match='a.pkl: annotations.0.: found .* which leads out of'):
        video(folder, filename_tmpl, **clip)
    allowed = MediaIndex(str(folder), allow_outside=True)
    located = locate_video(allowed, clip, PLACE, filename_tmpl)['filename']
    assert Path(located).resolve() == tmp_path / 'a.mp4'


def test_an_absolute_name_in_the_folder_and_a_link_out_of_it_are_fine(root, tmp_path):
    folder = root('x/b.mp4')
    (tmp_path / 'a.mp4').touch()
    (folder / 'a.mp4').symlink_to(tmp_path / 'a.mp4')
    assert video(folder, filename=str(folder / 'x/b.mp4')) == str(folder / 'x/b.mp4')
    assert video(folder, frame_dir='a') == str(folder / 'a.mp4')


def test_two_of_a_name_are_both_named(root):
    folder = root('x/a.mp4', 'y/a.mp4')
    for clip in (dict(frame_dir='a'), dict(filename='a.mp4')):
        with pytest.raises(InputError, match=re.escape(f'x/a.mp4 and y/a.mp4 in {folder}')):
            video(folder, **clip)


def test_one_file_by_two_links_is_one(root):
    folder = root('x/a.mp4')
    (folder / 'again').symlink_to(folder / 'x')
    assert video(folder, frame_dir='a').endswith('/a.mp4')


def test_a_part_of_a_name_is_no_name(root):
    folder = root('x/v_a.mp4', 'other/b/c.mp4')
    for clip in (dict(frame_dir='a'), dict(frame_dir='x/c')):
        with pytest.raises(InputError, match='found none in'):
            video(folder, **clip)


def test_a_frame_folder_in_a_folder_of_its_class_is_found(root):
    folder = root('Kick/clip1/img_00001.jpg', 'Push/clip2/img_00001.jpg', 'Push/clip3/1.jpg')
    index = MediaIndex(str(folder))
    place = locate_frames(index, dict(frame_dir='clip2'), PLACE, 'img_{:05}.jpg', 1)
    assert place['img_dir'] == str(folder / 'Push/clip2')
    with pytest.raises(InputError, match="want the clip's first frame"):
        locate_frames(index, dict(frame_dir='clip3'), PLACE, 'img_{:05}.jpg', 1)
