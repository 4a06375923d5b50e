"""Windows over a stream of frames, and their scores over time."""
from fractions import Fraction

import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference.windows import (
    Lengths,
    Timeline,
    WindowLengths,
    WindowReader,
    WindowScores,
    smooth_scores,
)
from mmaction_d3d.media import MediaInfo


def stream(count):
    """Frames that hold their number."""
    return (lambda index=index: np.full((1, 1, 3), index, np.uint8) for index in range(count))


def read_windows(total, length, stride, inds):
    spans = Lengths(length, stride, 0).spans(MediaInfo(total, 8, 8, Fraction(2)))
    return WindowReader(spans, lambda _: np.array(inds))


def numbers(window):
    return [int(image[0, 0, 0]) for image in window.images]


@pytest.mark.parametrize('total, length, stride, inds', [(20, 6, 3, [1, 3, 5]), (21, 6, 6, [0, 5]),
                                                         (7, 7, 3, [0, 3, 6]), (5, 1, 1, [0]),
                                                         (50, 8, 1, [0, 2, 2, 7]), (9, 8, 8, [4])])
def test_windows_are_the_slices_of_all_frames(total, length, stride, inds):
    reader = read_windows(total, length, stride, inds)
    windows = list(reader.read(stream(total)))
    starts = sorted({*range(0, total - length + 1, stride), total - length})
    assert [(window.start, window.stop) for window in windows] == [(start, start + length)
                                                                   for start in starts]
    assert [numbers(window) for window in windows] == [[start + i for i in inds]
                                                       for start in starts]
    assert len(reader) == len(windows)


def test_frames_held_do_not_grow_with_the_video():
    held = []
    for total in (100, 200):
        reader = read_windows(total, 20, 5, [2, 7, 12, 17])
        for _ in reader.read(stream(total)):
            pass
        held.append(reader.most_held)
    assert held[0] == held[1] <= 16  # 4 windows at once, of 4 frames


def test_only_sampled_frames_are_converted():
    converted = []

    def frame(index):
        converted.append(index)
        return np.zeros((1, 1, 3), np.uint8)

    reader = read_windows(30, 10, 10, [4])
    list(reader.read(lambda index=index: frame(index) for index in range(30)))
    assert converted == [4, 14, 24]


def test_last_frame_stands_in_where_a_video_ends_early():
    reader = read_windows(20, 8, 4, [1, 6])
    windows = [numbers(window) for window in reader.read(stream(11))]
    assert windows == [[1, 6], [5, 10], [9, 10]]
    assert reader.decoded == 11


def test_windows_do_not_share_pixels():
    first, second = list(read_windows(6, 4, 2, [2, 3]).read(stream(6)))
    first.images[0][:] = 99
    assert numbers(second) == [4, 5]
    again = read_windows(6, 4, 2, [0, 2])
    windows = again.read(stream(6))
    next(windows).images[1][:] = 99  # frame 2, which the second window has too
    assert numbers(next(windows)) == [2, 4]


def test_a_stream_without_frames_is_an_error():
    with pytest.raises(InputError, match='frames: found none'):
        list(read_windows(4, 2, 1, [0]).read(iter(())))


@pytest.mark.parametrize('width', [0, 3, 4, 7, 100])
def test_smoothing_is_a_mean_over_near_windows(width):
    rng = np.random.default_rng(0)
    scores, centres = rng.random((9, 3)).astype(np.float32), np.arange(9) * 2 + 2.
    times = np.arange(0, 24) * 0.75
    smoothed = smooth_scores(scores, centres, times, width)
    for time, row in zip(times, smoothed):
        near = [score for score, centre in zip(scores, centres) if abs(centre - time) <= width / 2]
        if not near:
            near = [scores[np.abs(centres - time).argmin()]]
        np.testing.assert_allclose(row, np.mean(near, axis=0), rtol=1e-6)


def timeline(labels, smooth=0, people=None):
    """Windows of 4 frames, one every 2, each sure of its class, at 2 frames a second."""
    frames = 2 * len(labels) + 2
    windows = [
        WindowScores(2 * index, 2 * index + 4,
                     np.eye(3, dtype=np.float32)[label], 1 if people is None else people[index])
        for index, label in enumerate(labels)
    ]
    return Timeline(MediaInfo(frames, 8, 8, Fraction(2)), Lengths(4, 2, smooth), tuple(windows))


