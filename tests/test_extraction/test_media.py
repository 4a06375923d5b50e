"""Which videos and frame folders a command line names, and their frames."""
import cv2
import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.extraction.media import Frames, as_media, find_media

from .conftest import square_frames

WALK = [[(20 + 4 * t, 30) for t in range(5)]]


def names(inputs):
    return [clip.name for clip in find_media([str(item) for item in inputs])]


@pytest.fixture
def tree(tmp_path, people_video):
    """wave/a.mp4, wave/b.mp4, push/a.mp4, notes.txt, jump/ with frames 0.png to 11.png."""
    for name in ('wave/a.mp4', 'wave/b.mp4', 'push/a.mp4'):
        people_video(f'videos/{name}', WALK)
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


def test_frames_of_a_folder_come_in_the_order_of_their_numbers(tree):
    frames = Frames(as_media(tree / 'jump'))
    assert [int(frame[0, 0, 0]) for frame in frames] == [20 * index for index in range(12)]
    assert frames.count == 12 and frames.img_shape == (8, 10)


def test_frames_of_a_video_are_its_own(people_video):
    frames = Frames(as_media(people_video('a.mp4', WALK)))
    for found, drawn in zip(frames, square_frames(WALK)):
        assert np.abs(found.astype(int) - drawn).mean() < 3
    assert frames.count == 5 and frames.img_shape == (64, 160) and not frames.problem


def test_a_video_cut_short_says_so(people_video):
    path = people_video('a.ts', [[(20 + t, 30) for t in range(60)]])
    data = path.read_bytes()
    path.write_bytes(data[:len(data) // 2])
    frames = Frames(as_media(path))
    assert 0 < len(list(frames)) < 60 and frames.count < 60


def test_what_does_not_decode_is_named(tmp_path):
    (tmp_path / 'a.mp4').write_bytes(b'no video')
    with pytest.raises(InputError, match='a.mp4: video: found InvalidDataError'):
        list(Frames(as_media(tmp_path / 'a.mp4')))


def test_frames_of_two_sizes_are_refused(tree):
    cv2.imwrite(str(tree / 'jump' / '12.png'), np.zeros((9, 10, 3), np.uint8))
    with pytest.raises(InputError, match='frame 12: found 9 x 10, want 8 x 10'):
        list(Frames(as_media(tree / 'jump')))


def test_an_image_that_cannot_be_read_is_named(tree):
    (tree / 'jump' / '3.png').write_bytes(b'no image')
    with pytest.raises(InputError, match='3.png: image'):
        list(Frames(as_media(tree / 'jump')))
