"""A transform that leaves joints behind is refused when the pipeline is built."""
import random

import numpy as np
import pytest
import torch
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose

from mmaction_d3d.datasets.transforms import geometry
from mmaction_d3d.datasets.transforms.geometry import check_geometry
from mmaction_d3d.errors import InputError
from mmaction_d3d.inference import clips

BEFORE = [
    dict(type='AlignedSampleFrames', clip_len=2),
    dict(type='AlignedDecode'),
    dict(type='Resize', scale=(-1, 128)),
    dict(type='RandomCrop', size=112)
]
AFTER = [dict(type='FormatShape', input_format='NCTHW'), dict(type='PackRGBPose')]


def vision(op, **arguments):
    return dict(type='TorchVisionWrapper', op=op, **arguments)


def check(step):
    check_geometry(Compose([*BEFORE, step, *AFTER]).transforms, 17)


LEFT_BEHIND = {
    'rotation': vision('RandomRotation', degrees=10),
    'shift': vision('RandomAffine', degrees=0, translate=(0.1, 0.1)),
    'scale': vision('RandomAffine', degrees=0, scale=(0.8, 1.2)),
    'flip': vision('RandomHorizontalFlip', p=0.5),
    'a rare flip': vision('RandomVerticalFlip', p=0.01),
    'perspective': vision('RandomPerspective', distortion_scale=0.5),
    'crop': vision('RandomResizedCrop', size=112, antialias=True),
    'a crop that few joints seem to be in': vision('CenterCrop', size=200),
    'a size that few joints seem to be in': vision('Resize', size=(100, 100), antialias=True),
    'pictures of other parts': dict(type='TenCrop', crop_size=224),
    'policies': vision('RandAugment'),
    'pictures of other parts, of a size that no drawn clip has': dict(type='ThreeCrop',
                                                                      crop_size=96),
    # It moves joints to a crop of pixels that it leaves to heatmaps of joints alone: MMCompact
    # crops both.
    "MMAction2's PoseCompact": dict(type='PoseCompact', hw_ratio=1., allow_imgpad=True),
}


@pytest.mark.parametrize('op, arguments', [
    ('ElasticTransform', dict(alpha=250.)),
    ('RandomAffine', dict(degrees=0, translate=(0.03, 0.03))),
    ('RandomAffine', dict(degrees=0, shear=5)),
    ('RandomRotation', dict(degrees=3)),
])
@pytest.mark.parametrize('before', [BEFORE, BEFORE[:2]], ids=['112 pixels', 'as decoded'])
def test_pixels_that_move_a_little_are_refused(op, arguments, before):
    with pytest.raises(InputError, match='half of the joints|% of the joints of a drawn clip off'):
        check_geometry(Compose([*before, vision(op, **arguments), *AFTER]).transforms, 17)


def backwards(results):
    results['imgs'] = results['imgs'][::-1]
    return results


def every_second(results):
    results['imgs'] = results['imgs'][::2]
    return results


@pytest.mark.parametrize('num_joints', [4, 17, 133])
@pytest.mark.parametrize('step', [backwards, every_second])
def test_frames_in_another_order_than_joints_are_refused(step, num_joints):
    with pytest.raises(InputError, match='of the joints of a drawn clip off their pixels'):
        check_geometry([*Compose(BEFORE[:2]).transforms, step], num_joints)


@pytest.mark.parametrize('name', LEFT_BEHIND)
def test_what_moves_pixels_or_joints_alone_is_refused(name):
    with pytest.raises(InputError, match='of the joints of a drawn clip off their pixels'):
        check(LEFT_BEHIND[name])


class HeatmapsInstead(BaseTransform):
    """Pose models' way: maps of the joints, V x H x W, take the place of the frames."""

    def transform(self, results):
        results['imgs'] = results.pop('heatmap_imgs')
        return results


def test_heatmaps_in_place_of_frames_show_no_dots():
    check_geometry(
        [*Compose(BEFORE + [dict(type='GeneratePoseTarget')]).transforms,
         HeatmapsInstead()], 17)


@pytest.mark.parametrize('name, arguments', [
    ('Resize', dict(scale=(64, 64), keep_ratio=False)),
    ('Flip', dict(flip_ratio=0.5)),
    ('RandomCrop', dict(size=32)),
    ('CenterCrop', dict(crop_size=32)),
    ('RandomResizedCrop', {}),
])
def test_what_moves_joints_later_than_pixels_is_refused(name, arguments):
    with pytest.raises(InputError, match=rf'pipeline: {name}: found lazy=True, .* want lazy=False'):
        check(dict(type=name, lazy=True, **arguments))


@pytest.mark.parametrize('wrap', [
    lambda step: step, lambda step: dict(type='RandomApply', transforms=[step]),
    lambda step: dict(type='RandomChoice', transforms=[[dict(type='ColorJitter')], [step]])
], ids=['alone', 'at times', 'a choice'])
def test_flips_that_mmaction2_has_for_pictures_alone_are_refused(wrap):
    with pytest.raises(InputError, match="pipeline: Flip: found direction='vertical', want direct"):
        check(wrap(dict(type='Flip', direction='vertical')))
    with pytest.raises(InputError, match='pipeline: Flip: found lazy=True'):
        check(wrap(dict(type='Flip', lazy=True)))


