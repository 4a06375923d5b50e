"""Which videos and frame folders there are."""
import cv2
import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.media import files_by_name, find_media
from mmaction_d3d.media.find import walk
from mmaction_d3d.media.read import numbered_images, read_image


def names(inputs):
    return [clip.name for clip in find_media([str(item) for item in inputs])]


@pytest.fixture
def tree(tmp_path, square_video):
    """wave/a.mp4, wave/b.mp4, push/a.mp4, notes.txt, jump/ with frames 0.png to 11.png."""
    for name in ('wave/a.mp4', 'wave/b.mp4', 'push/a.mp4'):
        path = tmp_path / 'videos' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        square_video.write(path, square_video.draw(5, (32, 48)))
    folder = tmp_path / 'videos' / 'jump'
    folder.mkdir()
    for index in range(12):
        cv2.imwrite(str(folder / f'{index}.png'), np.full((8, 10, 3), 20 * index, np.uint8))
    (tmp_path / 'videos' / 'push' / 'readme.md').write_text('no video')
    return tmp_path / 'videos'


def test_a_folder_gives_all_below_it_named_as_prepare_custom_names_them(tree):
    assert names([tree]) == ['jump', 'push/a.mp4', 'wave/a.mp4', 'wave/b.mp4']
    assert find_media([str(tree)])[1].names == dict(frame_dir='push/a', filename='push/a.mp4')


def test_a_folder_of_frames_is_one_clip(tree):
    assert names([tree / 'jump']) == ['jump']
    assert find_media([str(tree / 'jump')])[0].names == dict(frame_dir='jump')


@pytest.mark.parametrize('name, numbers, tmpl', [
    ('img_{:05}.jpg', range(1, 12), 'img_{:05}.jpg'),
    ('{:04}_rgb.png', range(12), '{:04}_rgb.png'),
    ('cam2-{}-left.png', range(8, 12), 'cam2-{:01}-left.png'),
    ('{{a}}{:02}{{b}}.bmp', range(99, 101), '{{a}}{:02}{{b}}.bmp'),
    ('img_{:05}.jpg', (1, 2, 4), None),
    ('{:04}_rgb.png', (2, 4), None),
    ('{}-{}.png', range(2), None),
    ('front.png', (0, ), None),
])
def test_frames_are_numbered_anywhere_in_their_names_for_search_and_reader(
        tmp_path, name, numbers, tmpl):
    paths = [tmp_path / name.format(number, number) for number in numbers]
    for path in paths:
        path.touch()
    media, = find_media([str(tmp_path)])
    assert media.images == tuple(map(str, paths)) and (media.notes == ()) == (tmpl is not None)
    assert media.numbering == (None if tmpl is None else (tmpl, numbers[0]))
    if tmpl is not None:
        assert numbered_images(media.path, *media.numbering, len(paths)) == list(media.images)


def test_a_pattern_names_from_its_fixed_part(tree):
    assert names([f'{tree}/*/a.mp4']) == ['push/a.mp4', 'wave/a.mp4']
    assert names([f'{tree}/**/*.mp4']) == ['push/a.mp4', 'wave/a.mp4', 'wave/b.mp4']


def test_a_list_file_names_a_path_a_line(tree, tmp_path):
    (tmp_path / 'list.txt').write_text(f'{tree}/wave/b.mp4\n\n{tree}/jump\n')
    assert names([tmp_path / 'list.txt']) == ['b.mp4', 'jump']


def test_the_same_video_twice_is_one(tree):
    assert names([tree / 'wave' / 'a.mp4', tree / 'wave']) == ['a.mp4', 'b.mp4']


def test_two_videos_of_one_name_are_refused(tree):
    with pytest.raises(InputError, match=r'both called a, want .*give the folder'):
        names([tree / 'wave' / 'a.mp4', tree / 'push' / 'a.mp4'])


