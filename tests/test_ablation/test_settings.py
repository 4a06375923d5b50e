"""Fingerprints of settings: equal where results must be shared, different where not."""
import os
from pathlib import Path

import pytest
from mmengine.config import Config

from mmaction_d3d.ablation import STUDIES, read_config, run_settings, training_settings
from mmaction_d3d.ablation.settings import BASE_VARIABLE
from mmaction_d3d.errors import InputError

ROOT = str(Path(__file__).parents[2])


def changed(**options):
    cfg = read_config(ROOT, 'ours')
    cfg.merge_from_dict(options)
    return training_settings(cfg)


@pytest.mark.parametrize('options', [
    {'model.backbone.temporal_stride': 2}, {'model.backbone.ffn_ratio': 4.},
    {'model.backbone.joint_window': 8}, {'train_dataloader.num_workers': 7},
    {'train_dataloader.dataset.ann_file': 'elsewhere/annotations.pkl'}, {'work_dir': 'elsewhere'},
    {'test_dataloader.dataset.split': 'val'}
], ids=str)
def test_naming_a_default_or_moving_the_data_changes_nothing(options):
    assert changed(**options) == training_settings(read_config(ROOT, 'ours'))


@pytest.mark.parametrize('options', [
    {'model.backbone.temporal_stride': 1}, {'model.backbone.sigma': 1.5},
    {'train_cfg.max_epochs': 99}, {'optim_wrapper.optimizer.lr': 0.1}, {'synthetic.size': 80},
    {'train_dataloader.batch_size': 3}, {'train_dataloader.dataset.pipeline.0.clip_len': 5},
    {'val_dataloader.dataset.split': 'test'}
], ids=str)
def test_whatever_training_depends_on_changes_it(options):
    assert changed(**options) != training_settings(read_config(ROOT, 'ours'))


def test_the_way_of_testing_counts_for_the_result_and_not_for_the_training():
    ours, other = read_config(ROOT, 'ours'), read_config(ROOT, 'test_frames_4')
    assert training_settings(ours) == training_settings(other)
    assert run_settings(ours, ours) != run_settings(ours, other)
    assert run_settings(ours, ours) == run_settings(ours, read_config(ROOT, 'test_frames_12'))


def test_only_what_equals_the_base_shares_its_fingerprint():
    names = {variant.config for study in STUDIES.values() for variant in study.variants
             if variant.tested_from is None}
    ours = training_settings(read_config(ROOT, 'ours'))
    same = {name for name in names if training_settings(read_config(ROOT, name)) == ours}
    assert same == {'ours', 'window_4_stride_2', 'frames_12', 'sigma_1.0', 'blocks_2', 'heads_2'}


def test_every_config_of_the_folder_belongs_to_a_study():
    used = {variant.config for study in STUDIES.values() for variant in study.variants}
    assert used == {path.stem for path in Path(ROOT, 'configs', 'ablations').glob('*.py')}


def test_a_config_changes_what_its_name_says_and_nothing_else():
    ours = read_config(ROOT, 'ours').model.backbone
    cfg = read_config(ROOT, 'window_6_stride_5').model.backbone
    assert (cfg.temporal_window, cfg.temporal_stride) == (6, 5)
    assert {key for key in cfg if cfg[key] != ours.get(key)} == {'temporal_window',
                                                                 'temporal_stride'}


def test_another_base_is_inherited_and_then_forgotten(monkeypatch):
    monkeypatch.setenv(BASE_VARIABLE, 'what it was')
    base = os.path.join(ROOT, 'configs', 'd3d_pennaction.py')
    cfg = read_config(ROOT, 'frames_8', base)
    assert cfg.model.cls_head.num_classes == Config.fromfile(base).model.cls_head.num_classes == 15
    assert [cfg[f'{name}_dataloader'].dataset.pipeline[0].clip_len
            for name in ('train', 'val', 'test')] == [8, 8, 8]
    assert os.environ[BASE_VARIABLE] == 'what it was'


def test_a_base_that_is_not_there_is_refused():
    with pytest.raises(InputError, match='nowhere.py: --base: found no such file'):
        read_config(ROOT, 'ours', 'nowhere.py')
