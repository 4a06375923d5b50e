"""Attention of a clip: its sum, its choice, its place, and what it costs."""
import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.attention_maps import (
    DeformableMaps,
    JointMaps,
    Selection,
    attention_maps,
    cell_heat,
)
from mmaction_d3d.models.layers import AttentionRecord
from mmaction_d3d.models.layers.attention import MultiHeadAttention
from mmaction_d3d.models.layers.deformable_maps import DeformableRecord
from mmaction_d3d.models.layers.joint_maps import JointRecord


@pytest.fixture(scope='module')
def record(spread_recognizer, clip):
    recorded = AttentionRecord()
    with torch.no_grad():
        spread_recognizer.backbone(*(x.unsqueeze(0) for x in clip), record=recorded)
    return recorded


@pytest.mark.parametrize('block', [0, 1])
@pytest.mark.parametrize('head', [None, 1])
@pytest.mark.parametrize('query, frame', [(None, None), ('rgb', None), ('cls', 3)])
def test_mass_on_cells_and_on_modal_tokens_is_one(spread_recognizer, clip, block, head, query,
                                                  frame):
    maps = attention_maps(spread_recognizer, *clip, Selection(block, head, query, frame))
    assert float(maps.of(DeformableMaps).cells.double().sum()) + maps.of(
        DeformableMaps).modal == pytest.approx(1, abs=1e-5)
    assert float(maps.of(DeformableMaps).mass.double().sum()) + maps.of(
        DeformableMaps).modal == pytest.approx(1, abs=1e-5)
    assert 0.01 < maps.of(DeformableMaps).modal < 0.99


def test_by_default_it_is_the_last_blocks_mean_over_heads_and_queries(spread_recognizer, clip,
                                                                      record):
    maps = attention_maps(spread_recognizer, *clip)
    torch.testing.assert_close(
        maps.of(DeformableMaps).cells,
        record.of(DeformableRecord)[1].cells[0].mean(dim=(0, 1, 2)))
    torch.testing.assert_close(
        maps.of(JointMaps).received,
        record.of(JointRecord)[1].received[0].mean(dim=0))


def test_a_selection_shows_that_block_head_token_and_frame(spread_recognizer, clip, record):
    for token, query in enumerate(('rgb', 'cls')):
        maps = attention_maps(spread_recognizer, *clip, Selection(0, 1, query, 2))
        torch.testing.assert_close(
            maps.of(DeformableMaps).cells,
            record.of(DeformableRecord)[0].cells[0, 1, token, 2])
        torch.testing.assert_close(
            maps.of(DeformableMaps).mass,
            record.of(DeformableRecord)[0].points[0, 1, token, 2])
        torch.testing.assert_close(
            maps.of(JointMaps).received,
            record.of(JointRecord)[0].received[0, 1])


@pytest.mark.parametrize('selection, says', [
    (Selection(block=2), 'block: found 2, want 0 to 1'),
    (Selection(head=2), 'head: found 2, want 0 to 1'),
    (Selection(frame=4), 'query frame: found 4, want 0 to 3'),
])
def test_what_the_model_does_not_have_is_refused(recognizer, clip, selection, says):
    with pytest.raises(InputError, match=says):
        attention_maps(recognizer(), *clip, selection)


def test_a_single_modal_token_is_all_there_is(recognizer, clip):
    model = recognizer(modal_tokens='single')
    assert attention_maps(model, *clip).of(DeformableMaps).cells.shape == (4, 8, 8)
    with pytest.raises(InputError, match='query: found cls, want no choice'):
        attention_maps(model, *clip, Selection(query='cls'))


def test_without_modal_tokens_there_is_no_query_to_show(recognizer, clip):
    with pytest.raises(InputError, match='modal_tokens: found none'):
        attention_maps(recognizer(modal_tokens='none'), *clip)


def test_without_deformable_attention_there_are_joints_alone(recognizer, clip):
    maps = attention_maps(recognizer(attentions=('joint', 'temporal')), *clip)
    assert maps.of(JointMaps).received.shape == (4, 17) and maps.get(DeformableMaps) is None
    with pytest.raises(InputError, match='attentions: found none that records DeformableMaps'):
        maps.of(DeformableMaps)


def test_a_model_with_neither_attention_is_refused(recognizer, clip):
    with pytest.raises(InputError, match='attentions: found none that records maps'):
        attention_maps(recognizer(attentions=('temporal', )), *clip)


