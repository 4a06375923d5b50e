"""Every tool in bfloat16 and float16: train, validate, resume, test, dump, draw, recognise."""
import json
import pickle
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from running import ROOT, run_tool

from mmaction_d3d.inference import D3DInferencer
from mmaction_d3d.models.backbones import D3DTransformer

CONFIG = """
_base_ = '{base}'
val_dataloader = dict(
    _base_.test_dataloader, _delete_=True, num_workers=0, persistent_workers=False)
val_evaluator = dict(_base_.test_evaluator, _delete_=True)
val_cfg = dict(_delete_=True, type='AmpValLoop', dtype='{dtype}')
test_cfg = dict(type='AmpTestLoop', dtype='{dtype}')
optim_wrapper = dict(dtype='{dtype}', loss_scale=128.)
serial = dict(num_workers=0, persistent_workers=False)
train_dataloader = dict(batch_size=1, **serial)
test_dataloader = serial
train_cfg = dict(max_epochs=1)
model = dict(backbone=dict(backbone=dict(base_channels=4), num_blocks=1),
             cls_head=dict(in_channels=16))
default_hooks = dict(explanation=dict(interval=2), logger=dict(interval=1),
                     checkpoint=dict(interval=1))
custom_hooks = [dict(type='TrainingHealthHook', interval=1)]
"""
OPTIONS = dict(attention=['--frames', '0'], faithfulness=['--shares', '0.5', '--delete', 'joints'])
HALF = [torch.bfloat16, torch.float16]
needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason='tools take the GPU')
MACHINES = [
    pytest.param((device, dtype), marks=mark, id=f'{device}-{dtype}')
    for device, mark in (('cpu', needs_no_gpu), ('cuda', pytest.mark.gpu)) for dtype in HALF
]


@dataclass
class Run:
    """A training of two clips for one epoch, in half precision.

    Attributes:
        device, dtype: Where, and in which type.
        args: The config, and flags of any tool.
        work_dir, video, ann_file: Paths.
        seen: (whether in training, type of the features) of each forward pass.
    """
    device: str
    dtype: torch.dtype
    args: list
    work_dir: Path
    video: str
    ann_file: str
    seen: list

    @property
    def checkpoint(self):
        return self.work_dir / 'epoch_1.pth'

    def tool(self, name, *before, after=()):
        """Runs a tool on the checkpoint, where arguments stand before it or after all others."""
        config, *args = self.args
        checkpoint = () if name == 'train.py' else (self.checkpoint, )
        assert run_tool(f'tools/{name}', *before, config, *checkpoint, *args, *after) == 0


@contextmanager
def watched():
    """A list that gets (whether in training, type of the features) of each forward pass."""
    seen, forward = [], D3DTransformer.forward

    def watch(self, *args, **kwargs):
        features = forward(self, *args, **kwargs)
        device = next(self.parameters()).device.type
        seen.append((self.training, torch.get_autocast_dtype(device)
                     if torch.is_autocast_enabled(device) else torch.float32))
        return features

    with mock.patch.object(D3DTransformer, 'forward', watch):
        yield seen


@pytest.fixture(scope='module', params=MACHINES)
def run(request, rgb_pose_data, tmp_path_factory):
    device, dtype = request.param
    folder = tmp_path_factory.mktemp('half')
    data = rgb_pose_data(num_videos=4, num_frames=8, num_person=2)
    data.ann_file.rename(data.root / 'set1_movenet.pkl')
    config = folder / 'half.py'
    config.write_text(
        CONFIG.format(base=ROOT / 'configs' / 'd3d_ut_interaction.py',
                      dtype=str(dtype).removeprefix('torch.')))
    args = [config, '--data-root', data.root, '--work-dir', folder / 'work']
    with watched() as seen:
        assert run_tool('tools/train.py', *args) == 0
    return Run(device, dtype, args, folder / 'work', str(data.video_dir / 'clip2.mp4'),
               str(data.root / 'set1_movenet.pkl'), seen)


