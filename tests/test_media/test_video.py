"""A video is what a player shows: way up, film, times."""
import gc
import importlib.util
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest

from mmaction_d3d.datasets.converters.reencode import reencode
from mmaction_d3d.errors import InputError
from mmaction_d3d.media import Video, as_media, probe, read_video, video_frames

from .conftest import WAYS_UP, corners


@pytest.fixture(params=['av', 'decord'])
def backend(request):
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f'{request.param} is not installed')
    return request.param


def is_like(image, other):
    return image.shape == other.shape and np.abs(image.astype(int) - other).mean() < 12


@pytest.mark.parametrize('way', WAYS_UP)
def test_frames_are_turned_and_mirrored_as_the_header_says(turned_video, backend, way):
    images, _ = read_video(str(turned_video(way, [corners()] * 3)), np.array([0, 2]), backend)
    assert all(is_like(image, WAYS_UP[way][1](corners())) for image in images.values())


@pytest.mark.parametrize('count', ['header', 'packets', 'frames'])
def test_the_size_is_that_of_the_picture_shown(turned_video, count):
    path = turned_video('quarter turn left', [corners()] * 3)
    info = probe(as_media(path), count)
    assert (info.frames, info.height, info.width, info.problem) == (3, 80, 48, '')


def test_a_video_written_anew_is_upright(turned_video, tmp_path):
    path, small = turned_video('quarter turn right', [corners()] * 3), tmp_path / 'small.mp4'
    assert reencode((str(path), str(small), 48)).frames == 3
    images, _ = read_video(str(small), np.array([1]))
    assert is_like(images[1], np.rot90(corners(), -1))


@pytest.mark.parametrize('name', ['first.mp4', 'first.mkv'])
def test_a_cover_picture_is_not_the_film(covered_video, backend, name):
    path = covered_video(name)
    images, count = read_video(str(path), np.array([5, 20]), backend)
    assert count == 10 and images[5].shape == (64, 80, 3)
    assert (probe(as_media(path)).frames, probe(as_media(path)).height) == (10, 64)


def test_a_cover_picture_alone_is_no_film(covered_video, backend):
    path = covered_video('cover.mp4', film=False)
    with pytest.raises(InputError, match='cover.mp4: video: found'):
        read_video(str(path), np.array([0]), backend)


def test_the_film_is_not_the_first_stream(covered_video):
    """What the tests above stand on: FFmpeg numbers the cover of this file 0."""
    with av.open(str(covered_video('first.mkv'))) as container:
        assert container.streams.video[0].codec_context.name == 'mjpeg'


def test_times_are_those_of_the_container(tmp_path):
    times = [0, 40, 80, 500, 1500, 1540]  # milliseconds
    with av.open(str(tmp_path / 'a.mkv'), 'w') as container:
        stream = container.add_stream('libx264', rate=1000)
        stream.height, stream.width, stream.pix_fmt = 64, 80, 'yuv420p'
        for time in times:
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 80, 3), np.uint8), format='rgb24')
            frame.pts, frame.time_base = 3000 + time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    frames = video_frames(str(tmp_path / 'a.mkv'), 'av')
    assert [frame.time for frame in frames] == [Fraction(time, 1000) for time in times]


def numbered_video(path, square_video):
    """250 frames, a key frame every 90."""
    square_video.write(path, square_video.draw(250, (32, 64)), options={'g': '90'})
    return str(path)


def test_little_is_decoded_before_a_time(tmp_path, square_video):
    with Video(numbered_video(tmp_path / 'a.mp4', square_video)) as video:
        assert next(video.frames_from(Fraction('7.96'))).time == Fraction('3.6')


def test_all_is_decoded_where_a_seek_goes_too_far(tmp_path, square_video):
    """Formats without an index."""
    with Video(numbered_video(tmp_path / 'a.mp4', square_video)) as video:
        container = video._container

        class SeeksTooFar:
            decode = container.decode

            @staticmethod
            def seek(offset):
                container.seek(offset + 4000000 if offset > 0 else offset)

        video._container = SeeksTooFar
        times = [frame.time for frame in video.frames_from(Fraction('3.4'))]
        video._container = container
    assert len(times) == 250 and times[0] == 0


def test_the_package_is_imported_without_pyav():
    """Where it is missing, decord reads videos."""
    code = ("import sys; sys.modules['av'] = None\n"
            'import mmaction_d3d.media, mmaction_d3d.extraction, mmaction_d3d.inference, '
            'mmaction_d3d.datasets.converters.cutting, mmaction_d3d.datasets.synthetic')
    subprocess.run([sys.executable, '-c', code], check=True)


def alive_frames():
    return {id(frame) for frame in gc.get_objects() if isinstance(frame, av.VideoFrame)}


def test_a_decoded_frame_is_freed_without_the_collector(turned_video):
    """Collected in a forked worker, it would wait for threads that are not there."""
    path = str(turned_video(next(iter(WAYS_UP)), [corners()] * 3))
    gc.collect()
    before = alive_frames()
    gc.disable()
    try:
        for frame in video_frames(path, 'av'):
            frame.rgb()
        del frame
        assert alive_frames() <= before
    finally:
        gc.enable()


@pytest.mark.parametrize('text', [
    "ffconcat version 1.0\nfile 'other.mp4'\n", '\ufeff#EXTM3U\n#EXTINF:1,\nother.mp4\n',
    '\n<?xml version="1.0"?><MPD/>', 'v=0\no=- 0 0 IN IP4 127.0.0.1\n'
])
def test_a_text_that_names_other_files_is_no_video(tmp_path, square_video, backend, text):
    square_video.write(tmp_path / 'other.mp4', square_video.draw(4, (64, 80)))
    (tmp_path / 'clip.mp4').write_text(text)
    with pytest.raises(InputError, match=r'clip\.mp4: video: found a list of other files'):
        next(video_frames(str(tmp_path / 'clip.mp4'), backend))