@pytest.mark.parametrize('step', [
    vision('ColorJitter', brightness=0.9, contrast=0.9),
    vision('RandomInvert', p=0.5),
    vision('RandomPosterize', bits=2),
    vision('RandomSolarize', threshold=128),
    vision('RandomEqualize'),
    vision('RandomErasing', p=1.),
    vision('RandomErasing', p=1., value='random'),
    vision('GaussianBlur', kernel_size=9),
    vision('GaussianBlur', kernel_size=15, sigma=5.),
    vision('RandomAdjustSharpness', sharpness_factor=3.),
    dict(type='ColorJitter'),
    dict(type='MMCompact'),
    dict(type='Flip', flip_ratio=0.5),
    dict(type='JointFlip', layout='coco17'),
    dict(type='SquarePad'),
    dict(type='PersonCrop', size=100),
    dict(type='RandomAffine', degrees=20),
    dict(type='JointNoise'),
    dict(type='PersonExchange'),
    dict(type='RandomResizedCrop', area_range=(0.5, 1.)),
], ids=lambda step: step.get('op', step['type']))
def test_what_moves_both_or_neither_passes(step, monkeypatch):
    monkeypatch.setattr(geometry, '_is_known', lambda _: False)  # ours and MMAction2's, too
    check(step)


class Shift(BaseTransform):
    """Moves pixels by a tenth, and joints on demand."""

    def __init__(self, joints=False, chance=1.):
        self.joints, self.p = joints, chance

    def transform(self, results):
        if random.random() < self.p:
            by = results['img_shape'][1] // 10
            results['imgs'] = [np.roll(image, by, 1) for image in results['imgs']]
            if self.joints:
                results['keypoint'] = results['keypoint'] + [by, 0]
        return results


def test_a_users_transform_is_tried():
    check(Shift(joints=True))
    with pytest.raises(InputError, match='Shift'):
        check(Shift())
    with pytest.raises(InputError, match='Shift'):
        check(Shift(chance=1e-9))


def test_a_transform_may_answer_for_itself():
    step = Shift()
    step.carries_joints = True
    check(step)


def test_what_takes_no_drawn_clip_is_said(monkeypatch):
    lines = []
    monkeypatch.setattr(geometry, 'print_log', lambda text, *args: lines.append(text))
    check(lambda results: results['depth'])
    assert len(lines) == 1 and 'not known' in lines[0] and "KeyError: 'depth'" in lines[0]


def test_random_states_and_the_transform_stay():
    step = Shift(joints=True, chance=0.5)
    states = [random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()]
    check(step)
    assert step.p == 0.5
    assert states == [
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_rng_state().tolist()
    ]


def test_a_pipeline_of_known_transforms_is_not_tried(monkeypatch):
    monkeypatch.setattr(geometry, '_tried', pytest.fail)
    check(dict(type='JointFlip', layout='coco17'))


@pytest.mark.parametrize('build', [
    lambda data, steps: data.build(pipeline=steps),
    lambda data, steps: clips.TestPipeline(steps, 2, 17),
], ids=['data set', 'inference'])
def test_every_pipeline_is_checked(rgb_pose_data, build):
    steps = [*BEFORE, vision('RandomRotation', degrees=30), *AFTER]
    with pytest.raises(InputError, match='RandomRotation'):
        build(rgb_pose_data(num_videos=1), steps)


def decoded_clip(joints=17):
    keypoint = np.random.default_rng(0).uniform(40, 80, (1, 2, joints, 2)).astype(np.float32)
    return dict(imgs=[np.zeros((128, 128, 3), np.uint8)] * 2, keypoint=keypoint,
                keypoint_score=np.ones(keypoint.shape[:3], np.float32), img_shape=(128, 128),
                original_shape=(128, 128), num_clips=1, clip_len=2, num_person=1, label=0)


@pytest.mark.parametrize('name', ['rotation', 'a rare flip', "MMAction2's PoseCompact"])
def test_a_pipeline_of_whoever_is_checked_at_its_first_clip(name):
    pipeline = Compose([LEFT_BEHIND[name], *AFTER])
    for _ in range(2):
        with pytest.raises(InputError, match='of the joints of a drawn clip off their pixels'):
            pipeline(decoded_clip())


def test_a_pipeline_is_checked_with_the_joints_that_it_gets_and_once(monkeypatch):
    tried, try_step = [], geometry._tried

    def count(step, results):
        tried.append(results['keypoint'].shape[2])
        return try_step(step, results)

    monkeypatch.setattr(geometry, '_tried', count)
    pipeline = Compose([Shift(joints=True), *AFTER])
    for _ in range(2):
        assert pipeline(decoded_clip(25))['inputs']['keypoint'].shape == (1, 2, 25, 3)
    assert tried == [25]


def test_other_pipelines_and_those_of_data_sets_are_not_tried_again(rgb_pose_data, monkeypatch):
    dataset = rgb_pose_data(num_videos=1).build(pipeline=[*BEFORE, Shift(joints=True), *AFTER])
    monkeypatch.setattr(geometry, 'check_geometry', pytest.fail)
    dataset[0]
    Compose([Shift()])(decoded_clip())
