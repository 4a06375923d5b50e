"""What a video or frame folder holds."""
from fractions import Fraction

import cv2
import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.media import as_media, probe


@pytest.fixture
def video(tmp_path, square_video):
    path = tmp_path / 'a.mp4'
    square_video.write(path, square_video.draw(20, (32, 48)))
    return path


@pytest.mark.parametrize('count', ['header', 'packets', 'frames'])
def test_of_a_whole_video_all_counts_agree(video, count):
    info = probe(as_media(video), count)
    assert (info.frames, info.height, info.width, info.fps) == (20, 32, 48, Fraction(25))


def test_frames_are_counted_where_the_header_promises_more(tmp_path, square_video):
    path = tmp_path / 'a.avi'
    noise = np.random.default_rng(0).integers(0, 255, (16, 96, 128, 3), dtype=np.uint8)
    square_video.write(path, list(noise), 'mpeg4', {'g': '4'})
    path.write_bytes(path.read_bytes()[:path.stat().st_size * 6 // 10])
    assert probe(as_media(path), 'header').frames == 16
    info = probe(as_media(path), 'frames')
    assert info.frames < 16 and 'announced frames decode' in info.problem


def test_a_frame_folder_has_the_rate_that_is_given(tmp_path):
    for index in range(3):
        cv2.imwrite(str(tmp_path / f'{index}.png'), np.zeros((8, 10, 3), np.uint8))
    info = probe(as_media(tmp_path))
    assert (info.frames, info.height, info.width, info.fps) == (3, 8, 10, 25)
    assert probe(as_media(tmp_path), folder_fps=29.97).fps == Fraction(2997, 100)


def test_what_does_not_decode_is_an_error(tmp_path):
    (tmp_path / 'a.mp4').write_bytes(b'no video')
    with pytest.raises(InputError, match='video: found InvalidDataError .*want a video that can'):
        probe(as_media(tmp_path / 'a.mp4'))
