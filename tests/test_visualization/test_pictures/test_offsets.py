"""Arrows of the search: from where, to where, how far in time, and their spread."""
import numpy as np
import pytest
from matplotlib.quiver import Quiver

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.attention_maps import AttentionMaps, DeformableMaps
from mmaction_d3d.visualization import all_pictures
from mmaction_d3d.visualization.pictures.offsets import offset_field


def test_arrows_go_from_reference_points_to_searched_points(explanation):
    maps, figure = explanation.maps.of(DeformableMaps), offset_field(explanation)
    arrows = [
        child for axis in figure.axes for child in axis.get_children() if isinstance(child, Quiver)
    ]
    assert len(arrows) == maps.grid[0] == 2
    for time, arrow in enumerate(arrows):
        rows = slice(36 * time, 36 * (time + 1))
        start, end = maps.references[rows].numpy(), maps.points[rows].numpy()
        np.testing.assert_allclose(arrow.XY, start[:, :2])
        np.testing.assert_allclose(np.stack([arrow.U, arrow.V], 1), (end - start)[:, :2], atol=1e-5)
        np.testing.assert_allclose(arrow.get_array(), (end - start)[:, 2], atol=1e-6)
    assert np.abs(maps.points - maps.references).max() > 1  # pixels: the search has moved


def test_the_spread_is_told(explanation):
    maps = explanation.maps.of(DeformableMaps)
    spread, offsets = maps.spread, maps.offsets.numpy()
    np.testing.assert_allclose(spread.deviation, offsets.std(axis=0), rtol=1e-4)
    text = '\n'.join(part.get_suptitle() for part in offset_field(explanation).subfigs)
    for axis, mean, deviation in zip('xyz', offsets.mean(axis=0), offsets.std(axis=0)):
        assert f'{axis} {mean:+.3f} ± {deviation:.3f}' in text
    assert f'{spread.outside:.1%} of the points outside' in text


def test_a_model_that_searches_nothing_is_refused(explanation):
    with pytest.raises(InputError, match='attentions: found none that records DeformableMaps'):
        all_pictures()['offsets'].draw(explanation._replace(maps=AttentionMaps()))
