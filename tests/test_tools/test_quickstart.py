"""The main job on a handful of clips."""
import json
import re

import pytest
from running import run_tool

from mmaction_d3d.evaluation.modality_check import SHORT

SMALL = [
    '--num-train=24', '--num-val=8', '--num-test=8', '--cfg-options', 'train_cfg.max_epochs=1',
    'param_scheduler.1.end=1', 'model.backbone.backbone.base_channels=4',
    'model.cls_head.in_channels=16', 'model.backbone.num_blocks=1'
]


@pytest.fixture
def call(monkeypatch, tmp_path):

    def run(*arguments):
        monkeypatch.setenv('MMACTION_D3D_DATA', '')
        assert run_tool('tools/quickstart.py', f'--data-root={tmp_path / "data"}',
                        f'--work-dir={tmp_path / "work"}', *SMALL, *arguments) == 0
        return json.loads((tmp_path / 'work' / 'results.json').read_text())

    return run


def test_it_generates_trains_tests_and_explains_and_a_second_run_only_tests(call, tmp_path, capfd):
    result = call()
    assert result['num_test'] == 8 and sum(map(sum, result['confusion'])) == 8
    assert result['top1'] == sum(row[i] for i, row in enumerate(result['confusion'])) / 8
    low, high = result['interval']
    assert 0 <= low <= result['top1'] <= high <= 1
    (block, ) = result['offsets']
    assert len(block['deviation']) == 3 and 0 <= block['saturated'] <= 1
    assert result['caps'] == dict(skeleton=0.5, rgb=0.5, single_frame=0.25)
    assert {'skeleton_baseline', 'single_frame_baseline'} <= set(result)
    assert [row['condition'] for row in result['modalities']] == list(SHORT)
    assert result['modalities'][0]['top1'] == result['top1']
    for name in ('attention.png', 'confusion.png', 'clips.npz'):
        assert (tmp_path / 'work' / name).stat().st_size > 2_000
    text = ''.join(capfd.readouterr())
    assert 'token search of block 0       deviation x ' in text
    assert 'cap of frames alone            0.500' in text
    assert re.search(r'skeletons of other clips +[01]\.\d{3}   95 % interval', text)
    assert f'next: python tools/report.py {tmp_path / "work"}\n' in text
    assert 'a grid of 6 x 6 x 6 tokens' in text and 'Epoch(train)' in text

    again = call()
    assert 'Epoch(train)' not in ''.join(capfd.readouterr())
    assert again['confusion'] == result['confusion']
