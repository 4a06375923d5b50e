"""Clips out of full videos: exactly the frames of their time."""
from fractions import Fraction

import av
import numpy as np
import pytest

from mmaction_d3d.datasets.converters.attach import _spread
from mmaction_d3d.datasets.converters.cutting import Clip, Cut, cut
from mmaction_d3d.datasets.converters.reencode import Reencoded, reencode
from mmaction_d3d.datasets.converters.skeleton_files import Skeletons
from mmaction_d3d.drop_report import DropReport
from mmaction_d3d.media import Video, probe
from mmaction_d3d.skeletons import get_layout

from .finegym_files import SIZE, draw_number, read_numbers, write_full_video


@pytest.fixture(scope='module')
def video(tmp_path_factory, square_video):
    path = tmp_path_factory.mktemp('full') / 'a.mp4'
    write_full_video(path, square_video)
    return path


def cut_out(video, target, start, end, short_side=256):
    return cut(Cut(str(video), str(target), Fraction(start), Fraction(end), short_side))


@pytest.mark.parametrize(
    'start, end, first, last',
    [
        ('0', '0.2', 0, 4),
        ('3.6', '3.8', 90, 94),  # from a key frame on
        ('3.56', '3.64', 89, 90),  # over one
        ('4.4', '4.48', 110, 111),  # far from any
        ('4.401', '4.481', 111, 112),  # between frames
        ('7.8', '8', 195, 199),  # to the video's end
    ])
def test_clip_has_the_frames_of_its_time(video, tmp_path, start, end, first, last):
    target = tmp_path / 'clip.mp4'
    cut = cut_out(video, target, start, end)
    numbers = list(range(first, last + 1))
    assert cut == Clip(len(numbers), SIZE) and read_numbers(target) == numbers


def test_clip_is_small_h264_that_begins_at_zero(video, tmp_path):
    target = tmp_path / 'clip.mp4'
    assert cut_out(video, target, '1', '1.2', short_side=16).shape == (16, 32)
    with av.open(str(target)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.average_rate) == ('h264', 25)
        times = [frame.time for frame in container.decode(stream)]
    assert times == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])


@pytest.mark.parametrize('suffix', ['mkv', 'ts'])
def test_other_formats(tmp_path, square_video, suffix):
    source = tmp_path / f'a.{suffix}'
    write_full_video(source, square_video, 120)
    assert cut_out(source, tmp_path / 'clip.mp4', '4.4', '4.6').frames == 5
    assert read_numbers(tmp_path / 'clip.mp4') == [110, 111, 112, 113, 114]


def test_frames_with_wrong_times_are_no_clip(tmp_path, square_video):
    write_full_video(tmp_path / 'a.avi', square_video, 120)  # AVI has times of decoding only
    cut = cut_out(tmp_path / 'a.avi', tmp_path / 'clip.mp4', '4.4', '4.6')
    assert cut.problem == 'its video gives frames no time, or a wrong one'


def test_times_count_from_the_beginning_of_the_file(tmp_path):
    source = tmp_path / 'a.mkv'
    with av.open(str(source), 'w') as container:
        stream = container.add_stream('libx264', rate=25)
        stream.height, stream.width = SIZE
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(draw_number(number), format='rgb24')
            frame.pts = 1000 + number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    cut_out(source, tmp_path / 'clip.mp4', '0.2', '0.4')
    assert read_numbers(tmp_path / 'clip.mp4') == [5, 6, 7, 8, 9]


def test_clip_that_is_there_stays(video, tmp_path):
    target = tmp_path / 'clip.mp4'
    made = cut_out(video, target, '1', '1.2')
    before = target.stat().st_mtime_ns
    assert cut_out('nowhere.mp4', target, '1', '1.2') == made
    assert target.stat().st_mtime_ns == before


@pytest.mark.parametrize('start, end, problem', [('7.9', '8.1', 'ends, or is damaged, before'),
                                                 ('9', '10', 'ends, or is damaged, before'),
                                                 ('1.01', '1.03', 'shows no new frame')])
