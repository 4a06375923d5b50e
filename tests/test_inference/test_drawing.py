"""Annotated frames: things stand where they should, and the panel says what is meant."""
import numpy as np
import pytest

from mmaction_d3d.inference.attention_track import AttentionTrack
from mmaction_d3d.inference.clips import TestPipeline as Pipeline
from mmaction_d3d.inference.drawing import draw_attention, draw_panel, picture_size

PACK = [dict(type='FormatShape', input_format='NCTHW'), dict(type='PackRGBPose')]
SAMPLE = [dict(type='AlignedSampleFrames', clip_len=2, test_mode=True), dict(type='AlignedDecode')]


@pytest.mark.parametrize('steps, expected',
                         [([dict(type='Resize', scale=(32, 32), keep_ratio=False)],
                           ((0.4, 0), (0.8, 0), (32, 32))),
                          ([dict(type='CenterCrop', crop_size=32)], ((1, -24), (1, -4), (32, 32))),
                          ([dict(type='SquarePad')], ((1, 0), (1, 20), (80, 80)))])
def test_placement_follows_the_pipeline(steps, expected):
    placement = Pipeline([*SAMPLE, *steps, *PACK], 1).placement(40, 80)
    np.testing.assert_allclose(placement[0], expected[0])
    np.testing.assert_allclose(placement[1], expected[1])
    assert tuple(placement[2]) == expected[2]


def test_attention_lies_where_the_crop_lies():
    # A 40 x 80 frame drawn at its own size, whose middle 32 x 32 the model sees as 4 x 4 cells.
    cells = np.zeros((4, 4), np.float32)
    cells[1, 2] = 1  # centred on pixel (16, 8) of the crop, that is (40, 12) of the frame
    plain = np.zeros((40, 80, 3), np.uint8)
    drawn = draw_attention(plain, cells, 1., ((1, -24), (1, -4), (32, 32)), (40, 80))
    rows, columns = np.nonzero(drawn[..., 0] > 20)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 15, 36, 43)


def test_bars_are_as_long_as_scores():
    panel = draw_panel(600, 'a', [('one', 0.5), ('two', 0.25)], [], None, 0)
    lengths = [(panel[row] == (70, 150, 255)).all(-1).sum() for row in range(len(panel))]
    long, short = max(lengths), min(length for length in lengths if length > 100)
    assert long == pytest.approx(2 * short, abs=3)


def test_a_note_is_drawn_in_its_own_colour():
    plain, noted = (draw_panel(600, 'a', [('one', 0.5)], notes, None, 0)
                    for notes in ([], ['no person found']))
    amber = (255, 176, 32)
    assert (noted == amber).all(-1).any() and not (plain == amber).all(-1).any()


def test_long_names_stay_inside():
    panel = draw_panel(480, 'v' * 300, [('n' * 300, 1.)], ['w' * 300], 0.01, 4)
    assert not (panel[:, -6:] != (18, 18, 22)).any()


@pytest.mark.parametrize('size', [(1, 1000), (1080, 1920), (96, 96), (272, 184), (3, 3)])
def test_pictures_have_even_sides(size):
    height, width = picture_size(*size)
    assert height % 2 == width % 2 == 0 and max(height, width) == 480
    if min(size) > 1:
        assert height / width == pytest.approx(size[0] / size[1], rel=0.02)


def test_attention_of_a_frame_is_that_of_the_nearest_sampled_one():
    track = AttentionTrack()
    maps = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((4, 2, 3), np.float32)
    track.add(0, np.array([2, 6]), maps[:2])
    track.add(10, np.array([2, 6]), maps[2:])
    assert [track.at(frame)[0, 0] for frame in (0, 3, 5, 8, 10, 15, 99)] == [0, 0, 1, 1, 2, 3, 3]
    assert track.at(0).shape == (2, 3) and track.limit == 3
