"""From a clip of a data set to its prediction and its sheet."""
import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.visualization import (attention_frames, attention_sheet, explain_clip,
                                        figure_array)
from mmaction_d3d.visualization.overlay import cell_heat


def test_the_prediction_is_the_models_and_the_frames_are_its_input(explanation, dataset):
    assert explanation.name == 'clip1' and explanation.label == 1
    assert explanation.prediction in (0, 1) and 0.5 <= explanation.score <= 1
    assert explanation.title.startswith('clip1: come, recognised as ')
    imgs = dataset[1]['inputs']['imgs'][0]
    np.testing.assert_array_equal(explanation.frames[2], imgs[:, 2].permute(1, 2, 0))


def test_a_pixel_has_the_colour_of_the_nearest_cell_without_smoothing():
    cells = np.arange(6.).reshape(2, 3)
    heat = cell_heat(cells, 14, 24)
    # Cells are centred on pixels 0, 8, 16: they meet between 3 and 4, 11 and 12.
    expected = cells[np.repeat([0, 1], [4, 10])][:, np.repeat([0, 1, 2], [4, 8, 12])]
    np.testing.assert_array_equal(heat, expected)


def test_the_sheet_shows_each_frame_with_bars_and_the_modal_share(explanation):
    figure = attention_sheet(explanation)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles[:4] == [f'frame {t}' for t in range(4)]
    labels = {axis.get_ylabel() for axis in figure.axes}
    assert {'% of the attention', '1: mean of all keys'} <= labels
    assert f'{explanation.maps.modal:.1%} of the attention on modal' in figure.get_suptitle()
    assert figure_array(figure).std() > 20


def test_the_sheet_shows_the_chosen_frames(explanation):
    figure = attention_sheet(explanation, [1, 3])
    assert [axis.get_title() for axis in figure.axes[:2]] == ['frame 1', 'frame 3']


def test_the_video_has_a_picture_a_frame_with_even_sides(explanation):
    pictures = np.stack(attention_frames(explanation))
    assert len(pictures) == 4 and pictures.dtype == np.uint8
    assert pictures.shape[1] % 2 == pictures.shape[2] % 2 == 0
    assert (pictures[0] != pictures[3]).any()


def test_a_pipeline_without_keypoints_is_refused(recognizer, rgb_pose_data):
    pipeline = [dict(type='AlignedSampleFrames', clip_len=4), dict(type='AlignedDecode'),
                dict(type='FormatShape', input_format='NCTHW'),
                dict(type='PackRGBPose', collect_keys=('imgs', ))]
    dataset = rgb_pose_data(num_videos=1, num_frames=8).build(pipeline, num_person=1)
    with pytest.raises(InputError, match='collect_keys'):
        explain_clip(recognizer(), dataset, 0)
