"""What users put into configs, in one short training: it works, and says what it leaves out."""
import copy
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from running import ROOT, run_tool

from mmaction_d3d.engine import build_runner, check_config, load_config
from mmaction_d3d.errors import InputError

CONFIG = """
_base_ = '{root}/configs/d3d_quickstart.py'
loader = dict(num_workers=0, persistent_workers=False)
num_person = 1
several = dict(num_classes=8, multi_class=True)
model = dict(cls_head=dict(
    multi_class=True, average_clips=None, loss_cls=dict(type='BCELossWithLogits')))
train_dataloader = dict(
    _delete_=True, batch_size=2, sampler=dict(type='DefaultSampler', shuffle=True), **loader,
    dataset=dict(type='ClassBalancedDataset', oversample_thr=0.5,
                 dataset=dict(**{{**_base_.train_dataloader.dataset, **several}})))
test_pipeline = [
    dict(type='AlignedSampleFrames', clip_len=12, num_clips=2, test_mode=True),
    *_base_.test_pipeline[1:]]
val_dataloader = dict(dataset=dict(split='test', pipeline=test_pipeline, **several), **loader)
val_evaluator = dict(type='AccMetric', metric_list=('mmit_mean_average_precision', ))
test_dataloader, test_evaluator = val_dataloader, val_evaluator
optim_wrapper = dict(optimizer=dict(_delete_=True, type='SGD', lr=0.01))
train_cfg = dict(max_epochs=1)
default_hooks = dict(checkpoint=dict(save_best=None), visualization=dict(enable=False))
visualizer = dict(vis_backends=[dict(type='LocalVisBackend'), dict(type='WandbVisBackend')])
"""


@pytest.fixture
def config(tmp_path, rgb_pose_data):
    """Read :data:`CONFIG`, on small videos of two labels each."""
    data = rgb_pose_data(num_videos=4, num_frames=12, size=(64, 64))
    for annotation in data.annotations:
        annotation['label'] = [annotation['label'], 7]
    data.save()
    (tmp_path / 'c.py').write_text(CONFIG.format(root=ROOT))
    return load_config(
        Namespace(config=str(tmp_path / 'c.py'), data_root=str(data.root), cfg_options=None,
                  launcher='none', work_dir=str(tmp_path / 'w'), local_rank=0))


def test_labels_wrappers_optimizers_and_metrics_of_users(config, monkeypatch, capfd):
    monkeypatch.setattr('mmengine.config.config.FormatCode', lambda text, **style: (text, True))
    given = copy.deepcopy(config._cfg_dict)
    runner = build_runner(config)
    assert config._cfg_dict == given != runner.cfg._cfg_dict
    runner.train()
    value = runner.message_hub.get_scalar('val/acc/mmit_mean_average_precision').current()
    assert 0 < value <= 1
    dataset = runner.train_dataloader.dataset
    assert {label for index in range(2) for label in dataset.get_cat_ids(index)} == {0, 1, 7}
    text = ''.join(path.read_text() for path in Path(runner.log_dir).glob('*.log'))
    assert 'WandbVisBackend is left out' in text and 'pip install wandb' in text
    # What runs to pages is in the file alone; the terminal has about a dozen lines before training.
    start = capfd.readouterr().out.partition('Epoch(train)')[0].splitlines()
    assert 3 <= len(start) <= 15 and any(str(runner.log_dir) in line for line in start)
    assert text.count('paramwise_options') > 50 and text.count('\n') > 300
    meta = torch.load(Path(runner.work_dir, 'last.pth'))['meta']
    assert meta['trained_on'] == f'{Path(config.data_root).name}/annotations.pkl, 2 clips'
    where = ['--data-root', config.data_root, '--work-dir', runner.work_dir]
    dump, model = Path(runner.work_dir, 'x.pkl'), (config.filename, f'{runner.work_dir}/last.pth')
    assert run_tool('tools/test.py', *model, *where, '--dump', dump) == 0
    said = ''.join(capfd.readouterr())
    assert f'{dump.with_suffix(".npz")}: not written, as clips have several labels' in said
    assert dump.is_file() and not dump.with_suffix('.npz').exists()
    assert said.splitlines()[-1].startswith('next: python tools/visualize.py attention')
    assert run_tool('tools/visualize.py', 'attention', *model, *where) == 2
    assert ': gt_label: found several labels, want one label' in capfd.readouterr().err


def test_data_sets_of_other_numbers_of_people_are_not_joined(config):
    other = dict(config.val_dataloader.dataset, num_person=2)
    config.train_dataloader.dataset = dict(type='ConcatDataset',
                                           datasets=[config.val_dataloader.dataset, other])
    with pytest.raises(InputError, match=r'num_person: found 1, want 2, to match .*datasets\[1\]'):
        check_config(config)
