"""Live recognition: real speed, newest frames, and how it ends."""
import http.client
import io
import os
import re
import signal
import socket
import subprocess
import sys
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
import torch
from browsing import needs_browser, opened
from running import ROOT, listen_to_ctrl_c, run_tool

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference.live import LiveOptions, open_source, recognize_live
from mmaction_d3d.inference.live import source as source_module
from mmaction_d3d.inference.live.latest import LatestFrames, Turns
from mmaction_d3d.inference.live.people import FoundPeople, people_of
from mmaction_d3d.inference.live.serve import browser
from mmaction_d3d.inference.live.show import window
from mmaction_d3d.inference.live.source import Clock, LiveFrame
from mmaction_d3d.inference.model import Scored
from mmaction_d3d.media import probe

from .rtsp import rtsp_server
from .support import FakeCamera


class QuietHandler(SimpleHTTPRequestHandler):

    def log_message(self, *_):
        pass


class FakeTime:
    """A clock that goes on only when somebody sleeps."""

    def __init__(self):
        self.seconds, self.slept = 100., []
        self.clock = Clock(lambda: self.seconds, self.sleep)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.seconds += seconds


def frames_at(times, image=None):
    image = np.zeros((40, 48, 3), np.uint8) if image is None else image
    for index, time in enumerate(times):
        yield LiveFrame(index, time, lambda: image)


class Scripted:
    """A source whose frames, as far as they are wanted, come one by one until ``hurry``."""
    name = 'scripted'

    def __init__(self, times):
        self.times, self.ended = times, threading.Event()
        self._news, self._wanted, self._seen, self._hurries = threading.Condition(), 0, 0, False

    def frames(self, clock):
        for index, time in enumerate(self.times):
            yield LiveFrame(index, time, self._rgb)
            with self._news:
                self._news.wait_for(lambda: self._seen == self._wanted or self._hurries, 60)
        self.ended.set()

    def _rgb(self):
        self._wanted += 1
        return np.zeros((40, 48, 3), np.uint8)

    def was_seen(self):
        with self._news:
            self._seen += 1
            self._news.notify()

    def hurry(self):
        with self._news:
            self._hurries = True
            self._news.notify()


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


def test_only_the_newest_frames_wait():
    with LatestFrames(frames_at(range(20)), most=3, rate=1000) as latest:
        latest._thread.join()
        batches = [[frame.index for frame in batch] for batch in latest]
    assert batches == [[17, 18, 19]] and (latest.read, latest.dropped) == (20, 17)


def test_frames_beyond_the_rate_are_passed_over_and_never_become_rgb():
    made = []

    def frames():
        for index in range(50):
            yield LiveFrame(index, index / 25, lambda index=index: made.append(index))

    with LatestFrames(frames(), most=50, rate=5) as latest:
        latest._thread.join()
        assert [frame.index for batch in latest for frame in batch] == made
    assert made == [0, *range(4, 50, 5)] and latest.dropped == 0 and latest.read == 50


@pytest.mark.parametrize(
    'times, length, slack, want',
    [
        (np.arange(8) / 25, 0.1, 0, [0, 3, 5]),  # none waits for one that was late
        (np.arange(8) / 25, 0.1, 0.025, [0, 2, 5, 7]),  # the nearest in place of the next
        ([0, 0.099, 0.201, 0.299, 0.4], 0.1, 0.025, [0, 1, 2, 3, 4]),  # a camera that shakes
        ([0, 1.25, 1.3, 1.5, 1.6], 0.25, 0, [0, 1, 3]),  # a pause moves no turn
        ([7, 8, 9, 10, 13, 14, 15, 16], 3, 0, [0, 3, 4, 7]),
    ])
def test_each_turn_is_of_what_comes_first_in_it(times, length, slack, want):
    turns = Turns(length, slack)
    numbers = [turns.take(time) for time in times]
    assert [index for index, number in enumerate(numbers) if number is not None] == want
    assert sorted(set(filter(None, numbers))) == list(filter(None, numbers))


def test_a_lost_source_is_an_error_after_its_last_frames():

    def frames():
        yield from frames_at([0, 1])
        raise InputError('camera 0', 'frames', 'its end', 'more')

    seen = []
    with pytest.raises(InputError, match='camera 0'), LatestFrames(frames(), 9, 1000) as latest:
        for batch in latest:
            seen += batch
    assert len(seen) == 2


@pytest.fixture
def model(inferencer):
    return inferencer._loaded


class Nobody(FoundPeople):
    """An extractor's manner, of people whom nobody sees."""

    def __init__(self, waits, was_seen=lambda: None):
        self.waits, self._was_seen = waits, was_seen

    def see(self, frame):
        self._was_seen()
        return np.zeros((1, 17, 3), np.float32)

    def over(self, frames, seen):
        return np.stack(seen, 1)


