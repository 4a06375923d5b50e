"""The tools as a user calls them, on generated clips: train, test, resume, distribute, infer."""
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from mmengine.runner.checkpoint import CheckpointLoader

from ..bundled import ROOT
from .checks import CheckFailed, Outcome, check
from .context import Context

_LIMIT = 120  # seconds of one tool
# Warnings of distributed training that cost time; reported, since the run itself is right.
_UNWANTED = ('Grad strides do not match bucket view strides', 'find_unused_parameters=True was')


def start(context: Context, name: str, *command: object) -> tuple[subprocess.Popen, Path]:
    """Start a tool whose output goes to ``NAME.log``; return the process and that file."""
    log = context.runs / f'{name}.log'
    env = dict(os.environ, PYTHON=sys.executable, PYTHONUNBUFFERED='1',
               PYTHONPATH=os.pathsep.join(filter(None, (str(ROOT), os.environ.get('PYTHONPATH')))))
    if context.device == 'cpu':
        env['CUDA_VISIBLE_DEVICES'] = ''
    with socket.socket() as free, log.open('wb') as file:
        free.bind(('127.0.0.1', 0))
        env['PORT'] = str(free.getsockname()[1])
        process = subprocess.Popen([*map(str, command)], env=env, stdout=file,
                                   stderr=subprocess.STDOUT, start_new_session=True)
    return process, log


def finish(process: subprocess.Popen, log: Path) -> str:
    """Wait for a tool; return what it printed.

    Raises:
        CheckFailed: It failed or took too long.
    """
    try:
        code = process.wait(_LIMIT)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)  # torchrun's children, too
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise CheckFailed(f'not done after {_LIMIT} s: see {log}') from error
        raise
    text = log.read_text(errors='replace')
    if code:
        lines = [line for line in text.splitlines() if line.strip()]
        raise CheckFailed(f'exit code {code}: {lines[-1].strip() if lines else "no output"} '
                          f'(see {log})')
    return text


def train_command(context: Context, work_dir: str, *more: object) -> tuple[object, ...]:
    """Command of one epoch of training."""
    return (sys.executable, ROOT / 'tools' / 'train.py', *_arguments(context, work_dir), *more)


def _arguments(context: Context, work_dir: str) -> tuple[object, ...]:
    return (context.config, '--data-root', context.data_root, '--work-dir', context.runs / work_dir)


def load(path: str | Path) -> dict[str, Any]:
    """Return a checkpoint on the CPU.

    Raises:
        CheckFailed: It is not there.
    """
    if not Path(path).is_file():
        raise CheckFailed(f'no checkpoint {path}')
    return CheckpointLoader.load_checkpoint(str(path), map_location='cpu')


def _finite(checkpoint: dict[str, Any]) -> dict[str, Any]:
    wrong = [
        name for name, value in checkpoint['state_dict'].items()
        if value.is_floating_point() and not torch.isfinite(value).all()
    ]
    if wrong:
        raise CheckFailed(f'{wrong[0]} is not finite after training')
    return checkpoint


@check('train')
def check_train(context: Context) -> Outcome:
    """tools/train.py, one epoch in the precision that the config chooses."""
    finish(*start(context, 'train', *train_command(context, 'train')))
    checkpoint = _finite(load(context.runs / 'train' / 'epoch_1.pth'))
    return f'{checkpoint["meta"]["iter"]} steps', {}


@check('test', needs=('train', ))
def check_test(context: Context) -> Outcome:
    """tools/test.py of that checkpoint: one prediction a clip."""
    dump = context.runs / 'predictions.pkl'
    finish(*start(context, 'test', sys.executable, ROOT / 'tools' /
                  'test.py', context.config, context.runs / 'train' / 'epoch_1.pth',
                  *_arguments(context, 'test')[1:], '--dump', dump))
    # Written just now, by this project.
    predictions = pickle.loads(dump.read_bytes())  # nosec B301
    if len(predictions) != 8:
        raise CheckFailed(f'{len(predictions)} predictions of 8 clips')
    return '8 clips', {}


@check('resume', needs=('train', ))
def check_resume(context: Context) -> Outcome:
    """tools/train.py --resume goes on from the first epoch to the second."""
    first = context.runs / 'train' / 'epoch_1.pth'
    text = finish(*start(
        context, 'resume',
        *train_command(context, 'resume', '--resume', first, '--cfg-options',
                       'train_cfg.max_epochs=2')))
    steps = load(first)['meta']['iter']
    went_to = _finite(load(context.runs / 'resume' / 'epoch_2.pth'))['meta']['iter']
    if went_to != 2 * steps or 'Epoch(train) [1]' in text:
        raise CheckFailed(f'{went_to} steps after two epochs of {steps}')
    return f'went on from step {steps} to {went_to}', {}


@check('dist_train')
def check_dist_train(context: Context) -> Outcome:
    """tools/dist_train.sh CONFIG 1, over nccl on a GPU and gloo on a CPU."""
    text = finish(*start(context, 'dist_train', ROOT / 'tools' / 'dist_train.sh', context.config, 1,
                         *_arguments(context, 'dist_train')[1:]))
    _finite(load(context.runs / 'dist_train' / 'epoch_1.pth'))
    for warning in _UNWANTED:
        if warning in text:
            raise CheckFailed(f'distributed training warns: {warning}')
    return f'one process over {"nccl" if context.device == "cuda" else "gloo"}, no warnings', {}


@check('infer', needs=('train', 'PyAV'))
def check_infer(context: Context) -> Outcome:
    """tools/infer.py on one generated video, with skeletons and the annotated video."""
    video = sorted((context.data_root / 'videos').glob('test*.mp4'))[0]
    out = context.runs / 'infer'
    finish(*start(context, 'infer', sys.executable, ROOT / 'tools' /
                  'infer.py', video, '--config', context.config, '--checkpoint', context.runs /
                  'train' / 'epoch_1.pth', '--skeletons', context.data_root /
                  'annotations.pkl', '--out', out, '--device', context.device))
    written = sorted(out.glob('*.json'))
    if not written or not sorted(out.glob('*.mp4')):
        raise CheckFailed(f'no JSON or no video in {out}')
    if 'error' in json.loads(written[0].read_text()):
        raise CheckFailed(f'an error in {written[0]}')
    return 'JSON and annotated video', {}


@check('deterministic')
def check_deterministic(context: Context) -> Outcome:
    """Two trainings with --deterministic side by side give the same bits."""
    names = ('deterministic_a', 'deterministic_b')
    _ = context.config, context.data_root  # made before both start
    runs = [
        start(context, name, *train_command(context, name, '--deterministic', '--seed', '0'))
        for name in names
    ]
    try:
        for run in runs:
            finish(*run)
    finally:
        for process, _ in runs:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    a, b = (_finite(load(context.runs / name / 'epoch_1.pth'))['state_dict'] for name in names)
    differ = [key for key, value in a.items() if not torch.equal(value, b[key])]
    if differ:
        raise CheckFailed(f'{len(differ)} of {len(a)} tensors differ, first {differ[0]}')
    return f'{len(a)} tensors are bit-equal', {}
