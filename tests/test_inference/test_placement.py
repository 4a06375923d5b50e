"""Where the model's input lies in a frame, and when its attention does in a video."""
import numpy as np
import pytest

from mmaction_d3d.inference.attention_track import AttentionTrack
from mmaction_d3d.inference.clips import TestPipeline as Pipeline

PACK = [dict(type='FormatShape', input_format='NCTHW'), dict(type='PackRGBPose')]
SAMPLE = [dict(type='AlignedSampleFrames', clip_len=2, test_mode=True), dict(type='AlignedDecode')]


@pytest.mark.parametrize('steps, expected',
                         [([dict(type='Resize', scale=(32, 32), keep_ratio=False)],
                           ((0.4, 0), (0.8, 0), (32, 32))),
                          ([dict(type='CenterCrop', crop_size=32)], ((1, -24), (1, -4), (32, 32))),
                          ([dict(type='SquarePad')], ((1, 0), (1, 20), (80, 80)))])
def test_placement_follows_the_pipeline(steps, expected):
    placement = Pipeline([*SAMPLE, *steps, *PACK], 1, 17).placement(40, 80)
    np.testing.assert_allclose(placement[0], expected[0])
    np.testing.assert_allclose(placement[1], expected[1])
    assert tuple(placement[2]) == expected[2]


def test_attention_of_a_frame_is_that_of_the_nearest_sampled_one():
    track = AttentionTrack()
    maps = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((4, 2, 3), np.float32)
    track.add(0, np.array([2, 6]), maps[:2])
    track.add(10, np.array([2, 6]), maps[2:])
    assert [track.at(frame)[0, 0] for frame in (0, 3, 5, 8, 10, 15, 99)] == [0, 0, 1, 1, 2, 3, 3]
    assert track.at(0).shape == (2, 3) and track.limit == 3