@pytest.mark.parametrize('waits', [True, False])
def test_a_slow_model_answers_of_the_newest_frame_and_drops_the_rest(model, monkeypatch, waits):
    source = Scripted([index / 25 for index in range(100)])
    score, lengths = type(model).score, []

    def slow(self, clips, attention=False):
        if len(lengths) == 1:  # the first after that of the warm-up
            source.hurry()
            assert source.ended.wait(60)
        lengths.append(clips[0].stop)
        return score(self, clips, attention)

    monkeypatch.setattr(type(model), 'score', slow)
    time = FakeTime()
    time.seconds = 4.
    options = LiveOptions(window=0.4, stride=0.04)
    people = Nobody(waits, source.was_seen)
    views = list(recognize_live(source, model, people, options, time.clock))
    first, last = (view for view in views if view.is_new)  # none of the frames between
    assert first.seconds == pytest.approx(0.36, abs=0.05)
    assert last.seconds == pytest.approx(99 / 25) and last.latency == pytest.approx(4 - 99 / 25)
    # Ten or so came one by one; of the others a window may wait where skeletons are known.
    assert last.dropped > 60 and lengths[-1] == (11 if waits else 1)


@pytest.mark.parametrize('fps, window, stride', [(25, 2, 0.1), (30, 2, 0.1), (15, 2, 0.1),
                                                 (12.5, 1, 0.1), (25, 1.6, 0.5), (24, 0.4, 0.04)])
def test_answers_come_at_the_rate_of_the_stride(model, monkeypatch, fps, window, stride):
    monkeypatch.setattr(type(model), 'score', lambda self, clips: [Scored(np.ones(2) / 2)])
    source = Scripted(np.arange(5 * fps) / fps)
    people = Nobody(True, source.was_seen)
    views = list(
        recognize_live(source, model, people, LiveOptions(window, stride),
                       FakeTime().clock))
    seconds = np.array([view.seconds for view in views if view.is_new])
    assert window - 1.6 * stride <= seconds[0] <= window
    turns = np.round((seconds - seconds[0]) / max(stride, 1 / fps), 6)
    np.testing.assert_allclose(turns, np.arange(len(turns)), atol=0.85)
    assert len(turns) >= (5 - window) / max(stride, 1 / fps) - 1


def test_scores_are_those_of_the_file(model, inferencer, tiny):
    source = open_source(tiny.video())
    people = people_of(source, inferencer._origin, model)
    *_, view = recognize_live(source, model, people, LiveOptions(window=60, stride=0.001),
                              FakeTime().clock)
    offline = inferencer(tiny.video())['predictions'][0]
    assert view.is_new and view.dropped == 0  # shorter than a window: one answer, at its end
    np.testing.assert_array_equal(view.answer.scores, np.float32(offline['scores']))


@pytest.mark.parametrize('smooth', [0, 10])
def test_scores_are_averaged_over_the_seconds_of_smooth(model, monkeypatch, smooth):
    given = iter(np.float32([[0, 1], [1, 0], [0.5, 0.5], [0.2, 0.8]]))
    monkeypatch.setattr(type(model), 'score', lambda self, clips: [Scored(next(given))])
    source = Scripted([index / 25 for index in range(31)])
    options = LiveOptions(window=0.4, stride=0.4, smooth=smooth)
    views = recognize_live(source, model, Nobody(True, source.was_seen), options, FakeTime().clock)
    scores = [view.answer.scores.tolist() for view in views if view.is_new]
    want = [[1, 0], [0.5, 0.5], [0.2, 0.8]] if not smooth else [[1, 0], [0.75, 0.25],
                                                                [1.7 / 3, 1.3 / 3]]
    np.testing.assert_allclose(scores, want, rtol=1e-6)  # the first score is the warm-up's


@pytest.fixture
def live(tiny, capfd):
    """Run the tool; return (exit code, lines of stdout, last line of stderr)."""

    def run(*argv, skeletons=True):
        given = ['--skeletons', tiny.data.ann_file] if skeletons else []
        code = run_tool('tools/infer.py', *argv, '--config', tiny.config, '--checkpoint',
                        tiny.checkpoint, *given)
        out, err = capfd.readouterr()
        return code, out.splitlines(), err.rstrip('\n').rpartition('\n')[2]

    return run


def test_a_file_to_its_end(live, tiny):
    code, lines, _ = live('--live', tiny.video(), '--serve', 0, '--preset', 'laptop')
    assert code == 0 and lines[0] == 'The model was trained on: unknown data'
    assert re.fullmatch(r'In a browser: http://127\.0\.0\.1:\d+', lines[1])
    assert re.fullmatch(
        r' +0\.6 s  (falls|rises) \d+%  \(latency \d+ ms, 0\.0 windows/s, 0\.0 frames/s, '
        r'\d+ dropped\)', lines[2])
    assert re.fullmatch(
        r'0\.6 s, 1 windows, \d+ frames dropped, \d\.\d{3} s of processor time a '
        'window', lines[3])
    torch.set_num_threads(1)


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


