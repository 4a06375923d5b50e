"""Windows over a stream of frames."""
import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.inference.windows import WindowReader


def stream(count):
    """Frames that hold their number."""
    return (lambda index=index: np.full((1, 1, 3), index, np.uint8) for index in range(count))


def numbers(window):
    return [int(image[0, 0, 0]) for image in window.images]


@pytest.mark.parametrize('total, length, stride, inds', [(20, 6, 3, [1, 3, 5]), (21, 6, 6, [0, 5]),
                                                         (7, 7, 3, [0, 3, 6]), (5, 1, 1, [0]),
                                                         (50, 8, 1, [0, 2, 2, 7]), (9, 8, 8, [4])])
def test_windows_are_the_slices_of_all_frames(total, length, stride, inds):
    reader = WindowReader(total, length, stride, np.array(inds))
    found = list(reader.read(stream(total)))
    starts = sorted({*range(0, total - length + 1, stride), total - length})
    assert [(window.start, window.stop) for window in found] == [(start, start + length)
                                                                 for start in starts]
    assert [numbers(window) for window in found] == [[start + i for i in inds] for start in starts]
    assert len(reader) == len(found)


def test_frames_held_do_not_grow_with_the_video():
    held = []
    for total in (100, 200):
        reader = WindowReader(total, 20, 5, np.array([2, 7, 12, 17]))
        for _ in reader.read(stream(total)):
            pass
        held.append(reader.most_held)
    assert held[0] == held[1] <= 16  # 4 windows at once, of 4 frames


def test_only_sampled_frames_are_converted():
    converted = []

    def frame(index):
        converted.append(index)
        return np.zeros((1, 1, 3), np.uint8)

    reader = WindowReader(30, 10, 10, np.array([4]))
    list(reader.read(lambda index=index: frame(index) for index in range(30)))
    assert converted == [4, 14, 24]


def test_last_frame_stands_in_where_a_video_ends_early():
    reader = WindowReader(20, 8, 4, np.array([1, 6]))
    found = [numbers(window) for window in reader.read(stream(11))]
    assert found == [[1, 6], [5, 10], [9, 10]]
    assert reader.decoded == 11


def test_windows_do_not_share_pixels():
    first, second = list(WindowReader(6, 4, 2, np.array([2, 3])).read(stream(6)))
    first.images[0][:] = 99
    assert numbers(second) == [4, 5]
    again = WindowReader(6, 4, 2, np.array([0, 2]))
    windows = again.read(stream(6))
    next(windows).images[1][:] = 99  # frame 2, which the second window has too
    assert numbers(next(windows)) == [2, 4]


def test_a_stream_without_frames_is_an_error():
    with pytest.raises(InputError, match='frames: found none'):
        list(WindowReader(4, 2, 1, np.array([0])).read(iter(())))
