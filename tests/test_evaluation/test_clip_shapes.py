"""Shapes of inputs read from pipelines."""
import pytest
from mmengine.config import Config

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.clip_shapes import clip_shapes

BACKBONE = dict(type='D3DTransformer', num_joints=13, num_person=2)
SAMPLE = dict(type='AlignedSampleFrames', clip_len=6)
CROP = dict(type='RandomCrop', size=96)
FORMAT = dict(type='FormatShape', input_format='NCTHW')
PACK = dict(type='PackRGBPose')


def shapes(*pipeline, backbone=BACKBONE, split='train', wrapped=False):
    dataset = dict(type='RGBPoseDataset', pipeline=list(pipeline))
    if wrapped:
        dataset = dict(type='RepeatDataset', times=2, dataset=dataset)
    cfg = Config(dict(model=dict(backbone=backbone), train_dataloader=dict(dataset=dataset)))
    return clip_shapes(cfg, split)


@pytest.mark.parametrize(
    'resizes, size',
    [([dict(type='Resize', scale=(-1, 256)), CROP], (96, 96)),
     ([dict(type='Resize', scale=(80, 64), keep_ratio=False)], (64, 80)),
     ([dict(type='CenterCrop', crop_size=(80, 64))], (64, 80)),
     ([CROP,
       dict(type='RandomResizedCrop'),
       dict(type='Resize', scale=(56, 56), keep_ratio=False)], (56, 56)),
     ([dict(type='CenterCrop', crop_size=(80, 64)),
       dict(type='SquarePad')], (80, 80)), ([CROP, dict(type='Flip')], (96, 96))])
def test_the_last_transform_of_fixed_size_counts(resizes, size):
    assert shapes(SAMPLE, *resizes, FORMAT, PACK) == dict(imgs=(3, 6, *size), keypoint=(6, 26, 3))


def test_wrapped_data_sets_are_opened():
    assert shapes(SAMPLE, CROP, FORMAT, PACK, wrapped=True)['imgs'] == (3, 6, 96, 96)


def test_heatmaps_of_equation_2_have_half_the_size():
    heatmap = dict(type='GenerateJointHeatmap')
    pack = dict(PACK, collect_keys=('imgs', 'heatmap_imgs'))
    crop = dict(type='CenterCrop', crop_size=(75, 64))
    assert shapes(SAMPLE, crop, heatmap, FORMAT, pack)['heatmap_imgs'] == (6, 26, 32, 38)


def test_mmaction2_samples_modalities_apart_and_merges_people():
    sample = dict(type='MMUniformSampleFrames', clip_len=dict(RGB=4, Pose=16))
    heatmap = dict(type='GeneratePoseTarget', scaling=0.25)
    pack = dict(type='PackActionInputs', collect_keys=('imgs', 'heatmap_imgs'))
    assert shapes(sample, CROP, heatmap, FORMAT, pack) == dict(imgs=(3, 4, 96, 96),
                                                               heatmap_imgs=(13, 16, 24, 24))


def test_pose_alone_has_the_channels_that_its_backbone_takes():
    layout = dict(FORMAT, input_format='NCTHW_Heatmap')
    pack = dict(type='PackActionInputs')
    assert shapes(SAMPLE, CROP, dict(type='GeneratePoseTarget'), layout, pack,
                  backbone=dict(type='ResNet3dSlowOnly',
                                in_channels=9)) == dict(imgs=(9, 6, 96, 96))


@pytest.mark.parametrize('pipeline, found', [
    ([SAMPLE, dict(type='Resize', scale=(-1, 256)), FORMAT, PACK], 'no fixed size'),
    ([SAMPLE, CROP, dict(type='RandomResizedCrop'), FORMAT, PACK], 'no fixed size'),
    ([CROP, FORMAT, PACK], 'no clip_len'), ([SAMPLE, CROP, PACK], 'FormatShape to None'),
    ([SAMPLE, CROP, FORMAT, dict(PACK, collect_keys=('imgs', 'heatmap_imgs'))], 'no heatmaps'),
    ([SAMPLE, CROP, FORMAT, dict(PACK, collect_keys=('audios', ))], 'audios')
])
def test_a_shape_left_open_is_refused(pipeline, found):
    with pytest.raises(InputError, match=f'pipeline: found .*{found}.*--shape'):
        shapes(*pipeline)


def test_a_split_that_the_config_lacks_is_refused():
    with pytest.raises(InputError, match='val_dataloader.*no pipeline'):
        shapes(SAMPLE, CROP, FORMAT, PACK, split='val')
