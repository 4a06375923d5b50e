"""H.264 written frame by frame."""
import io

import av
import numpy as np
import pytest

from mmaction_d3d.media import KEEPING, VIEWING, H264Writer, read_video, write_video
from mmaction_d3d.media.seek import frame_index
from mmaction_d3d.media.write import smaller_size


def test_a_video_to_look_at_plays_in_a_browser(tmp_path, square_video):
    path, frames = tmp_path / 'a.mp4', square_video.draw(6, (32, 48))
    write_video(path, frames, 10)
    data = path.read_bytes()
    assert data.index(b'moov') < data.index(b'mdat')  # plays while it loads
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ('h264', 'yuv420p')
        assert stream.average_rate == 10
    images, count = read_video(str(path), np.arange(7))
    assert count == 6
    assert all(np.abs(images[index].astype(int) - frames[index]).mean() < 4 for index in range(6))


def test_a_writer_that_fails_leaves_no_file(tmp_path):

    def frames():
        yield np.zeros((32, 48, 3), np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / 'a.mp4', frames(), 10)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('options', [VIEWING, KEEPING])
def test_the_short_side_is_cut_down_and_sides_are_even(options):
    file = io.BytesIO()
    with H264Writer(file, 'mp4', 25, options, short_side=20) as writer:
        writer.add(np.zeros((41, 61, 3), np.uint8))
    assert writer.shape == (20, 30) and writer.frames == 1
    assert smaller_size(15, 11, 20) == (16, 12)


def test_what_is_kept_decodes_fast_from_many_places(tmp_path, square_video):
    path = tmp_path / 'a.mp4'
    with path.open('wb') as file, H264Writer(file, 'mp4', 25, KEEPING) as writer:
        for frame in square_video.draw(20, (32, 48)):
            writer.add(frame)
    assert frame_index(str(path)).keys.tolist() == [0, 8, 16]
    data = path.read_bytes()  # x264 writes its settings into the file
    assert b'cabac=0' in data and b'deblock=0' in data and b'bframes=0' in data


def test_builds_of_ffmpeg_without_x264_write_too(tmp_path, monkeypatch):
    monkeypatch.setattr(av, 'codecs_available', {'mpeg4'})
    write_video(tmp_path / 'a.mp4', [np.full((32, 48, 3), 200, np.uint8)] * 2, 10)
    with av.open(str(tmp_path / 'a.mp4')) as container:
        assert container.streams.video[0].codec_context.name == 'mpeg4'
