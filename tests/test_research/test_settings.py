"""Fingerprints of settings: equal where results must be shared, different where not."""
import inspect
import os
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.config import Config

from mmaction_d3d.benchmarks.models import noise
from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.clip_shapes import clip_shapes
from mmaction_d3d.models.backbones import D3DTransformer
from research.ablation import STUDIES, read_config, run_settings, training_settings
from research.ablation.settings import flat_settings
from research.ablation.variants import VARIANTS

ROOT = str(Path(__file__).parents[2])


def changed(**options):
    cfg = read_config(ROOT, 'ours')
    cfg.merge_from_dict(options)
    return training_settings(cfg)


@pytest.mark.parametrize(
    'options',
    [{'model.backbone.block.temporal.stride': 2}, {'model.backbone.layer.ffn_ratio': 4.}, {
        'model.backbone.block.joint.window': 8
    }, {'model.backbone.joint_window': 8}, {'train_dataloader.num_workers': 7}, {
        'train_dataloader.dataset.ann_file': 'elsewhere/annotations.pkl'
    }, {'work_dir': 'elsewhere'}, {'test_dataloader.dataset.split': 'val'}], ids=str)
def test_naming_a_default_or_moving_the_data_changes_nothing(options):
    assert changed(**options) == training_settings(read_config(ROOT, 'ours'))


@pytest.mark.parametrize('options', [{'model.backbone.block.temporal.stride': 1}, {
    'model.backbone.block.joint.type': 'TemporalStrideAttention'
}, {'model.backbone.block.extra.type': 'JointStrideAttention'}, {
    'model.backbone.pose_tokens.sigma': 1.5
}, {'train_cfg.max_epochs': 99}, {'optim_wrapper.optimizer.lr': 0.1}, {'synthetic.size': 80}, {
    'train_dataloader.batch_size': 3
}, {'train_dataloader.dataset.pipeline.0.clip_len': 5}, {'val_dataloader.dataset.split': 'test'}],
                         ids=str)
def test_whatever_training_depends_on_changes_it(options):
    assert changed(**options) != training_settings(read_config(ROOT, 'ours'))


def test_the_way_of_testing_counts_for_the_result_and_not_for_the_training():
    ours, other = read_config(ROOT, 'ours'), read_config(ROOT, 'test_frames_4')
    assert training_settings(ours) == training_settings(other)
    assert run_settings(ours, ours) != run_settings(ours, other)
    assert run_settings(ours, ours) == run_settings(ours, read_config(ROOT, 'test_frames_12'))


def test_only_what_equals_the_base_shares_its_fingerprint():
    names = {
        variant.config for study in STUDIES.values() for variant in study.variants
        if variant.tested_from is None and not study.base
    }
    ours = training_settings(read_config(ROOT, 'ours'))
    same = {name for name in names if training_settings(read_config(ROOT, name)) == ours}
    assert same == {'ours', 'window_4_stride_2', 'frames_12', 'sigma_1.0', 'blocks_2', 'heads_2'}


def test_every_variant_belongs_to_a_study():
    used = {
        variant.config for study in STUDIES.values() for variant in study.variants
        if not variant.config.endswith('.py')
    }
    assert used == set(VARIANTS)


@pytest.mark.parametrize('name', VARIANTS)
def test_variants_change_what_the_base_has_and_name_no_unknown_key(name):
    cfg = read_config(ROOT, name)
    known = inspect.signature(D3DTransformer).parameters
    assert set(cfg.model.backbone) <= {'type', *known}
    ours = read_config(ROOT, 'ours')
    changed = {
        key for key in ('model', 'train_dataloader', 'val_dataloader', 'test_dataloader')
        if cfg[key] != ours[key]
    }
    assert changed <= {key.partition('.')[0] for key in VARIANTS[name]}


@pytest.mark.parametrize('name', [name for name in VARIANTS if 'frames_' in name])
def test_variants_of_frames_reach_the_sampling(name):
    cfg, frames = read_config(ROOT, name), int(name.rpartition('_')[2])
    assert cfg.test_dataloader.dataset.pipeline[0].clip_len == frames
    if not name.startswith('test_'):
        assert cfg.model.backbone.clip_len == frames
        assert cfg.train_dataloader.dataset.pipeline[0].clip_len == frames
        assert cfg.val_dataloader.dataset.pipeline[0].clip_len == frames


