import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmaction_d3d.datasets.transforms import AlignedSampleFrames

CLIP_LEN = st.integers(1, 40)
NUM_CLIPS = st.integers(1, 6)
TOTAL = st.integers(1, 3000)


def sample(total, clip_len, num_clips=1, test_mode=False):
    transform = AlignedSampleFrames(clip_len, num_clips, test_mode)
    results = transform(dict(total_frames=total))
    return results['frame_inds'].reshape(num_clips, clip_len)


@given(TOTAL, CLIP_LEN, NUM_CLIPS, st.booleans())
def test_one_frame_of_each_segment(total, clip_len, num_clips, test_mode):
    inds = sample(total, clip_len, num_clips, test_mode)
    start = np.arange(clip_len) * total / clip_len
    assert (inds >= np.floor(start)).all()
    assert (inds < np.ceil(start + total / clip_len)).all()


@given(TOTAL, CLIP_LEN)
def test_one_test_clip_takes_the_centres(total, clip_len):
    expected = [((2 * i + 1) * total) // (2 * clip_len) for i in range(clip_len)]
    assert sample(total, clip_len, test_mode=True)[0].tolist() == expected


@given(CLIP_LEN, NUM_CLIPS)
def test_test_clips_share_the_frames_out_evenly(clip_len, num_clips):
    inds = sample(clip_len * num_clips, clip_len, num_clips, test_mode=True)
    assert sorted(inds.reshape(-1)) == list(range(clip_len * num_clips))


def test_short_video_repeats_frames_in_order():
    assert sample(3, 6, test_mode=True)[0].tolist() == [0, 0, 1, 1, 2, 2]


def test_training_reaches_every_frame_equally_often():
    np.random.seed(0)
    counts = np.bincount(sample(10, 4, num_clips=5000).reshape(-1), minlength=10)
    assert counts.min() > 0.9 * 2000 and counts.max() < 1.1 * 2000


def test_training_clips_differ():
    np.random.seed(0)
    first, second = sample(300, 12, num_clips=2)
    assert (first != second).any()


def test_the_seed_decides():
    np.random.seed(3)
    first = sample(300, 12)
    np.random.seed(3)
    assert (sample(300, 12) == first).all()


def test_describes_the_clip():
    results = AlignedSampleFrames(4, 2)(dict(total_frames=9))
    assert (results['clip_len'], results['num_clips']) == (4, 2)
    assert results['frame_inds'].shape == (8, )


@pytest.mark.parametrize('clip_len, num_clips', [(0, 1), (1, 0)])
def test_refuses_no_frames(clip_len, num_clips):
    with pytest.raises(ValueError, match='at least 1'):
        AlignedSampleFrames(clip_len, num_clips)