@pytest.mark.parametrize('item', ['nothing.mp4', 'nothing/*.mp4'])
def test_an_input_of_nothing_is_refused(tmp_path, item):
    with pytest.raises(InputError, match=f'VIDEOS: found {tmp_path}/'.replace('/', '.')):
        find_media([str(tmp_path / item)])


def test_links_are_folders_but_for_circles(tree, tmp_path):
    (tree / 'kick').symlink_to(tree / 'push')
    (tree / 'wave' / 'up').symlink_to(tree)
    assert names([tree]) == ['jump', 'kick/a.mp4', 'push/a.mp4', 'wave/a.mp4', 'wave/b.mp4']


def test_a_folder_that_cannot_be_read_is_an_error(tree):
    with pytest.raises(InputError, match='gone: folder: found No such file'):
        list(walk(str(tree / 'gone')))


def test_files_by_name_takes_endings_in_any_case(tmp_path):
    (tmp_path / 'deep').mkdir()
    for name in ('deep/a_rgb.avi', 'b_RGB.AVI', 'c.avi'):
        (tmp_path / name).touch()
    files = files_by_name(str(tmp_path), ['_rgb.avi'])
    assert files == dict(a=str(tmp_path / 'deep/a_rgb.avi'), b=str(tmp_path / 'b_RGB.AVI'))
    (tmp_path / 'a_rgb.avi').touch()
    with pytest.raises(InputError, match='name: found that of .*, want one file of a name'):
        files_by_name(str(tmp_path), ['_rgb.avi'])


def test_what_a_search_leaves_out_is_told(tree):
    (tree / 'wave' / 'back').symlink_to(tree)
    left_out = []
    find_media([str(tree)], lambda *told: left_out.append(told))
    assert left_out == [
        ('no video or image, by its suffix: left out', f'{tree}/push/readme.md'),
        ('link to a folder that it lies in: left out', f'{tree}/wave/back'),
    ]
    left_out.clear()
    find_media([f'{tree}/push/*'], lambda *told: left_out.append(told))
    assert left_out == [('no video or image, by its suffix: left out', f'{tree}/push/readme.md')]
    left_out.clear()
    files_by_name(str(tree / 'push'), ['.mp4'], lambda *told: left_out.append(told))
    assert left_out == [('another kind of file, by its name: left out', f'{tree}/push/readme.md')]


def test_folders_that_are_links_are_searched(tree, tmp_path):
    (tmp_path / 'linked').mkdir()
    (tmp_path / 'linked' / 'wave').symlink_to(tree / 'wave')
    assert names([tmp_path / 'linked']) == ['wave/a.mp4', 'wave/b.mp4']


def test_what_is_hidden_is_left_out_and_told(tree):
    (tree / 'wave' / '._a.mp4').write_bytes(b'notes of a Mac')
    (tree / '.thumbnails').mkdir()
    (tree / '.thumbnails' / '1.png').touch()
    left_out = []
    media = find_media([str(tree)], lambda *told: left_out.append(told))
    assert [clip.name for clip in media] == names([tree])
    assert [told for told in left_out if 'hidden' in told[0]] == [
        ('hidden, by its name: left out', f'{tree}/.thumbnails'),
        ('hidden, by its name: left out', f'{tree}/wave/._a.mp4'),
    ]
    assert names([tree / '.thumbnails']) == ['.thumbnails']  # it was named


@pytest.mark.parametrize('suffix', ['.tif', '.TIFF', '.jpeg', '.webp', '.bmp'])
def test_folders_of_any_kind_of_image(tmp_path, suffix):
    (tmp_path / 'clip').mkdir()
    for index in range(3):
        cv2.imwrite(str(tmp_path / 'clip' / f'{index}{suffix}'),
                    np.full((8, 10, 3), 60 * index, np.uint8))
    clip, = find_media([str(tmp_path / 'clip')])
    assert clip.frames == 3 and read_image(clip.images[2]).mean() == pytest.approx(120, abs=2)
