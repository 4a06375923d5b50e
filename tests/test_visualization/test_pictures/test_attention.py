"""The sheet of a clip's attention, and its video."""
import numpy as np

from mmaction_d3d.evaluation.attention_maps import DeformableMaps
from mmaction_d3d.visualization import figure_array
from mmaction_d3d.visualization.pictures.attention import attention_frames, attention_sheet


def test_the_sheet_shows_each_frame_with_bars_and_the_modal_share(explanation):
    figure = attention_sheet(explanation)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles[:4] == [f'frame {t}' for t in range(4)]
    labels = {axis.get_ylabel() for axis in figure.axes}
    assert {'% of the attention', '1: mean of all keys'} <= labels
    share = explanation.maps.of(DeformableMaps).modal
    assert f'{share:.1%} of the attention on modal' in figure.get_suptitle()
    assert figure_array(figure).std() > 20


def test_the_sheet_shows_the_chosen_frames(explanation):
    figure = attention_sheet(explanation, [1, 3])
    assert [axis.get_title() for axis in figure.axes[:2]] == ['frame 1', 'frame 3']


def test_the_video_has_a_picture_a_frame_with_even_sides(explanation):
    pictures = np.stack(attention_frames(explanation))
    assert len(pictures) == 4 and pictures.dtype == np.uint8
    assert pictures.shape[1] % 2 == pictures.shape[2] % 2 == 0
    assert (pictures[0] != pictures[3]).any()
