"""Times are the container's where frames do not follow each other at one rate."""
from fractions import Fraction

import av
import numpy as np
import pytest

from mmaction_d3d.media import Video, h264_writer, probe, read_video

TIMES = [0, 40, 80, 500, 1500, 1540, 1600, 4000]  # milliseconds


@pytest.fixture
def uneven_video(tmp_path):
    """Writes frames of rising brightness at given milliseconds; return its path."""

    def write(name='a.mkv', times=TIMES, codec='libx264', **options):
        path = tmp_path / name
        with av.open(str(path), 'w') as container:
            stream = container.add_stream(codec, rate=1000)
            stream.height, stream.width, stream.pix_fmt = 64, 80, 'yuv420p'
            stream.options = options
            for index, time in enumerate(times):
                image = np.full((64, 80, 3), 20 + 25 * index, np.uint8)
                frame = av.VideoFrame.from_ndarray(image, format='rgb24')
                frame.pts, frame.time_base = time, Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return str(path)

    return write


@pytest.mark.parametrize('count', ['packets', 'frames'])
@pytest.mark.parametrize('name, codec, options', [('a.mkv', 'libx264', dict(bf='2')),
                                                  ('a.mp4', 'libx264', dict(bf='0')),
                                                  ('b.mp4', 'libx264', dict(bf='2')),
                                                  ('a.webm', 'libvpx-vp9', {})])
def test_times_are_the_containers(uneven_video, count, name, codec, options):
    info = probe(uneven_video(name, codec=codec, **options), count)
    assert info.frames == 8
    np.testing.assert_allclose(info.time_of(np.arange(8)), np.divide(TIMES, 1000), atol=0.0011)
    assert float(info.fps) == pytest.approx(7 / 4, abs=0.01)
    assert float(info.time_of(8)) == pytest.approx(4 + 4 / 7, abs=0.01)
    assert info.time_of(2.5) == pytest.approx(0.29, abs=0.0011)  # halfway from 0.08 to 0.5


def test_even_frames_count_by_the_rate(uneven_video, tmp_path, square_video):
    square_video.write(tmp_path / 'even.mp4', square_video.draw(10, (64, 80)))
    for path in (tmp_path / 'even.mp4', uneven_video('b.mkv', [0, 33, 67, 100, 133, 167, 200])):
        info = probe(path)
        assert info.times is None
        assert info.time_of(3) == 3 / float(info.fps)
        assert info.fps == pytest.approx(25 if str(path).endswith('mp4') else 30, abs=0.01)


def test_what_packets_do_not_tell_counts_by_the_rate(uneven_video):
    """Times of packets in an AVI are those of decoding."""
    path = uneven_video('a.avi', [40 * index for index in range(8)], 'mpeg4', bf='2')
    with Video(path) as video:
        assert set(video.packet_times()) == {None}
    assert probe(path).times is None


@pytest.mark.parametrize('backend', ['av', 'decord'])
def test_frames_are_the_same_by_both_backends(uneven_video, backend):
    pytest.importorskip(backend)
    images, count = read_video(uneven_video(), np.arange(9), backend)
    assert count == 8
    assert [round((float(image.mean()) - 20) / 25) for image in images.values()] == list(range(8))


def test_a_video_is_written_at_times(tmp_path):
    path, times = tmp_path / 'a.mp4', [0.25, 0.5, 0.75, 2.75, 2.75, 3.5]
    with h264_writer(path, 2) as write:
        for time in times:
            write(np.zeros((64, 80, 3), np.uint8), time)
    with Video(str(path)) as video:
        shown = [float(frame.time + video._zero) for frame in video.frames()]
    np.testing.assert_allclose(shown, times, atol=2e-5)


def write_again(source, path, shift):
    """Write packets of a video to a file with other times, in seconds; return the file's path."""
    options = dict(avoid_negative_ts='disabled')
    with av.open(source) as video, av.open(str(path), 'w', container_options=options) as copy:
        stream = copy.add_stream_from_template(video.streams.video[0])
        for packet in video.demux(video=0):
            if packet.dts is not None:
                move = round(shift / packet.time_base)
                packet.pts, packet.dts = packet.pts + move, packet.dts + move
                packet.stream = stream
                copy.mux(packet)
    return str(path)


@pytest.mark.parametrize('backend', ['av', 'decord'])
def test_times_below_zero_move_no_frame(uneven_video, tmp_path, backend):
    pytest.importorskip(backend)
    source = uneven_video('a.mkv', [40 * index for index in range(8)], g='4', bf='0')
    path = write_again(source, tmp_path / 'below.mkv', -0.1)
    images, _ = read_video(path, np.arange(8), backend)
    assert [round((float(image.mean()) - 20) / 25) for image in images.values()] == list(range(8))


def test_what_an_edit_list_leaves_out_is_no_frame(uneven_video, tmp_path):
    """A cut by copying: packets before its begin are in the file, as others lean on them."""
    source = uneven_video('a.mp4', [40 * index for index in range(8)], bf='0')
    path = write_again(source, tmp_path / 'cut.mp4', -0.12)
    decoded = probe(path, 'frames')
    assert decoded.frames == 5 and probe(path).frames == 5
    with Video(path) as video:
        assert len(video.packet_times()) == 5
