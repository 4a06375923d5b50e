"""Pictures side by side, and the captions over them."""
import numpy as np

from mmaction_d3d.visualization.sheet import even, in_rows, sheet
from mmaction_d3d.visualization.text import caption, fitted, font


def filled(height, width, value):
    return np.full((height, width, 3), value, np.uint8)


def test_pictures_of_any_size_stand_in_rows_with_a_gap():
    whole = sheet([[filled(2, 3, 1), filled(4, 2, 2)], [filled(1, 9, 3)]], gap=1)
    expected = np.zeros((5 + 2, 10), int)
    expected[:2, :3], expected[:4, 4:6], expected[5, :9] = 1, 2, 3
    np.testing.assert_array_equal(whole[..., 0], expected)


def test_rows_hold_all_pictures():
    assert [len(row) for row in in_rows(list(range(7)), 3)] == [3, 3, 1]


def test_odd_sides_become_even_by_repetition():
    picture = even(np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3))
    assert picture.shape == (4, 6, 3)
    np.testing.assert_array_equal(picture[-1], picture[-2])


def test_a_caption_is_broken_to_its_width():
    short, long = caption('two words', 200), caption('many words ' * 20, 200)
    assert short.shape == (19, 200, 3) and long.shape[0] > 4 * 15
    for strip in (short, long, caption('w' * 300, 200)):
        assert strip.any() and not strip[:, -4:].any()


def test_a_text_is_shortened_in_the_middle():
    assert fitted('short', font(15), 100) == 'short'
    text = fitted('a' * 50 + 'b' * 50, font(15), 100)
    assert text[0] == 'a' and text[-1] == 'b' and '…' in text and font(15).getlength(text) <= 100


def test_what_cannot_be_drawn_becomes_a_blank():
    assert fitted('a\nb\x1bc', font(11), 500) == 'a b c'
