"""Every config builds, trains a step, validates and tests on data laid out as it expects."""
from pathlib import Path

import pytest
from mmaction.registry import DATASETS, MODELS
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper

from mmaction_d3d.engine import DATA_VARIABLE, build_runner

FOLDER = Path(__file__).parents[1] / 'configs'
CONFIGS = sorted(path for pattern in ('*.py', 'letter/*.py', 'overfit/*.py')
                 for path in FOLDER.glob(pattern))
BENCHMARKS = [
    path for path in CONFIGS
    if path.stem.startswith(('d3d_finegym', 'd3d_ntu60', 'd3d_ntu120', 'd3d_pennaction'))
]
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def name_of(path):
    return str(path.relative_to(FOLDER).with_suffix(''))


every_config = pytest.mark.parametrize('path', CONFIGS, ids=name_of)


def names_of(split):
    return [split] if isinstance(split, str) else split


def make_data(cfg, rgb_pose_data):
    """Makes two clips where, and how, the config looks for its data; give the data's folder."""
    wanted = cfg.train_dataloader.dataset
    data = rgb_pose_data(num_videos=2, num_frames=4, num_person=wanted.num_person,
                         layout=wanted.layout)
    data.ann_file = data.root / Path(wanted.ann_file).name
    # The first clip is for training, the second for every other split of the config.
    splits = {
        split: ['clip1'] for loader in LOADERS if cfg[loader]
        for split in names_of(cfg[loader].dataset.split)
    }
    data.content['split'] = {**splits, wanted.split: ['clip0']}
    data.save()
    kind, folder = next(iter(wanted.data_prefix.items()))
    if kind == 'img':
        made = data.write_frame_folders(wanted.frame_tmpl)
    else:
        made = data.video_dir
        if 'filename_tmpl' in wanted:
            for clip in data.annotations:
                video = made / f'{clip["frame_dir"]}.mp4'
                video.rename(made / wanted.filename_tmpl.format(**clip))
    made.rename(data.root / Path(folder).name)
    return data.root


def shrink(cfg, work_dir):
    """Makes the model narrow and the run short; pipelines stay as they are."""
    base_channels, blocks = 2, 1
    cfg.merge_from_dict({
        'model.backbone.backbone.base_channels': base_channels,
        'model.backbone.num_blocks': blocks,
        'model.cls_head.in_channels': 4 * base_channels,
        'train_cfg.max_epochs': 1,
        'work_dir': str(work_dir),
    })
    for loader in LOADERS:
        if cfg[loader]:
            cfg[loader].update(num_workers=0, persistent_workers=False, batch_size=1)


@pytest.fixture(autouse=True)
def plain_config_text(monkeypatch):
    """Spares MMEngine's layout of the config that it logs and saves, five times a run."""
    monkeypatch.setattr('mmengine.config.config.FormatCode', lambda text, **style: (text, True))


@every_config
def test_config_trains_and_tests(path, rgb_pose_data, tmp_path, monkeypatch):
    root = make_data(Config.fromfile(path), rgb_pose_data)
    monkeypatch.setenv(DATA_VARIABLE, str(root))
    cfg = Config.fromfile(path)
    shrink(cfg, tmp_path / 'work')
    runner = build_runner(cfg)
    runner.train()
    assert 0 <= runner.test()['acc/top1'] <= 1


@every_config
def test_model_is_built_for_the_clips_that_it_gets(path, rgb_pose_data, monkeypatch):
    root = make_data(Config.fromfile(path), rgb_pose_data)
    monkeypatch.setenv(DATA_VARIABLE, str(root))
    cfg = Config.fromfile(path)
    inputs = DATASETS.build(cfg.train_dataloader.dataset)[0]['inputs']
    built_for = cfg.model.backbone
    assert (inputs['imgs'].shape[2:],
            inputs['keypoint'].shape[1:3]) == ((built_for.clip_len, built_for.img_size,
                                                built_for.img_size),
                                               (built_for.clip_len,
                                                built_for.num_person * built_for.num_joints))


def test_the_letter_differs_from_what_is_recommended_in_the_papers_words_alone():
    for path in CONFIGS:
        if path.parent.name == 'letter':
            letter, ours = (Config.fromfile(each).to_dict() for each in (path, FOLDER / path.name))
            assert letter['model']['backbone'].pop('layer') == dict(norm=False)
            assert letter['model']['backbone'].pop('block') == dict(joint=dict(wrap=False),
                                                                    temporal=dict(wrap=False))
            assert letter['model']['backbone'].pop('pose_tokens') == dict(
                embed='none', use_score=False)
            del letter['letter']
            crops = [cfg.pop('train_pipeline')[3]['type'] for cfg in (letter, ours)]
            assert crops == ['RandomCrop', 'PersonCrop' if 'ntu' in path.stem else 'RandomCrop']
            for cfg in (letter, ours):
                cfg['train_dataloader']['dataset']['pipeline'].pop(3)
            assert letter == ours


def test_weight_decay_spares_norms_biases_embeddings_and_tokens():
    cfg = Config.fromfile(CONFIGS[0])
    shrink(cfg, 'unused')
    model = MODELS.build(cfg.model)
    groups = build_optim_wrapper(model, cfg.optim_wrapper).param_groups
    decayed = {id(group['params'][0]) for group in groups if group['weight_decay']}
    spared = ('embed', 'modal_tokens', 'missing_token')
    assert {name for name, weight in model.named_parameters() if id(weight) in decayed} == {
        name for name, weight in model.named_parameters()
        if weight.ndim > 1 and not any(word in name for word in spared)
    }


@pytest.mark.parametrize('path', BENCHMARKS, ids=name_of)
def test_benchmark_settings_are_the_papers(path):
    cfg = Config.fromfile(path)
    optimizer, (warmup, cosine) = cfg.optim_wrapper.optimizer, cfg.param_scheduler
    assert (optimizer.type, cfg.train_cfg.max_epochs, cosine.type, cosine.end, warmup.end,
            cfg.clip_len, cfg.crop_size) == ('AdamW', 90, 'CosineAnnealingLR', 90, 5, 12, 224)
