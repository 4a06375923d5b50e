"""From a clip of a data set to its prediction."""
import numpy as np
import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.explain import explain_clip


def test_the_prediction_is_the_models_and_the_frames_are_its_input(explanation, dataset):
    assert explanation.name == 'clip1' and explanation.label == 1
    assert explanation.prediction in (0, 1) and 0.5 <= explanation.score <= 1
    assert explanation.title.startswith('clip1: come, recognised as ')
    imgs = dataset[1]['inputs']['imgs'][0]
    np.testing.assert_array_equal(explanation.frames[2], imgs[:, 2].permute(1, 2, 0))


def test_a_pipeline_without_keypoints_is_refused(recognizer, rgb_pose_data):
    pipeline = [
        dict(type='AlignedSampleFrames', clip_len=4),
        dict(type='AlignedDecode'),
        dict(type='FormatShape', input_format='NCTHW'),
        dict(type='PackRGBPose', collect_keys=('imgs', ))
    ]
    dataset = rgb_pose_data(num_videos=1, num_frames=8).build(pipeline, num_person=1)
    with pytest.raises(InputError, match='collect_keys'):
        explain_clip(recognizer(), dataset, 0)
