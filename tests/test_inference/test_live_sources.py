"""Files, cameras and streams that are played: their speed, and how they end."""
import io
import socket
import threading
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference.live import open_source
from mmaction_d3d.inference.live import source as source_module
from mmaction_d3d.inference.live.source import Clock

from .live_support import FakeTime
from .rtsp import rtsp_server
from .support import FakeCamera


class QuietHandler(SimpleHTTPRequestHandler):

    def log_message(self, *_):
        pass


def test_a_file_is_played_at_its_own_speed_and_late_frames_keep_their_time(tiny):
    time = FakeTime()
    frames = open_source(tiny.video()).frames(time.clock)
    for index in range(5):
        assert next(frames).time == pytest.approx(100 + index / 25)
    assert time.slept == pytest.approx([1 / 25] * 4)  # the first is shown at once
    time.seconds += 0.1  # something took long: the next two are late, and nobody waits for them
    assert [next(frames).time for _ in range(2)] == pytest.approx([100.2, 100.24])
    assert len(time.slept) == 4 and time.seconds == pytest.approx(100.26)
    next(frames)
    assert time.slept[4:] == pytest.approx([0.02])


def test_a_lost_camera_is_one_line(live, monkeypatch):
    monkeypatch.setattr(cv2, 'VideoCapture', FakeCamera)
    code, _, line = live('--live', 0, '--modality', 'rgb', skeletons=False)
    assert (code, line) == (2, 'error: camera 0: frames: found its end after 5, want a camera or '
                            'stream that goes on')


def test_a_camera_gives_rgb(monkeypatch):
    monkeypatch.setattr(FakeCamera, 'read', lambda self:
                        (True, np.full((4, 4, 3), (1, 2, 3), np.uint8)))  # BGR, as OpenCV reads
    monkeypatch.setattr(cv2, 'VideoCapture', FakeCamera)
    frame = next(open_source('0').frames(FakeTime().clock))
    assert frame.rgb()[0, 0].tolist() == [3, 2, 1]


def encoded(num_frames):
    """MPEG-TS of black frames, a key frame every 25."""
    file = io.BytesIO()
    with av.open(file, 'w', format='mpegts') as container:
        stream = container.add_stream('libx264', rate=Fraction(25),
                                      options=dict(g='25', preset='ultrafast'))
        stream.width, stream.height, stream.pix_fmt = 48, 40, 'yuv420p'
        for _ in range(num_frames):
            frame = av.VideoFrame.from_ndarray(np.zeros((40, 48, 3), np.uint8), format='rgb24')
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


@contextmanager
def sent(content):
    """Send bytes to who connects, then hang up; yield the address."""
    with socket.create_server(('127.0.0.1', 0)) as server:

        def send():
            connection, _ = server.accept()
            with connection:
                connection.sendall(content)

        threading.Thread(target=send, daemon=True).start()
        yield f'tcp://127.0.0.1:{server.getsockname()[1]}'


def test_a_lost_stream_is_one_line(live):
    with sent(encoded(20)) as url:
        code, _, line = live('--live', url, '--modality', 'rgb', skeletons=False)
    assert code == 2
    assert line.startswith(f'error: {url}: stream: found its end after 20 frames, want a camera')


def test_an_rtsp_stream_is_recognized_until_its_server_goes(live):
    goes = threading.Event()
    goes.set()
    with rtsp_server(encoded(100), goes, pause=0.004) as url:
        code, lines, line = live('--live', url, '--modality', 'rgb', '--window', 0.1,
                                 skeletons=False)
    assert code == 2 and any('latency' in line for line in lines)
    assert line.startswith(f'error: {url}: stream: found its end after ')


def test_a_stream_that_is_silent_is_one_line(monkeypatch):
    monkeypatch.setattr(source_module, 'PATIENCE', 1)
    goes = threading.Event()
    with rtsp_server(encoded(40), goes) as url, \
            pytest.raises(InputError, match=r'found nothing for 1 seconds after \d+ frames'):
        for _ in open_source(url).frames(Clock()):
            pass
    goes.set()


def test_pictures_that_come_late_are_dropped_up_to_a_key_frame():
    time, seen = FakeTime(), []
    with sent(encoded(75)) as url, pytest.raises(InputError, match='found its end after '):
        for frame in open_source(url).frames(time.clock):
            seen.append((frame.index, frame.skipped, time.seconds - frame.time))
            time.seconds += 0.2  # five frames of the stream
    # The 8th would be 1.12 seconds late; the key frame after it was not when it was looked at.
    assert [index for index, *_ in seen][:9] == [*range(7), 25, 26]
    assert [skipped for _, skipped, _ in seen][:9] == [0] * 7 + [18, 0]
    assert [lag for *_, lag in seen][:9] == pytest.approx([0.16 * i
                                                           for i in range(7)] + [0.4, 0.56])


def test_who_waits_for_pictures_has_the_newest():
    """A camera whose clock is slow is not late for ever."""
    time = FakeTime()

    class Packets:
        streams = SimpleNamespace(
            video=[SimpleNamespace(codec_context=SimpleNamespace(flush_buffers=lambda: None))])

        def demux(self, _):
            for index in range(200):
                time.seconds += 0.05  # it says 25 frames a second, and films 20
                yield SimpleNamespace(pts=index, time_base=Fraction(1, 25),
                                      is_keyframe=index % 10 == 0, size=1,
                                      decode=lambda index=index: [SimpleNamespace(time=index / 25)])

    skipped = [skipped for _, _, skipped in source_module._newest(Packets(), time.clock)]
    assert 1 <= sum(map(bool, skipped)) <= 2 and len(skipped) > 180


def test_a_file_on_a_server_is_played_at_its_speed_and_ends(tiny):
    handler = partial(QuietHandler, directory=tiny.data.video_dir)
    time = FakeTime()
    with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = open_source(f'http://127.0.0.1:{server.server_port}/{Path(tiny.video()).name}')
        times = [frame.time for frame in source.frames(time.clock)]
        server.shutdown()
    assert times == pytest.approx([100 + index / 25 for index in range(16)])
    assert sum(time.slept) == pytest.approx(15 / 25)


def test_a_camera_is_read_by_opencv_itself(tiny, monkeypatch):
    """Its reader is opened on a file, as no camera is here."""
    reader = cv2.VideoCapture
    monkeypatch.setattr(cv2, 'VideoCapture', lambda _: reader(tiny.video()))
    with pytest.raises(InputError, match='camera 0: frames: found its end after 16'):
        for frame in open_source('0').frames(FakeTime().clock):
            assert frame.rgb().shape == (*tiny.data.size, 3)


def test_an_address_where_nothing_answers_is_one_line(live):
    with socket.create_server(('127.0.0.1', 0)) as server:
        url = f'tcp://127.0.0.1:{server.getsockname()[1]}'
    code, _, line = live('--live', url, '--modality', 'rgb', skeletons=False)
    assert code == 2 and line.startswith(f'error: {url}: stream: found ')
