"""The deletion test on models of which it is known what they look at."""
import csv

import numpy as np
import pytest
import torch

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation import faithfulness
from mmaction_d3d.evaluation.attention_maps import DeformableMaps, JointMaps
from mmaction_d3d.evaluation.faithfulness import DeletionRow, deletion_test


def by_name(rows):
    return {(row.delete, row.order, row.share): row for row in rows}


def test_deleting_what_a_model_looks_at_costs_most(spread_recognizer, dataset, monkeypatch):
    # Class 1 is told by how much of the left half is there, and that is where the map is.
    whole = faithfulness.attention_maps

    def maps_of_the_left(*args):
        cells = torch.zeros(4, 8, 8)
        cells[..., :4] = 1 / 128
        maps = whole(*args)
        return maps.with_maps(maps.of(DeformableMaps)._replace(cells=cells))

    given = []

    def left_half(model, imgs, keypoint, features=None):
        given.append(imgs)  # at first the whole clip
        seen = (imgs == given[0])[..., :32].float().mean(dim=(1, 2, 3, 4))
        return torch.stack([1 - seen, seen], dim=1)

    monkeypatch.setattr(faithfulness, 'attention_maps', maps_of_the_left)
    monkeypatch.setattr(faithfulness, '_predict', left_half)
    rows = by_name(deletion_test(spread_recognizer, dataset, [1], ['cells'], [0.25, 0.5]))
    for share in (0.25, 0.5):
        most, random, least = (rows['cells', order, share].score
                               for order in ('most', 'random', 'least'))
        assert most < random < least
    assert rows['cells', 'most', 0.5].change < 0


@pytest.fixture(scope='module')
def rows(spread_recognizer, dataset):
    return deletion_test(spread_recognizer, dataset, [0, 1], shares=[0.5, 1.])


def test_each_kind_and_order_has_a_row_for_each_share(rows):
    names = [('cells', order) for order in ('most', 'least', 'random', 'person')]
    names += [(kind, order) for kind in ('keys', 'joints') for order in ('most', 'least', 'random')]
    assert set(by_name(rows)) == {(*name, share) for name in names for share in (0., 0.5, 1.)}
    assert all(row.clips == 2 and row.low <= row.score <= row.high for row in rows)


def test_nothing_deleted_is_the_models_score_and_all_deleted_the_same_in_any_order(
        rows, spread_recognizer, dataset):
    from mmengine.dataset import pseudo_collate
    with torch.no_grad():
        samples = spread_recognizer.test_step(pseudo_collate([dataset[0], dataset[1]]))
    plain = np.mean([float(sample.pred_score[int(sample.gt_label)]) for sample in samples])
    scores = by_name(rows)
    assert all(row.score == pytest.approx(plain, abs=1e-6) for row in rows if row.share == 0)
    for kind in faithfulness.KINDS:
        ends = [scores[kind, order, 1.].score for order in ('most', 'least', 'random')]
        assert np.ptp(ends) < 1e-5


def test_orders_follow_the_map(explanation):
    keypoint = torch.from_numpy(explanation.joints.copy())
    keypoint[0, 3, 2] = 0
    maps = explanation.maps
    orders = faithfulness._orders('joints', maps, keypoint, np.random.default_rng(0))
    (most, ), (least, ) = orders['most'], orders['least']
    values = maps.of(JointMaps).received.flatten().numpy()
    assert (np.diff(values[most]) <= 0).all() and (most == least[::-1]).all()
    assert 3 not in most and len(most) == 4 * 17 - 1  # a missing joint cannot be deleted
    person, = faithfulness._orders('cells', maps, keypoint, np.random.default_rng(0))['person']
    frame, row, column = np.unravel_index(person[0], maps.of(DeformableMaps).cells.shape)
    places = 8 * np.array([column, row]) + 0.5
    distance = np.hypot(*(keypoint[frame, :, :2].numpy() - places).T).min()
    assert distance == pytest.approx(
        faithfulness._distance_to_joints(keypoint.numpy(),
                                         maps.of(DeformableMaps).cells.shape).min())


def test_the_table_holds_the_rows(rows, tmp_path):
    faithfulness.write_csv(tmp_path / 'rows.csv', rows)
    table = list(csv.DictReader((tmp_path / 'rows.csv').open()))
    assert len(table) == len(rows) and tuple(table[0]) == DeletionRow._fields
    assert float(table[3]['score']) == pytest.approx(rows[3].score, abs=1e-4)


def test_a_kind_that_the_model_does_not_have_is_refused(recognizer, dataset):
    with pytest.raises(InputError, match='found none that orders keys'):
        deletion_test(recognizer(attentions=('joint', )), dataset, [0], ['keys'], [0.5])
