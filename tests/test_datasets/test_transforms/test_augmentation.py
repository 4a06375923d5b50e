"""What augmentation draws: how much, for what, and from which generators."""
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmaction.registry import TRANSFORMS
from mmengine.config import Config
from running import ROOT

from mmaction_d3d.datasets.transforms import (
    AlignedSampleFrames,
    JointDrop,
    JointNoise,
    ModalityDrop,
    PersonExchange,
    RandomAffine,
)
from mmaction_d3d.engine import AutoDeviceRunner
from mmaction_d3d.errors import InputError

PIPELINE = Config.fromfile(ROOT / 'configs/_base_/datasets/augmented_squares.py').train_pipeline


def sample(people=2, frames=8, joints=17, side=40):
    rng = np.random.default_rng(0)
    return dict(imgs=list(rng.integers(0, 255, (frames, side, side, 3),
                                       dtype=np.uint8)), img_shape=(side, side), num_person=people,
                keypoint=rng.uniform(0, side, (people, frames, joints, 2)).astype(np.float32),
                keypoint_score=rng.uniform(0.1, 1, (people, frames, joints)).astype(np.float32))


@pytest.fixture(autouse=True)
def seed():
    np.random.seed(0)


@given(st.integers(1, 500), st.integers(1, 20), st.floats(0.05, 1))
def test_a_part_of_the_video_is_covered_evenly(total, clip_len, share):
    inds = AlignedSampleFrames(clip_len, num_clips=3,
                               part=(share, share))(dict(total_frames=total))['frame_inds'].reshape(
                                   3, clip_len)
    assert inds.min() >= 0 and inds.max() < total and (np.diff(inds) >= 0).all()
    segment = share * total / clip_len
    assert (np.diff(inds) <= 2 * segment + 1).all()
    assert (inds[:, -1] - inds[:, 0] <= share * total + 1).all()


def test_parts_lie_anywhere_and_have_the_lengths_asked_for():
    inds = AlignedSampleFrames(100, num_clips=300,
                               part=(0.7, 1.0))(dict(total_frames=10000))['frame_inds'].reshape(
                                   300, 100)
    shares = (inds[:, -1] - inds[:, 0]) / 9900
    assert 0.68 < shares.min() < 0.72 and 0.98 < shares.max() <= 1.01
    assert inds[:, 0].min() < 100 and inds[:, 0].max() > 2500 and inds[:, -1].max() > 9900


@pytest.mark.parametrize('part', [(0, 1), (0.9, 0.8), (0.5, 1.1)], ids=str)
def test_parts_that_are_none_are_refused(part):
    with pytest.raises(InputError, match='AlignedSampleFrames.part'):
        AlignedSampleFrames(4, part=part)


def test_a_picture_is_turned_and_shrunk_as_a_whole_and_lies_anywhere():
    drawn = []
    for _ in range(60):
        results = sample(frames=2)
        before = results['keypoint'].astype(np.float64).reshape(-1, 2)
        after = RandomAffine(10, (0.7, 1.))(results)['keypoint']
        assert after.dtype == np.float32
        columns = np.column_stack((before, np.ones(len(before))))
        (a, b), (c, d), shift = np.linalg.lstsq(columns, after.reshape(-1, 2), rcond=None)[0]
        assert (a, b) == pytest.approx((d, -c), abs=1e-4)  # neither sheared nor stretched
        np.testing.assert_allclose(columns @ [(a, b), (c, d), shift], after.reshape(-1, 2),
                                   atol=1e-3)
        scale = np.hypot(a, b)
        center = np.array([20, 20, 1]) @ [(a, b), (c, d), shift]
        assert (np.abs(center - 20) <= (1 - scale) * 20 + 1e-3).all()  # within the frame
        drawn.append((np.degrees(np.arctan2(b, a)), scale, *(center - 20) / ((1 - scale) * 20)))
    least, most = np.min(drawn, 0), np.max(drawn, 0)
    assert (np.abs(least - (-10, 0.7, -1, -1)) < (1, 0.03, 0.15, 0.15)).all()
    assert (np.abs(most - (10, 1, 1, 1)) < (1, 0.03, 0.15, 0.15)).all()


@pytest.mark.parametrize('scale', [(0, 1), (0.9, 0.8), (0.5, 1.1)], ids=str)
def test_scales_that_are_none_are_refused(scale):
    with pytest.raises(InputError, match='RandomAffine.scale'):
        RandomAffine(scale=scale)


def test_noise_of_joints_has_a_part_of_the_clip_and_one_of_the_frame():
    results = sample(frames=200, joints=133)
    before = results['keypoint']
    moved = JointNoise(clip=1., frame=0.5)(results)['keypoint'] - before
    assert moved.mean(1).std() == pytest.approx(1, rel=0.1)
    assert (moved - moved.mean(1, keepdims=True)).std() == pytest.approx(0.5, rel=0.05)
    assert abs(moved.mean()) < 0.15 and moved.dtype == np.float32