@pytest.mark.parametrize('argv, says', [
    (['--live', '99'], '--live: found no camera 99'),
    (['--live', 'no.mp4'], 'want '),
    (['--live', '0', '--out', 'x'], '--out: found it, with --live'),
    (['x.mp4', '--live', '0'], 'INPUT: found x.mp4, want none'),
    (['x.mp4', '--out', 'x', '--show'], '--show: found no --live'),
])
def test_flags_that_contradict_are_one_line(live, tmp_path, monkeypatch, argv, says):
    monkeypatch.chdir(tmp_path)
    code, _, line = live(*argv)
    assert code == 2 and line.startswith('error: ') and says in line


def test_a_camera_has_no_known_skeletons(live, monkeypatch):
    monkeypatch.setattr(cv2, 'VideoCapture', FakeCamera)
    code, _, line = live('--live', 0)
    assert code == 2 and '--skeletons: found none of 0, want an extractor' in line


def test_no_window_is_one_line(live, tiny, monkeypatch):

    def named(_):
        raise cv2.error('not implemented')

    monkeypatch.setattr(cv2, 'namedWindow', named)
    code, _, line = live('--live', tiny.video(), '--show')
    assert code == 2 and '--show: found no window' in line and '--serve PORT' in line


def ask(port, path, host=None):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    connection.request('GET', path, headers={'Host': host or f'127.0.0.1:{port}'})
    return connection.getresponse()


def test_a_browser_gets_the_newest_picture_and_strangers_nothing(capsys):
    with browser(0) as show:
        port = int(capsys.readouterr().out.rpartition(':')[2])
        assert b'<img src="stream"' in ask(port, '/').read()
        assert ask(port, '/etc/passwd').status == 404
        assert ask(port, '/stream', 'evil.example').status == 403
        for grey in (10, 200):
            show(np.full((40, 48, 3), grey, np.uint8))
        answer = ask(port, '/stream')
        head = b''.join(answer.fp.readline() for _ in range(4))
        size = int(re.search(rb'Content-Length: (\d+)', head)[1])
        picture = cv2.imdecode(np.frombuffer(answer.fp.read(size), np.uint8), 1)
        assert picture.shape == (40, 48, 3) and abs(int(picture.mean()) - 200) < 3
        with pytest.raises(InputError, match='--serve: found'), browser(port):
            pass


@needs_browser
def test_the_picture_is_seen_in_a_browser(capsys):
    with browser(0) as show:
        port = int(capsys.readouterr().out.rpartition(':')[2])
        # The stream has no end, nor has loading the page.
        with opened(f'http://127.0.0.1:{port}', 390, 'dark', wait='commit') as page:
            for _ in range(300):  # Chromium shows a picture when the next one comes
                show(np.full((40, 48, 3), 200, np.uint8))
                page.wait_for_timeout(100)
                if page.evaluate('document.images.length && document.images[0].naturalWidth == 48'):
                    break
            assert page.evaluate('document.images[0].naturalWidth') == 48
            assert page.evaluate('document.images[0].getBoundingClientRect().width') <= 390


def test_ctrl_c_ends_it_with_a_sum(tiny, tmp_path):
    """A process of its own, on a real file that would play for a minute."""
    long = tmp_path / 'long.mp4'
    with av.open(str(long), 'w') as container:
        stream = container.add_stream('libx264', rate=25, options=dict(preset='ultrafast'))
        stream.width, stream.height, stream.pix_fmt = 48, 40, 'yuv420p'
        picture = av.VideoFrame.from_ndarray(np.zeros((40, 48, 3), np.uint8), format='rgb24')
        for _ in range(25 * 60):
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    assert probe(long).frames == 1500
    process = subprocess.Popen([
        sys.executable, ROOT / 'tools' / 'infer.py', '--live', long, '--modality', 'rgb',
        '--window', '0.2', '--stride', '0.1', '--config', tiny.config, '--checkpoint',
        tiny.checkpoint
    ], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listen_to_ctrl_c)
    for line in process.stdout:
        if 'latency' in line:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0 and 'Traceback' not in err
    *_, stopped, total = out.splitlines()
    assert stopped == 'Stopped' and re.match(r'[\d.]+ s, \d+ windows, ', total)


@pytest.mark.skipif(
    not (os.environ.get('DISPLAY') and re.search('GUI: +[A-Z]', cv2.getBuildInformation())),
    reason='needs a display and an OpenCV with windows')
def test_a_window_shows_pictures_until_a_key_closes_it(monkeypatch):
    with window() as show:
        assert show(np.full((40, 48, 3), 200, np.uint8))
        x, y, width, height = cv2.getWindowImageRect('d3d infer --live')
        assert width >= 48 and height >= 40
        monkeypatch.setattr(cv2, 'waitKey', lambda _: ord('q'))
        assert not show(np.zeros((40, 48, 3), np.uint8))
