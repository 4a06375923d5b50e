"""The picture of scores over time."""
import numpy as np

from mmaction_d3d.visualization.timeline import timeline_figure


def test_classes_of_segments_come_first_and_cells_without_people_are_hatched():
    scores = np.array([[0.1, 0.9, 0.], [0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.6, 0.2, 0.2]])
    segments = [dict(start=0., end=2., label=1), dict(start=2., end=3.5, label=0)]
    figure = timeline_figure('a', ['x', 'y', 'z'], np.array([0., 1, 2, 3, 3.5]), scores,
                             [1, 0, 0, 1], segments, 1)
    rows, strip = figure.axes[:2]
    assert [tick.get_text() for tick in rows.get_yticklabels()] == ['y', 'x']
    np.testing.assert_allclose(rows.collections[0].get_array(), scores[:, [1, 0]].T)
    hatched = [patch for patch in strip.patches if patch.get_hatch()]
    assert [(patch.get_x(), patch.get_width()) for patch in hatched] == [(1, 2)]
    assert figure.legends[0].get_texts()[0].get_text() == 'no person found'
    seen = timeline_figure('a', ['x', 'y', 'z'], np.array([0., 1, 2, 3, 3.5]), scores, [1] * 4,
                           segments, 1)
    assert not seen.legends
