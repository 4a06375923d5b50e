"""The comparison on ten drawn clips: one run is missing, and is done from video to page."""
import csv
import subprocess
import sys
from pathlib import Path

import pytest

from research.real_clips.queue import settings_of
from research.real_clips.records import Records

ROOT = Path(__file__).parents[2]
TINY = {
    'updates': 2, 'train_dataloader.batch_size': 5, 'train_cfg.max_epochs': 1,
    'param_scheduler.1.T_max': 1, 'model.backbone.backbone.base_channels': 2,
    'model.backbone.num_blocks': 1, 'model.cls_head.in_channels': 8
}


def test_a_missing_run_is_done_and_finished_ones_are_not(rgb_pose_data, tmp_path):
    data = rgb_pose_data(num_videos=10, num_frames=6, size=(40, 64), num_person=2)
    for number, clip in enumerate(data.annotations, start=1):
        name = f'set1_seq{number:02}_{number:02}_push'
        (data.video_dir / f'{clip["frame_dir"]}.mp4').rename(data.video_dir / f'{name}.mp4')
        clip['frame_dir'] = name
    data.content['split'] = {}
    data.ann_file = data.root / 'set1_movenet.pkl'
    data.save()
    results, page = tmp_path / 'runs.csv', tmp_path / 'page.md'
    page.write_text(''.join(f'<!-- {name} -->\n<!-- end {name} -->\n'
                            for name in ('accuracy', 'removal', 'missing')))
    settings = settings_of(ROOT, ['d3d'], TINY)
    for fold in (1, 2):
        Records(results).add(
            dict(config='d3d', fold=fold, seed=0, settings=settings['d3d'], top1=0.5, train_top1=1.,
                 val_top1=0.5, parameters=1, clips=[]))
    command = [
        sys.executable, 'tools/real_clips.py', f'--data-root={data.root}', '--models', 'd3d',
        '--seeds', '0', f'--work-dir={tmp_path / "work"}', f'--results={results}', f'--page={page}',
        '--cfg-options', *(f'{key}={value}' for key, value in TINY.items())
    ]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert out.returncode == 0, out.stdout + out.stderr
    assert '1 runs to do' in out.stdout
    row = Records(results).runs.get('d3d', 0, 0)
    assert (row['num_train'], row['num_val'], row['num_test'], row['updates']) == (5, 2, 3, 2)
    assert row['top1'] == pytest.approx(row['correct'] / 3, abs=1e-4)
    assert row['best_update'] == 2 and row['seconds'] > 0 and row['commit']
    with open(results.with_name('runs_clips.csv'), newline='') as file:
        clips = [
            clip for clip in csv.DictReader(file) if (clip['config'], clip['fold']) == ('d3d', '0')
        ]
    as_is = [clip for clip in clips if (clip['split'], clip['condition']) == ('test', 'as is')]
    assert sum(int(clip['right']) for clip in as_is) == row['correct']
    assert {clip['clip'][:10] for clip in as_is} == {f'set1_seq0{n}' for n in (1, 2, 3)}
    for clip in as_is:
        assert sum(map(float, clip['scores'].split())) == pytest.approx(1, abs=1e-3)
    assert {clip['condition'] for clip in clips} == {
        'as is', 'skeletons of other clips', 'no skeleton', 'blank RGB', 'RGB of other clips'
    }
    text = page.read_text()
    assert '| D3D |' in text and '| D3D | blank RGB |' in text
