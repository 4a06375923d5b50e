"""Our model in MMAction2's own train.py, as its wheel ships it."""
import os
import subprocess
import sys
from pathlib import Path

import mmaction
import pytest

ROOT = Path(__file__).parents[2]
TRAIN = Path(mmaction.__file__).parent / '.mim' / 'tools' / 'train.py'


@pytest.fixture
def drop_in_args(rgb_pose_data, work_dir):
    """Arguments that put a drop-in config on two small clips, after the config's name."""
    data = rgb_pose_data(num_videos=2, num_frames=12, num_person=2)
    data.content['split'] = dict(xsub_train=['clip0'], xsub_val=['clip1'])
    data.save()
    options = [
        f'{loader}_dataloader.{option}' for loader in ('train', 'val')
        for option in ('num_workers=0', 'persistent_workers=False',
                       f'dataset.ann_file={data.ann_file}',
                       f'dataset.data_prefix.video={data.video_dir}')
    ]
    return [
        '--work-dir', work_dir, '--cfg-options', *options, 'train_cfg.max_epochs=1',
        'model.backbone.backbone.base_channels=4', 'model.backbone.num_blocks=1',
        'model.cls_head.in_channels=16'
    ]


def test_pipeline_of_mmaction_trains_our_model(drop_in_args, work_dir):
    # In a process of its own: nothing but custom_imports may bring the model.
    ended = subprocess.run(
        [sys.executable, TRAIN, ROOT / 'configs/drop_in/d3d_mmaction_pipeline.py', *drop_in_args],
        env=dict(os.environ, PYTHONPATH=str(ROOT),
                 OMP_NUM_THREADS='1'), text=True, capture_output=True)
    assert ended.returncode == 0, ended.stderr
    assert 'Epoch(val) [1][1/1]    acc/top1' in ended.stdout
    # The one warning that RGB and pose frames were sampled apart.
    assert ended.stdout.count('not aligned') == 1


def test_aligned_pipeline_trains_our_model(run_script, drop_in_args):
    ended = run_script(TRAIN, ROOT / 'configs/drop_in/d3d_aligned_pipeline.py', *drop_in_args)
    assert (ended.code, 'Epoch(val) [1][1/1]    acc/top1' in ended.out) == (0, True)


@pytest.mark.parametrize('config, dtype', [('d3d_mmaction_pipeline.py', 'bfloat16'),
                                           ('d3d_aligned_pipeline.py', 'float16')])
def test_drop_in_configs_train_in_half_precision(run_script, drop_in_args, config, dtype):
    ended = run_script(TRAIN, ROOT / 'configs/drop_in' / config, *drop_in_args,
                       'optim_wrapper.type=AutoAmpOptimWrapper', f'optim_wrapper.dtype={dtype}')
    assert (ended.code, 'Epoch(val) [1][1/1]    acc/top1' in ended.out) == (0, True)


def test_our_config_trains_with_their_tool(run_script, ut_args, ut_data, work_dir, monkeypatch):
    monkeypatch.setenv('MMACTION_D3D_DATA', str(ut_data.root))
    config, *options = [*ut_args[:1], *ut_args[3:]]  # their train.py has no --data-root
    run_script(TRAIN, config, *options)
    assert (work_dir / 'epoch_1.pth').exists()
