"""The narrow model learns four clips by heart; the full one by docs/training_health.md."""
import json
from pathlib import Path

from mmengine.config import Config

from mmaction_d3d.datasets.synthetic import generate
from mmaction_d3d.engine import DATA_VARIABLE, build_runner

CONFIG = Path(__file__).parents[2] / 'configs' / 'overfit' / 'd3d_overfit_narrow.py'


def test_four_clips_are_learnt_by_heart(tmp_path, monkeypatch):
    generate(tmp_path / 'data', difficulty='easy', num_train=4, num_val=1, num_test=1)
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / 'data'))
    cfg = Config.fromfile(CONFIG)
    cfg.work_dir = str(tmp_path / 'work')
    cfg.launcher = 'none'
    runner = build_runner(cfg)
    runner.train()
    (log, ) = Path(cfg.work_dir).glob('*/vis_data/scalars.json')
    steps = [step for step in map(json.loads, log.read_text().splitlines()) if 'loss' in step]
    assert steps[0]['loss'] > 1.5 and steps[-1]['loss'] < 0.1
    assert runner.test()['acc/top1'] == 1
    assert all(step[f'grad/{part}'] > 0 for step in steps
               for part in ('backbone', 'pose_tokens', 'rgb_tokens', 'modal_tokens', 'deformable',
                            'joint', 'temporal'))
    assert steps[-1]['offset_std/block0_x'] > steps[0]['offset_std/block0_x'] == 0