def test_joints_are_dropped_for_all_of_the_clip():
    results = sample(people=4, joints=133)
    before = results['keypoint_score'].copy()
    score = JointDrop(0.1)(results)['keypoint_score']
    gone = (score == 0).all(1)
    np.testing.assert_array_equal(np.where(gone[:, None], 0, before), score)
    assert 0.06 < gone.mean() < 0.14 and len({tuple(row) for row in gone.tolist()}) == 4


@pytest.mark.parametrize('people, slots', [(2, 2), (1, 2), (1, 1), (3, 4)])
def test_half_of_the_clips_have_two_people_exchanged(people, slots):
    absent, exchanged, pairs = ((0, slots - people), *[(0, 0)] * 3), 0, set()
    for _ in range(200):
        results = dict(sample(people), num_person=slots)
        place = np.pad(results['keypoint'], absent)
        score = np.pad(results['keypoint_score'], absent[:3])
        out = PersonExchange(0.5)(results)
        if len(out['keypoint']) == slots and not np.array_equal(out['keypoint'], place):
            exchanged += 1
            pair = np.flatnonzero((out['keypoint'] != place).any((1, 2, 3)))
            assert len(pair) == 2
            pairs.add(tuple(pair))
            np.testing.assert_array_equal(out['keypoint'][pair], place[pair[::-1]])
            np.testing.assert_array_equal(out['keypoint_score'][pair], score[pair[::-1]])
    assert 75 < exchanged < 125 if slots > 1 else exchanged == 0
    assert len(pairs) == slots * (slots - 1) // 2


def test_one_modality_at_most_goes():
    lost = dict(rgb=0, pose=0)
    for _ in range(300):
        results = sample(frames=2, side=4)
        imgs, score = results['imgs'], results['keypoint_score']
        out = ModalityDrop(rgb=0.3, pose=0.2)(results)
        blank = all((img == (124, 116, 104)).all() for img in out['imgs'])
        assert blank or out['imgs'] is imgs
        gone = not out['keypoint_score'].any()
        assert gone or out['keypoint_score'] is score
        assert not (blank and gone)
        lost['rgb'] += blank
        lost['pose'] += gone
    assert 65 < lost['rgb'] < 115 and 40 < lost['pose'] < 80


@pytest.mark.parametrize('ratios', [(0.6, 0.5), (-0.1, 0.5)])
def test_shares_of_modalities_that_are_none_are_refused(ratios):
    with pytest.raises(InputError, match='ModalityDrop'):
        ModalityDrop(*ratios)


def test_colors_change_for_the_clip_and_grey_takes_its_share():
    steps = [step for step in PIPELINE if step.type == 'TorchVisionWrapper']
    jitter, grey = map(TRANSFORMS.build, steps)
    ratios, greys = [], 0
    for _ in range(100):
        results = dict(imgs=[np.full((4, 4, 3), (80, 100, 120), np.uint8)] * 3)
        out = grey(jitter(results))['imgs']
        assert all((img == out[0]).all() for img in out) and out[0].dtype == np.uint8
        greys += (out[0] == out[0][..., :1]).all()
        ratios.append(out[0].mean() / 100)
    assert 0.55 < min(ratios) < 0.7 and 1.3 < max(ratios) < 1.42 and 17 < greys < 43


def test_the_number_of_workers_changes_nothing(rgb_pose_data):
    data = rgb_pose_data(num_videos=2, num_frames=8)
    epochs = []
    for workers in (0, 2):
        loader = AutoDeviceRunner.build_dataloader(
            dict(dataset=data.dataset_cfg(PIPELINE), batch_size=1, num_workers=workers,
                 sampler=dict(type='DefaultSampler', shuffle=False)), seed=0)
        np.random.seed(workers)
        epochs.append([batch['inputs'] for batch in loader])
    for alone, worker in zip(*epochs):
        for key in ('imgs', 'keypoint'):
            np.testing.assert_array_equal(alone[key][0], worker[key][0])


@pytest.mark.parametrize('name', ['d3d_ut_interaction', 'd3d_custom_small'])
def test_the_configs_for_few_clips_train_with_what_the_page_lists(name):
    page = (ROOT / 'docs/data_custom.md').read_text().partition('### Augmentation')[2]
    listed = re.findall(r'^\| `(\w+)`', page, re.M)
    steps = Config.fromfile(ROOT / 'configs' / f'{name}.py').train_dataloader.dataset.pipeline
    assert steps == PIPELINE
    others = {'AlignedDecode', 'SquarePad', 'Resize', 'FormatShape', 'PackRGBPose'}
    assert listed == list(dict.fromkeys(s.type for s in steps if s.type not in others))