def test_time_that_the_video_does_not_hold_leaves_no_file(video, tmp_path, start, end, problem):
    assert problem in cut_out(video, tmp_path / 'clip.mp4', start, end).problem
    assert not list(tmp_path.iterdir())


def test_truncated_video_gives_the_clips_before_the_cut(tmp_path, square_video):
    whole, short = tmp_path / 'a.mkv', tmp_path / 'b.mkv'
    write_full_video(whole, square_video)
    short.write_bytes(whole.read_bytes()[:whole.stat().st_size // 2])
    assert cut_out(short, tmp_path / 'early.mp4', '1', '1.2').frames == 5
    assert 'damaged' in cut_out(short, tmp_path / 'late.mp4', '7', '7.2').problem


@pytest.mark.parametrize('content, problem', [(b'no video', 'does not open'), (None, 'not open')])
def test_file_that_is_no_video(tmp_path, content, problem):
    if content is not None:
        (tmp_path / 'a.mp4').write_bytes(content)
    assert problem in cut_out(tmp_path / 'a.mp4', tmp_path / 'clip.mp4', '0', '1').problem


def test_decoding_that_fails_leaves_no_file(video, tmp_path, monkeypatch):
    frames = Video.frames

    def broken(self):
        yield from [frame for frame, _ in zip(frames(self), range(50))]

    monkeypatch.setattr(Video, 'frames', broken)
    assert cut_out(video, tmp_path / 'clip.mp4', '1', '3').problem
    assert not list(tmp_path.iterdir())


TIMES = [0, 40, 80, 500, 1500, 1540, 1600, 4000, 4040]  # milliseconds


@pytest.fixture
def uneven(tmp_path):
    path = tmp_path / 'uneven.mkv'
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=1000)
        stream.height, stream.width = SIZE
        for number, time in enumerate(TIMES):
            frame = av.VideoFrame.from_ndarray(draw_number(number), format='rgb24')
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return str(path)


def shown_at(path):
    with Video(str(path)) as video:
        return [float(frame.time) for frame in video.frames()]


def test_frames_of_a_clip_are_shown_when_they_were(uneven, tmp_path):
    target = tmp_path / 'clip.mp4'
    clip = cut_out(uneven, target, '0.05', '4')
    assert read_numbers(target) == [2, 3, 4, 5, 6]
    times = [0, 0.42, 1.42, 1.46, 1.52]
    assert shown_at(target) == pytest.approx(times, abs=1e-3)
    assert clip.times[:5] == pytest.approx(times, abs=1e-3) and len(clip.times) == 6
    assert cut_out('nowhere.mp4', target, '0.05', '4') == clip


@pytest.mark.parametrize('x264', [True, False])
def test_frames_of_a_video_written_anew_are_shown_when_they_were(uneven, tmp_path, x264,
                                                                 monkeypatch):
    if not x264:
        monkeypatch.setattr(av, 'codecs_available', {'mpeg4'})
    assert reencode((uneven, str(tmp_path / 'a.mp4'), 256)) == Reencoded(len(TIMES))
    assert shown_at(tmp_path / 'a.mp4') == pytest.approx(np.divide(TIMES, 1000), abs=1e-3)
    assert reencode((uneven, str(tmp_path / 'a.avi'), 256)) == Reencoded(len(TIMES))
    assert read_numbers(tmp_path / 'a.avi') == list(range(len(TIMES)))
    assert probe(tmp_path / 'a.avi').times is None  # at one rate


def test_skeletons_of_another_rate_go_with_the_frames_of_their_time(tmp_path):
    """A clip whose frames are shown at 0, 0.1, 0.2 and 1.9 s of 2, and skeletons of 20 frames."""
    skeletons = Skeletons({frame: np.full((1, 17, 3), frame, np.float32) for frame in range(20)},
                          20,
                          get_layout('coco17').joints)
    report = DropReport()

    def nearest(**fields):
        spread = _spread(skeletons, dict(frame_dir='a', total_frames=4, **fields), report)
        return [int(spread.frames[frame][0, 0, 0]) for frame in range(4)]

    assert nearest(frame_times=np.array([0, 0.1, 0.2, 1.9, 2.])) == [0, 1, 10, 19]
    assert nearest() == [2, 7, 12, 17]
