"""Live recognition: newest frames, answers, and how it ends."""
import re
import signal
import subprocess
import sys

import av
import cv2
import numpy as np
import pytest
import torch
from running import ROOT, listen_to_ctrl_c

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference.live import LiveOptions, open_source, recognize_live
from mmaction_d3d.inference.live.latest import LatestFrames, Turns
from mmaction_d3d.inference.live.people import people_of
from mmaction_d3d.inference.live.source import LiveFrame
from mmaction_d3d.inference.model import Scored
from mmaction_d3d.media import probe

from .live_support import FakeTime, Nobody, Scripted, frames_at
from .support import FakeCamera


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