def logged(run):
    file, = run.work_dir.rglob('vis_data/scalars.json')
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_training_and_validation_compute_in_half_precision(run):
    # Between them the explanation hook looks, in float32.
    training = [dtype for training, dtype in run.seen if training]
    assert training == [run.dtype] * 2
    assert run.seen[-1] == (False, run.dtype)


def test_logs_are_of_finite_numbers(run):
    first, second, validation = logged(run)
    for line in (first, second):
        assert all(np.isfinite(value) for value in line.values())
        assert any(key.startswith('grad/') and value > 0 for key, value in line.items())
        assert any(key.startswith('offset_std/') for key in line)
    assert 0 <= validation['acc/top1'] <= 1


def test_pictures_of_the_training_are_there(run):
    assert {path.name.rpartition('_')[0]
            for path in run.work_dir.rglob('vis_image/*')} >= {'attention', 'joints', 'offsets'}


def test_weights_are_float32_and_trained(run):
    saved = torch.load(run.checkpoint, weights_only=True)
    assert {value.dtype for value in saved['state_dict'].values()
            if value.is_floating_point()} == {torch.float32}
    assert saved['optimizer']['loss_scaler']['scale'] == 128
    steps = {float(state['step']) for state in saved['optimizer']['state'].values()}
    assert steps == {2.}  # none was skipped for an overflow


def test_resumes(run, tmp_path):
    options = ['train_cfg.max_epochs=2', 'default_hooks.explanation.interval=0']
    with watched() as seen:
        run.tool(
            'train.py', after=[
                '--cfg-options', *options, '--resume', run.checkpoint, '--no-validate',
                '--work-dir', tmp_path
            ])
    assert [dtype for training, dtype in seen if training] == [run.dtype] * 2
    assert torch.load(tmp_path / 'epoch_2.pth', weights_only=True)['meta']['epoch'] == 2


def test_test_computes_in_half_precision_and_dumps(run, tmp_path):
    with watched() as seen:
        run.tool('test.py', after=['--dump', tmp_path / 'clips.pkl', '--work-dir', tmp_path])
    assert seen == [(False, run.dtype)] * len(seen) and seen
    with np.load(tmp_path / 'clips.npz', allow_pickle=False) as clips:
        assert clips['score'].dtype == clips['feature'].dtype == np.float32
        scores = clips['score']
    predictions = pickle.loads((tmp_path / 'clips.pkl').read_bytes())
    assert np.array_equal(scores, [clip['pred_score'].numpy() for clip in predictions])


def test_test_loop_in_float32(run, tmp_path):
    with watched() as seen:
        run.tool('test.py',
                 after=['--work-dir', tmp_path, '--cfg-options', 'test_cfg.dtype=float32'])
    assert seen == [(False, torch.float32)] * len(seen) and seen


@pytest.mark.parametrize('command', ['attention', 'joints', 'offsets', 'faithfulness'])
def test_visualize_draws_under_autocast(run, command, tmp_path):
    out = ['--count', '1', '--out-dir', tmp_path / 'drawn']
    with torch.autocast(run.device, run.dtype), watched() as seen:
        run.tool('visualize.py', command, after=[*OPTIONS.get(command, ()), *out])
    assert {dtype for _, dtype in seen} == {run.dtype}
    assert any((tmp_path / 'drawn').iterdir())


def test_inferencer_recognises_and_draws_under_autocast(run, tmp_path):
    saved = next(run.work_dir.glob('half.py'))
    inferencer = D3DInferencer(str(saved), str(run.checkpoint), skeletons=run.ann_file,
                               show_progress=False)
    exact, = inferencer(run.video)['predictions']
    with torch.autocast(run.device, run.dtype), watched() as seen:
        answer = inferencer(run.video, out_dir=str(tmp_path))
    assert {dtype for _, dtype in seen} == {run.dtype}
    assert answer['visualization'] == [str(tmp_path / 'clip2.mp4')]
    assert (tmp_path / 'clip2.json').exists()
    assert 'error' not in answer['predictions'][0]
    assert answer['predictions'][0].keys() == exact.keys() | {'video'}
