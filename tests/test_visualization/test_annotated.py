"""Annotated frames: things stand where they should, and the panel says what is meant."""
import numpy as np
import pytest

from mmaction_d3d.skeletons import get_layout
from mmaction_d3d.visualization.annotated import Panel, annotated_frame, draw_panel, picture_size
from mmaction_d3d.visualization.heat import draw_cells


def test_attention_lies_where_the_crop_lies():
    # A 40 x 80 frame drawn at its own size, whose middle 32 x 32 the model sees as 4 x 4 cells.
    cells = np.zeros((4, 4), np.float32)
    cells[1, 2] = 1  # centred on pixel (16, 8) of the crop, that is (40, 12) of the frame
    plain = np.zeros((40, 80, 3), np.uint8)
    drawn = draw_cells(plain, cells, (40, 80), ((1, -24), (1, -4), (32, 32)))
    rows, columns = np.nonzero(drawn[..., 0] > 20)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 15, 36, 43)
    drawn = draw_cells(plain, cells * 0 + 1, (40, 80), ((1, -24), (1, -4), (32, 32)))
    rows, columns = np.nonzero(drawn[..., 0] > 20)  # the crop, and nothing outside
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, 35, 24, 55)


def test_bars_are_as_long_as_scores():
    panel = draw_panel(600, Panel('a', (('one', 0.5), ('two', 0.25))))
    lengths = [(panel[row] == (70, 150, 255)).all(-1).sum() for row in range(len(panel))]
    long, short = max(lengths), min(length for length in lengths if length > 100)
    assert long == pytest.approx(2 * short, abs=3)


def test_a_note_is_drawn_in_its_own_colour():
    plain, noted = (draw_panel(600, Panel('a', (('one', 0.5), ), notes))
                    for notes in ((), ('no person found', )))
    amber = (255, 176, 32)
    assert (noted == amber).all(-1).any() and not (plain == amber).all(-1).any()


def test_long_names_stay_inside():
    panel = draw_panel(480, Panel('v' * 300, (('n' * 300, 1.), ), ('w' * 300, ), 0.01, 4))
    assert not (panel[:, -6:] != (18, 18, 22)).any()


@pytest.mark.parametrize('size', [(1, 1000), (1080, 1920), (96, 96), (272, 184), (3, 3)])
def test_pictures_have_even_sides(size):
    height, width = picture_size(*size)
    assert height % 2 == width % 2 == 0 and max(height, width) == 480
    if min(size) > 1:
        assert height / width == pytest.approx(size[0] / size[1], rel=0.02)


@pytest.mark.parametrize('cells', [None, np.ones((4, 4), np.float32)])
@pytest.mark.parametrize('size', [(40, 80), (81, 40), (1080, 607)])
def test_frames_have_even_sides_and_skeletons_where_people_are(size, cells):
    joints = np.zeros((1, 17, 3))
    joints[0, 0] = size[1] / 2, size[0] / 4, 1
    picture = annotated_frame(np.zeros((*size, 3), np.uint8), joints, get_layout('coco17'),
                              Panel('a', ()), cells)
    height, width = picture_size(*size)
    assert picture.shape[0] % 2 == picture.shape[1] % 2 == 0
    assert picture.shape[1] == max(480, width * (1 if cells is None else 2))
    left = (picture.shape[1] - width * (1 if cells is None else 2)) // 2
    rows, columns = np.nonzero((picture[:height, left:left + width] == (0, 158, 115)).all(-1))
    assert rows.mean() == pytest.approx(height / 4, abs=1)
    assert columns.mean() == pytest.approx(width / 2, abs=1)
