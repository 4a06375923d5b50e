"""Baselines that see one side of the input, and the interval of a proportion."""
import numpy as np
import pytest

from mmaction_d3d.datasets import RGBPoseDataset, get_layout
from mmaction_d3d.datasets.synthetic import Clip, generate
from mmaction_d3d.evaluation import single_frame_baseline, skeleton_baseline, wilson_interval
from mmaction_d3d.evaluation.baselines import _skeleton_features


class _Skeletons:
    """A data set of clips that are not drawn: skeletons only."""
    layout = get_layout('coco17')

    def __init__(self, split, number):
        self.clips = [Clip(0, 'easy', split, i, number, 64, 24).annotation for i in range(number)]

    def __len__(self):
        return len(self.clips)

    def get_data_info(self, idx):
        return self.clips[idx]


@pytest.fixture(scope='module')
def skeletons():
    """Enough clips to tell what can be learned from what cannot."""
    return [_Skeletons(*split) for split in (('train', 240), ('val', 60), ('test', 120))]


@pytest.fixture(scope='module')
def splits(tmp_path_factory):
    """Fewer, with videos."""
    out = tmp_path_factory.mktemp('baselines') / 'data'
    ann_file = generate(out, num_train=80, num_val=16, num_test=48, num_frames=2, size=64)
    return [
        RGBPoseDataset(str(ann_file), [], split=split, data_prefix=dict(video=str(out / 'videos')))
        for split in ('train', 'val', 'test')
    ]


def test_skeletons_tell_the_motion(skeletons):
    assert skeleton_baseline(*skeletons, target='motion').top1 > 0.8


def test_skeletons_do_not_tell_the_object(skeletons):
    score = skeleton_baseline(*skeletons, target='object')
    low, high = wilson_interval(score.correct, score.total, level=0.9973)
    assert low < 0.5 < high


def test_a_frame_tells_the_object(splits):
    assert single_frame_baseline(*splits, target='object').top1 > 0.8


def test_a_frame_does_not_tell_the_motion(splits):
    score = single_frame_baseline(*splits, target='motion')
    low, high = wilson_interval(score.correct, score.total, level=0.9973)
    assert low < 0.25 < high


def test_the_score_counts_test_clips(splits):
    score = skeleton_baseline(*splits)
    assert score.total == 48
    assert score.top1 == score.correct / score.total


class _Changed:
    """A data set whose clips are changed."""

    def __init__(self, dataset, change):
        self.dataset, self.change, self.layout = dataset, change, dataset.layout

    def __len__(self):
        return len(self.dataset)

    def get_data_info(self, idx):
        return self.change(self.dataset.get_data_info(idx))


def _unseen(clip):
    return dict(clip, keypoint=0 * clip['keypoint'], keypoint_score=0 * clip['keypoint_score'])


@pytest.mark.parametrize('baseline', [skeleton_baseline, single_frame_baseline])
def test_clips_without_a_visible_joint_are_taken(splits, baseline):
    unseen = [_Changed(dataset, _unseen) for dataset in splits]
    assert 0 <= baseline(*unseen).top1 <= 1


def _two_people():
    clips = (Clip(0, 'hard', 'train', i, 40, 96, 32).annotation for i in range(40))
    return next(clip for clip in clips if len(clip['keypoint']) == 2)


@pytest.mark.parametrize('change', [
    lambda clip: dict(clip, keypoint=3 * clip['keypoint']), lambda clip: dict(
        clip, keypoint=clip['keypoint'][::-1], keypoint_score=clip['keypoint_score'][::-1])
], ids=['size', 'slots'])
def test_skeleton_features_depend_neither_on_picture_size_nor_on_slots(change):
    clip, layout = _two_people(), get_layout('coco17')
    for plain, changed in zip(_skeleton_features(clip, layout),
                              _skeleton_features(change(clip), layout)):
        np.testing.assert_allclose(changed, plain, rtol=1e-6, atol=1e-6)
