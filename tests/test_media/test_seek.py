"""Frames that are sought are those of reading on from the first, in every container."""
from fractions import Fraction

import av
import numpy as np
import pytest

from mmaction_d3d.media import Video, read, read_video, video_frames
from mmaction_d3d.media.seek import SeekError, frame_index, sought_frames

COUNT = 41


def images():
    """Noise that moves: no frame is like another, nor its codec's guess."""
    noise = np.random.default_rng(0).integers(0, 256, (48, 160, 3), np.uint8)
    return [np.ascontiguousarray(noise[:, index:index + 64]) for index in range(COUNT)]


def write(path, codec='libx264', times=None, **options):
    """Write the frames, at times in milliseconds if they are not even."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream(codec, rate=25 if times is None else 1000)
        stream.height, stream.width, stream.pix_fmt = 48, 64, 'yuv420p'
        stream.options = {key: str(value) for key, value in options.items()}
        for index, image in enumerate(images()):
            frame = av.VideoFrame.from_ndarray(image, format='rgb24')
            if times is not None:
                frame.pts, frame.time_base = times[index], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


UNEVEN = np.cumsum(np.random.default_rng(1).integers(10, 200, COUNT)).tolist()
X265 = dict(codec='libx265')
#: Name of the file to how it is written, and whether its frames can be sought.
KINDS = {
    'long.mp4': (dict(g=250, bf=3), True),
    'short.mp4': (dict(g=8, bf=0), True),
    'b_frames.mp4': (dict(g=12, bf=3), True),
    'pyramid.mkv': (dict(g=12, bf=7, **{'x264-params': 'b-pyramid=normal'}), True),
    'open_gop.mp4': (dict(g=10, bf=3, **{'x264-params': 'open-gop=1'}), True),
    'open_gop.ts': (dict(g=10, bf=3, **{'x264-params': 'open-gop=1'}), False),
    'refresh.mkv': (dict(g=10, **{'x264-params': 'intra-refresh=1'}), None),
    'uneven.mkv': (dict(g=10, bf=3, times=UNEVEN), True),
    'uneven.mp4': (dict(g=10, bf=3, times=UNEVEN), True),
    'reencoded.avi': (dict(g=12, bf=0), True),
    'b_frames.avi': (dict(g=12, bf=3), False),
    'xvid.avi': (dict(codec='mpeg4', g=12, bf=2), False),
    'xvid.mp4': (dict(codec='mpeg4', g=12), True),
    'hevc.mp4': (dict(X265, **{'x265-params': 'keyint=10:bframes=3:log-level=none'}), True),
    'hevc_open.mkv': (dict(X265, **{'x265-params':
                                    'keyint=10:bframes=3:open-gop=1:log-level=none'}), True),
    'vp9.webm': (dict(codec='libvpx-vp9', g=10, **{'cpu-used': 8, 'deadline': 'realtime'}), True),
    'vp8.webm': (dict(codec='libvpx', g=10, **{'auto-alt-ref': 1, 'lag-in-frames': 16}), False),
    'mjpeg.avi': (dict(codec='mjpeg', strict='unofficial'), False),
}


@pytest.fixture(params=KINDS)
def kind(request, tmp_path):
    settings, sought = KINDS[request.param]
    write(tmp_path / request.param, **settings)
    return str(tmp_path / request.param), sought


def in_order(path):
    return [frame.rgb() for frame in video_frames(path, 'av')]


def test_every_frame_is_that_of_reading_in_order(kind, monkeypatch):
    path, sought = kind
    expected = in_order(path)
    if sought is not None:
        assert (frame_index(path) is not None) == sought
    if sought:

        def refuse(*_):
            raise AssertionError('read in order')

        def opened(path, analyze):
            assert not analyze, 'opened again'
            return Video(path, analyze)

        monkeypatch.setattr(read, 'Frames', refuse)
        monkeypatch.setattr(read, 'Video', opened)
    for wanted in ([0], [len(expected) - 1], [3, 4, 5], [1, 7, 8, 30, 35], range(0, 36, 3),
                   *([number] for number in range(0, len(expected), 5))):
        pictures, count = read_video(path, np.array(list(wanted)), 'av')
        assert count is None and sorted(pictures) == list(wanted)
        for number, picture in pictures.items():
            np.testing.assert_array_equal(picture, expected[number], f'{path} {number}')


def copied(source, target, change=lambda packet: packet, options=None):
    """Write the packets of a video into another file, changed."""
    with av.open(str(source)) as old, av.open(str(target), 'w', options=options or {}) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None and (packet := change(packet)) is not None:
                packet.stream = stream
                new.mux(packet)


def starting_late(packet):
    """Leave the first two groups of pictures out, as a cut without encoding does."""
    return packet if packet.pts >= 14 * 512 else None


def doubled(packet):
    packet.duration = 0
    return packet


@pytest.mark.parametrize('name, change, options', [
    ('edit_list.mp4', lambda packet: packet, dict(use_editlist='1')),
    ('fragments.mp4', lambda packet: packet, dict(movflags='frag_keyframe+empty_moov')),
    ('cut.mp4', starting_late, None),
    ('cut.mkv', starting_late, None),
    ('durations.mkv', doubled, None),
])
def test_what_is_cut_or_shifted_reads_the_same(tmp_path, name, change, options):
    write(tmp_path / 'a.mp4', g=12, bf=3)
    copied(tmp_path / 'a.mp4', tmp_path / name, change, options)
    path = str(tmp_path / name)
    expected = in_order(path)
    assert len(expected) > 10
    for number in range(len(expected)):
        picture = read_video(path, np.array([number]), 'av')[0][number]
        np.testing.assert_array_equal(picture, expected[number], str(number))


def test_an_edit_list_that_cuts_is_not_sought(tmp_path):
    """Its first packets are decoded and not shown."""
    write(tmp_path / 'a.mp4', g=12, bf=0)
    data = bytearray((tmp_path / 'a.mp4').read_bytes())
    start = data.index(b'elst') + 4 + 4 + 4  # version, number of entries
    assert data[start - 1] == 1
    data[start + 4:start + 8] = (5 * 512).to_bytes(4, 'big')  # where in the film it begins
    (tmp_path / 'b.mp4').write_bytes(data)
    path = str(tmp_path / 'b.mp4')
    expected = in_order(path)
    assert len(expected) == COUNT - 5 and frame_index(path) is None
    picture = read_video(path, np.array([7]), 'av')[0][7]
    np.testing.assert_array_equal(picture, expected[7])


def test_a_seek_that_lands_wrong_falls_back(tmp_path, monkeypatch):
    write(tmp_path / 'a.mp4', g=12, bf=3)
    path = str(tmp_path / 'a.mp4')
    expected = in_order(path)
    seek = Video.seek
    calls = []
    monkeypatch.setattr(Video, 'seek',
                        lambda self, time: calls.append(time) or seek(self, time + 12 * 512))
    picture = read_video(path, np.array([15]), 'av')[0][15]
    np.testing.assert_array_equal(picture, expected[15])
    assert calls == 2 * [12 * 512 + frame_index(path).times[0]]


def test_the_index_is_read_again_where_the_file_changes(tmp_path):
    write(tmp_path / 'a.mp4', g=12, bf=0)
    path = str(tmp_path / 'a.mp4')
    first = frame_index(path)
    assert frame_index(path) is first and list(first.keys) == [0, 12, 24, 36]
    write(tmp_path / 'a.mp4', g=8, bf=0)
    assert list(frame_index(path).keys) == [0, 8, 16, 24, 32, 40]


def test_a_video_that_is_too_short_ends_with_its_last_frame(tmp_path):
    write(tmp_path / 'a.mp4', g=12)
    pictures, count = read_video(str(tmp_path / 'a.mp4'), np.array([3, 60]), 'av')
    assert count == COUNT and sorted(pictures) == [3, COUNT - 1]


def test_little_is_decoded_for_one_frame(tmp_path, monkeypatch):
    write(tmp_path / 'a.mp4', g=12, bf=0)
    path, decoded = str(tmp_path / 'a.mp4'), []
    frame_index(path)
    packets = Video.packets
    monkeypatch.setattr(Video, 'packets', lambda self:
                        (decoded.append(each) or each for each in packets(self)))
    read_video(path, np.array([30]), 'av')
    assert len(decoded) == 7  # 24 to 30


def test_what_an_analysis_would_tell_is_asked_for_where_it_is_missed(tmp_path, monkeypatch):
    path, opened = str(tmp_path / 'a.mp4'), []
    write(path, g=12)
    frames = in_order(path)

    def looked_at(path, analyze):
        opened.append(analyze)
        return Video(path, analyze)

    def once(*args):
        if not opened[-1]:
            raise SeekError
        return sought_frames(*args)

    monkeypatch.setattr(read, 'Video', looked_at)
    monkeypatch.setattr(read, 'sought_frames', once)
    pictures, _ = read_video(path, np.array([30]), 'av')
    assert opened == [False, True]
    np.testing.assert_array_equal(pictures[30], frames[30])
