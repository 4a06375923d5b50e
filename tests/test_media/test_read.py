"""Frames in order, and the ones that are named."""
import cv2
import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.media import Frames, as_media


@pytest.fixture
def jump(tmp_path):
    """A folder of frames 0.png to 11.png."""
    for index in range(12):
        cv2.imwrite(str(tmp_path / f'{index}.png'), np.full((8, 10, 3), 20 * index, np.uint8))
    return tmp_path


def images(path):
    frames = Frames(as_media(path))
    return frames, list(frames.images())


def test_frames_of_a_folder_come_in_the_order_of_their_numbers(jump):
    frames, pixels = images(jump)
    assert [int(image[0, 0, 0]) for image in pixels] == [20 * index for index in range(12)]
    assert frames.count == 12 and frames.img_shape == (8, 10)


def test_frames_of_a_video_are_its_own(tmp_path, square_video):
    drawn = square_video.draw(5, (64, 160))
    square_video.write(tmp_path / 'a.mp4', drawn)
    frames, pixels = images(tmp_path / 'a.mp4')
    for image, color in zip(pixels, drawn, strict=True):
        assert np.abs(image.astype(int) - color).mean() < 3
    assert frames.count == 5 and frames.img_shape == (64, 160) and not frames.problem


def test_a_video_cut_short_ends_there(tmp_path, square_video):
    path = tmp_path / 'a.ts'
    square_video.write(path, square_video.draw(60, (64, 160)))
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    frames, pixels = images(path)
    assert 0 < len(pixels) == frames.count < 60


def test_what_does_not_decode_is_named(tmp_path):
    (tmp_path / 'a.mp4').write_bytes(b'no video')
    with pytest.raises(InputError, match=r'a.mp4: video: found InvalidDataError \(.*the file.*\)'):
        images(tmp_path / 'a.mp4')


def test_frames_of_two_sizes_are_refused(jump):
    cv2.imwrite(str(jump / '12.png'), np.zeros((9, 10, 3), np.uint8))
    with pytest.raises(InputError, match='frame 12: found 9 x 10, want 8 x 10'):
        images(jump)


def test_an_image_that_cannot_be_read_is_named(jump):
    (jump / '3.png').write_bytes(b'no image')
    with pytest.raises(InputError, match='3.png: image'):
        images(jump)
