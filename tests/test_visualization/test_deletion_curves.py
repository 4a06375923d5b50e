"""Curves of the deletion test."""
from mmaction_d3d.evaluation.faithfulness import DeletionRow
from mmaction_d3d.visualization.deletion_curves import deletion_curves


def test_each_order_has_a_curve():
    rows = [
        DeletionRow(kind, order, share, 2, 0.5, 0.4, 0.6, 1., 0., -0.1, 0.1)
        for kind, orders in (('cells', ('most', 'least', 'random', 'person')),
                             ('joints', ('most', 'least', 'random'))) for order in orders
        for share in (0., 0.5)
    ]
    figure = deletion_curves(rows)
    assert [len(axis.lines) for axis in figure.axes] == [4, 3]
    assert 'mean of 2 clips' in figure.axes[0].get_ylabel()