def test_a_config_changes_what_its_name_says_and_nothing_else():
    ours = read_config(ROOT, 'ours').model.backbone
    cfg = read_config(ROOT, 'window_6_stride_5').model.backbone
    assert cfg.block.temporal == dict(window=6, stride=5)
    cfg, ours = flat_settings(cfg), flat_settings(ours)
    assert {key for key in cfg if cfg[key] != ours[key]} == {'temporal_window', 'temporal_stride'}


def test_another_base_is_changed():
    base = os.path.join(ROOT, 'configs', 'd3d_pennaction.py')
    cfg = read_config(ROOT, 'frames_8', base)
    assert cfg.model.cls_head.num_classes == Config.fromfile(base).model.cls_head.num_classes == 15
    assert [
        cfg[f'{name}_dataloader'].dataset.pipeline[0].clip_len for name in ('train', 'val', 'test')
    ] == [8, 8, 8]


PAIR = {variant.config for name in ('table4', 'table5') for variant in STUDIES[name].variants}


@pytest.mark.parametrize('name', sorted(PAIR))
def test_variants_of_the_tables_train_on_data_that_need_both(name):
    cfg = read_config(ROOT, name, os.path.join(ROOT, 'research', 'pair.py'))
    # The losses of the pathways that the variant has.
    lacks = dict(attn_joint='rgb', attn_deformable='pose').get(name)
    assert set(cfg.model.cls_head.pathways) == {'rgb', 'pose'} - {lacks}
    model = MODELS.build(cfg.model)
    joints = 20 + 20 * torch.rand(2, 1, 12, 17, 3)
    samples = [ActionDataSample().set_gt_label(label) for label in (0, 1)]
    losses = model(dict(imgs=torch.rand(2, 1, 3, 12, 64, 64), keypoint=joints), samples,
                   mode='loss')
    assert {key for key in losses if key.startswith('loss')
            } == {'loss_cls', *(f'loss_{path}' for path in cfg.model.cls_head.pathways)}


SIZES = dict.fromkeys(variant.config for study in ('family', 'levers')
                      for variant in STUDIES[study].variants)


@pytest.mark.parametrize('name', SIZES)
def test_sizes_and_their_peer_train_alike(name):
    """One step on as many clips as there are classes, which MMAction2's head fails on."""
    cfg, ours = (read_config(ROOT, key, os.path.join(ROOT, 'research', 'pair.py'))
                 for key in (name, 'ours'))
    cfg.optim_wrapper.optimizer.pop('lr'), ours.optim_wrapper.optimizer.pop('lr')
    for key in ('train_cfg', 'optim_wrapper', 'param_scheduler', 'val_evaluator'):
        assert cfg[key] == ours[key]
    loaders = cfg.train_dataloader, ours.train_dataloader
    assert len({loader.batch_size for loader in loaders}) == 1
    assert len({loader.dataset.split for loader in loaders}) == 1
    assert len({loader.dataset.num_person for loader in loaders}) == 1
    model = MODELS.build(cfg.model)
    inputs = noise(clip_shapes(cfg), 8, 'cpu')
    samples = [ActionDataSample().set_gt_label(label) for label in range(8)]
    losses, _ = model.parse_losses(model(inputs, samples, mode='loss'))
    assert losses.isfinite()
    model.eval()
    for sample in model(inputs, samples, mode='predict'):
        assert sample.pred_score.shape == (8, ) and 0.99 < sample.pred_score.sum() < 1.01
        assert sample.pred_label == sample.pred_score.argmax()


def test_each_lever_is_another_training():
    trainings = [training_settings(read_config(ROOT, name)) for name in SIZES]
    assert len({*trainings}) == len(SIZES)
    levers = {str(path.relative_to(ROOT)) for path in Path(ROOT).glob('research/levers/xs_*.py')}
    assert levers < {*SIZES}


def test_a_base_that_is_not_there_is_refused():
    with pytest.raises(InputError, match='nowhere.py: --base: found no such file'):
        read_config(ROOT, 'ours', 'nowhere.py')