def test_segments_meet_and_cover_the_video():
    segments = timeline([0, 0, 0, 2, 2, 2, 2, 1]).segments()
    assert [segment['label'] for segment in segments] == [0, 2, 1]
    assert segments[0]['start'] == 0 and segments[-1]['end'] == 9  # 18 frames
    assert all(earlier['end'] == other['start'] for earlier, other in zip(segments, segments[1:]))
    assert [segment['score'] for segment in segments] == [1, 1, 1]


def test_smoothing_drops_a_lone_window():
    labels = [0, 0, 0, 1, 0, 0, 0]
    assert len(timeline(labels).segments()) == 3
    assert len(timeline(labels, smooth=8).segments()) == 1


def test_people_of_a_frame_are_those_of_the_nearest_window():
    made = timeline([0, 0, 0], people=[2, 0, 1])
    assert [made.people_at(frame) for frame in (0, 3, 7)] == [2, 0, 1]


# 10 frames in half a second, then a still picture for 5 seconds, then 10 frames in half a second.
UNEVEN = MediaInfo(20, 8, 8, Fraction(3),
                   times=np.array([*np.arange(0, 0.5, 0.05), *np.arange(5.5, 6, 0.05), 6.]))


def test_windows_last_as_long_as_asked_whatever_the_rate():
    lengths = WindowLengths(1, 0.5, 0.2).of(UNEVEN)
    assert lengths == (1, 0.5, 0.2)
    spans = lengths.spans(UNEVEN)
    # Windows at 0.5 to 4.5 s show the last frame of the first half second alone, and are one.
    assert spans == [(0, 10), (9, 10), (9, 20)]
    for start, stop in spans:
        shown = UNEVEN.times[start:stop]
        assert (shown[1:] - max(shown[0], shown[-1] - 1) <= 1 + 1e-6).all()
    for first, last in zip(spans, spans[1:]):
        assert first[0] <= last[0] and first[1] <= last[1]


def test_cells_and_answers_go_by_time_whatever_the_rate():
    """Two classes, of which each is on for half of the time, in 19 frames and in one."""
    windows = [
        WindowScores(0, 10, np.array([1, 0], np.float32), 1),
        WindowScores(10, 20, np.array([0, 1], np.float32), 2)
    ]
    made = Timeline(UNEVEN, Lengths(0.5, 0.25, 0.), tuple(windows))
    assert made.cells.tolist() == [0, 5, 10, 15, 20]
    assert made.in_seconds() == (0.5, 0.25, 0.)
    first, second = made.segments()
    assert (first['start'], first['end'], second['end']) == pytest.approx((0, 5.5, 6))
    assert made.mean_scores() == pytest.approx([5.5 / 6, 0.5 / 6])
    assert [made.people_at(frame) for frame in (0, 9, 10, 19)] == [1, 1, 2, 2]
    assert [made.scores_at(frame).argmax() for frame in (0, 9, 10, 25)] == [0, 0, 1, 1]


@pytest.mark.parametrize('seed', range(6))
def test_windows_of_any_times_are_in_order_and_leave_no_frame_out(seed):
    random = np.random.default_rng(seed)
    times = np.cumsum(random.exponential(0.1, 60) + 1e-3) - 0.05
    info = MediaInfo(59, 8, 8, Fraction(10), times=times)
    lengths = WindowLengths(*random.uniform([0.2, 0.05], [3, 0.2])).of(info)
    spans = lengths.spans(info)
    seen = set()
    for start, stop in spans:
        assert 0 <= start < stop <= 59
        assert times[stop - 1] - times[start + 1] < lengths.window + 1e-6 or stop == start + 1
        seen |= set(range(start, stop))
    assert seen == set(range(59)) and spans == sorted(spans)
    cells = lengths.bounds(info, 3, 50)
    assert cells[0] == 3 and cells[-1] == 50 and (np.diff(cells) > 0).all()