def test_points_and_cells_lie_where_the_feature_map_has_its_centres(recognizer, clip):
    # The search starts at zero offsets: 2 x 6 x 6 points on 4 frames of 8 x 8 cells.
    maps = attention_maps(recognizer(), *clip)
    assert maps.of(DeformableMaps).grid == (2, 6, 6)
    torch.testing.assert_close(maps.of(DeformableMaps).points, maps.of(DeformableMaps).references)
    times = torch.tensor([0.5, 2.5]).repeat_interleave(36)
    torch.testing.assert_close(maps.of(DeformableMaps).points[:, 2], times)
    cells = (2 * torch.arange(6) + 1) / 6 * 8 / 2 - 0.5
    torch.testing.assert_close(maps.of(DeformableMaps).points[:6, 0], 8 * cells + 0.5)


def test_a_cell_reads_pixels_around_the_eightfold_of_its_index(recognizer):
    # The weights may be uneven, so take all of them positive: the field is then symmetric.
    extractor = recognizer().backbone.backbone
    with torch.no_grad():
        for parameter in extractor.parameters():
            if parameter.dim() == 5:
                parameter.fill_(1 / parameter[0].numel())
    imgs = torch.ones(1, 3, 1, 128, 128, requires_grad=True)
    extractor(imgs)[1][0, :, 0, 8, 8].sum().backward()
    weight = imgs.grad[0, :, 0].abs().sum(dim=0).double()
    pixels = torch.arange(128, dtype=torch.float64) + 0.5
    centre = [float((weight.sum(dim=axis) * pixels).sum() / weight.sum()) for axis in (0, 1)]
    assert np.allclose(centre, 8 * 8 + 0.5, atol=0.2)


def test_a_pixel_has_the_colour_of_the_nearest_cell_without_smoothing():
    cells = np.arange(6.).reshape(2, 3)
    heat = cell_heat(cells, 14, 24)
    # Cells are centred on pixels 0, 8, 16: they meet between 3 and 4, 11 and 12.
    expected = cells[np.repeat([0, 1], [4, 10])][:, np.repeat([0, 1, 2], [4, 8, 12])]
    np.testing.assert_array_equal(heat, expected)


def test_a_point_that_all_look_at_is_where_the_map_is(recognizer, clip, monkeypatch):
    model = recognizer()
    attention = model.backbone.blocks[-1].deformable.attention
    point = 36 + 2 * 6 + 3  # second half of the clip, row 2, column 3

    def on_one_point(query, key):
        weights = query.new_zeros(1, 2, query.shape[1], key.shape[1])
        weights[..., point] = 1
        return weights

    monkeypatch.setattr(attention, 'weights', on_one_point)
    maps = attention_maps(model, *clip)
    assert float(maps.of(DeformableMaps).cells.sum()) == pytest.approx(1) and maps.of(
        DeformableMaps).modal == 0
    frame, row, column = np.unravel_index(int(maps.of(DeformableMaps).cells.argmax()),
                                          maps.of(DeformableMaps).cells.shape)
    # x = (2 * 3 + 1) / 6 of 8 cells, y = (2 * 2 + 1) / 6, t = 3 / 4 of 4 frames, minus a half each.
    assert (row, column) == (3, 4) and frame in (2, 3)


def test_maps_change_no_logit(spread_recognizer, clip):
    imgs, keypoint = (x.unsqueeze(0) for x in clip)
    with torch.no_grad():
        plain, recorded = (spread_recognizer.cls_head(
            spread_recognizer.backbone(imgs, keypoint, record=record))
                           for record in (None, AttentionRecord()))
    assert (plain - recorded).abs().max() <= 1e-5 and plain.argmax() == recorded.argmax()


def test_the_mode_of_the_model_stays(recognizer, clip):
    model = recognizer().train()
    attention_maps(model, *clip)
    assert model.training and model.backbone.training


class _Shapes(TorchDispatchMode):
    """The last two axes of every tensor that an operation makes."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for made in result if isinstance(result, (tuple, list)) else (result, ):
            if torch.is_tensor(made):
                self.seen.add(tuple(made.shape[-2:]))
        return result


@pytest.mark.parametrize('asked', [False, True])
def test_attention_matrices_are_made_only_when_asked_for(recognizer, clip, monkeypatch, asked):
    model, matrices = recognizer(), set()
    attend = MultiHeadAttention.attend

    def note_shapes(self, query, key, value):
        matrices.add((query.shape[-2], key.shape[-2]))
        return attend(self, query, key, value)

    monkeypatch.setattr(MultiHeadAttention, 'attend', note_shapes)
    record = AttentionRecord() if asked else None
    with torch.no_grad(), _Shapes() as shapes:
        model.backbone(*(x.unsqueeze(0) for x in clip), record=record)
    # Deformable: 4 x 64 cells and 8 modal tokens look at 72 points and these; with maps, the modal
    # queries alone.
    assert (264, 80) in matrices and not matrices & shapes.seen - ({(40, 40)} if asked else set())
    assert ((8, 80) in shapes.seen) == asked
