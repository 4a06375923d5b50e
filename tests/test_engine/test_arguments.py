"""What ``--cfg-options`` says takes effect, or is refused."""
from argparse import Namespace

import pytest
from mmengine.registry import PARAM_SCHEDULERS
from running import ROOT

from mmaction_d3d.engine import load_config
from mmaction_d3d.errors import InputError


def load(config, **options):
    path = config if '/' in str(config) else f'{ROOT}/configs/{config}.py'
    return load_config(
        Namespace(config=str(path), data_root=None, cfg_options=options, launcher='none',
                  work_dir=None, local_rank=0))


def look(cfg, key):
    for part in key.split('.'):
        cfg = cfg[int(part)] if part.isdigit() else cfg.get(part)
    return cfg


@pytest.mark.parametrize('config, option, value, key, want', [
    ('d3d_quickstart', 'max_epochs', 2, 'train_cfg.max_epochs', 2),
    ('d3d_custom', 'max_epochs', 2, 'train_cfg.max_epochs', 2),
    ('d3d_custom', 'max_epochs', 2, 'param_scheduler.1.end', 2),
    ('d3d_custom', 'num_classes', 5, 'model.cls_head.num_classes', 5),
    ('d3d_custom', 'num_classes', 5, 'test_dataloader.dataset.num_classes', 5),
    ('d3d_custom', 'num_person', 1, 'model.backbone.num_person', 1),
    ('d3d_custom', 'num_person', 1, 'val_dataloader.dataset.num_person', 1),
    ('d3d_custom', 'layout', 'ntu25', 'train_dataloader.dataset.layout', 'ntu25'),
    ('d3d_custom', 'clip_len', 16, 'train_dataloader.dataset.pipeline.0.clip_len', 16),
    ('d3d_custom', 'clip_len', 16, 'model.backbone.clip_len', 16),
    ('d3d_custom', 'crop_size', 112, 'model.backbone.img_size', 112),
    ('d3d_custom', 'train_pipeline.0.clip_len', 16, 'train_dataloader.dataset.pipeline.0.clip_len',
     16),
    ('d3d_custom', 'test_pipeline.0.num_clips', 10, 'test_dataloader.dataset.pipeline.0.num_clips',
     10),
    ('d3d_custom', 'data.ann_file', '/x.pkl', 'train_dataloader.dataset.ann_file', '/x.pkl'),
    ('d3d_custom', 'data_root', '/x', 'train_dataloader.dataset.ann_file', '/x/annotations.pkl'),
    ('d3d_ntu60_xsub', 'clip_len', 8, 'model.backbone.clip_len', 8),
])
def test_a_plain_variable_takes_effect(config, option, value, key, want):
    assert look(load(config), key) != want
    assert look(load(config, **{option: value}), key) == want
    assert look(load(config), key) != want  # of this call alone


def test_several_at_once_and_beside_settings():
    cfg = load('d3d_custom', num_classes=5, clip_len=8, **{'train_dataloader.batch_size': 3})
    assert cfg.model.cls_head.num_classes == 5 and cfg.model.backbone.clip_len == 8
    assert cfg.train_dataloader.batch_size == 3


def test_a_text_stays_text():
    odd = "a'b\"\\n{{$HOME:x}} # c"
    cfg = load('d3d_custom', **{'data.ann_file': odd})
    assert cfg.train_dataloader.dataset.ann_file == odd


def test_a_variable_that_no_setting_is_made_of_is_refused(tmp_path):
    config = tmp_path / 'config.py'
    config.write_text(f"_base_ = '{ROOT}/configs/d3d_custom.py'\nunused = 1\n")
    with pytest.raises(InputError, match='--cfg-options unused: found what no setting is made of'):
        load(config, unused=2)
    assert load(config, unused=1).unused == 1  # as it is
    for other in (dict(num_classes=5), {'train_cfg.max_epochs': 5}):  # which do change something
        with pytest.raises(InputError, match='--cfg-options unused: found what no setting'):
            load(config, unused=2, **other)


@pytest.mark.parametrize('key', ['launcher', 'work_dir'])
def test_what_a_flag_decides_is_refused_as_an_option(key):
    with pytest.raises(InputError,
                       match=f'--cfg-options {key}: found what a flag says, want --.* x'):
        load('d3d_quickstart', **{key: 'x'})


@pytest.mark.parametrize('options', [{'train_dataloader.dataset.pipeline.0': 7},
                                     {'param_scheduler.9.end': 7}, {'model': 7, 'model.type': 'x'}])
def test_a_value_that_does_not_fit_what_is_there_is_refused(options):
    with pytest.raises(InputError, match='--cfg-options .*want values that fit'):
        load('d3d_quickstart', **options)


@pytest.mark.parametrize('options', [{'max_epochs': 10}, {'train_cfg.max_epochs': 10}])
def test_the_rate_falls_by_the_end_of_a_shorter_training(options):
    cfg = load('d3d_custom', **options)
    assert [scheduler.get('end') for scheduler in cfg.param_scheduler] == [5, 10]
    assert cfg.param_scheduler[1].begin == 5


def test_a_warm_up_takes_at_most_half():
    cfg = load('d3d_custom', **{'train_cfg.max_epochs': 4})
    assert [(scheduler.get('begin', 0), scheduler.end)
            for scheduler in cfg.param_scheduler] == [(0, 2), (2, 4)]
    for scheduler in cfg.param_scheduler:
        assert scheduler.type in PARAM_SCHEDULERS


@pytest.mark.parametrize('length', ['abc', 1.5, None])
def test_a_length_that_is_no_number_is_left_to_the_checks(length):
    assert load('d3d_custom', **{'train_cfg.max_epochs': length}).train_cfg.max_epochs == length


def test_a_schedule_that_is_named_stays():
    cfg = load('d3d_custom', **{'train_cfg.max_epochs': 10, 'param_scheduler.1.end': 30})
    assert cfg.param_scheduler[1].end == 30


def test_a_schedule_beyond_the_training_stays(tmp_path):
    config = tmp_path / 'config.py'
    config.write_text(f"_base_ = '{ROOT}/configs/d3d_custom.py'\ntrain_cfg = dict(max_epochs=1)\n")
    cfg = load(config, **{'train_cfg.max_epochs': 2})
    assert [(scheduler.get('begin', 0), scheduler.end)
            for scheduler in cfg.param_scheduler] == [(0, 5), (5, 90)]


def test_a_schedule_by_iterations_stays_in_a_training_by_epochs():
    cfg = load('d3d_quickstart', **{'train_cfg.max_epochs': 8})
    assert (cfg.param_scheduler[0].end, cfg.param_scheduler[1].end) == (30, 8)
