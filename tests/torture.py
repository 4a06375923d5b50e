"""Kills trainings at random moments and compares their ends with that of one that was left alone.

``make torture`` kills 20, and 20 of two gloo processes; what is done is kept, and the command goes
on after a stop.
"""
import argparse
import contextlib
import json
import multiprocessing
import os
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / 'tests')]

from running import run_tool  # noqa: E402

import mmaction_d3d  # noqa: E402, F401

_STARTED = 'Checkpoints will be saved to'
EPOCHS = 3
# What depends on the clock, the folder or the commit, not on the training.
_OF_NO_RUN = ('time', 'memory', 'eta', 'cfg', 'experiment_name', 'ckpt', 'version')


def arguments(data_root: Path, work_dir: Path, workers: int) -> list[str]:
    """Return those of a small training with random frames, dropout and drop path."""
    options = [
        f'train_cfg.max_epochs={EPOCHS}', 'model.backbone.backbone.base_channels=2',
        'model.cls_head.in_channels=8', 'model.backbone.num_heads=1', 'model.cls_head.dropout=0.5',
        'model.backbone.drop_path=0.2', 'train_dataloader.batch_size=2',
        'default_hooks.logger.interval=1', 'default_hooks.checkpoint.every_iters=2'
    ]
    for split in ('train', 'val'):
        options += [
            f'{split}_dataloader.num_workers={workers}',
            f'{split}_dataloader.persistent_workers={workers > 0}'
        ]
    return [
        str(ROOT / 'configs' / 'd3d_quickstart.py'), '--seed', '3', '--resume', '--data-root',
        str(data_root), '--work-dir',
        str(work_dir), '--cfg-options', *options
    ]


class Training:
    """A training in processes of its own.

    Args:
        data_root: Folder of the data.
        work_dir: Its work folder.
        workers: That load the data, for each process.
        ranks: Processes; with more than one they talk over gloo.

    Attributes:
        code: Exit code of the first, once all have ended: negative for a signal.
        lines: What they printed.
        length: Seconds from its start, when all is built, to its end.
    """

    def __init__(self, data_root: Path, work_dir: Path, workers: int, ranks: int = 1) -> None:
        ours, theirs = os.pipe()
        argv = arguments(data_root, work_dir, workers)
        if ranks > 1:
            # The batch of all processes is that of one alone.
            argv += [f'train_dataloader.batch_size={2 // ranks}', '--launcher', 'pytorch']
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        fork = multiprocessing.get_context('fork')
        self._team = [
            fork.Process(
                target=self._run,
                args=(theirs, argv,
                      dict(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(ranks),
                           MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port)) if ranks > 1 else {}))
            for rank in range(ranks)
        ]
        for process in self._team:
            process.start()
        os.close(theirs)
        self.lines: list[str] = []
        self._started = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(ours, ), daemon=True)
        self._reader.start()

    @staticmethod
    def _run(output: int, argv: list[str], environment: dict[str, str]) -> None:
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.stdout, sys.stderr = (os.fdopen(number, 'w', buffering=1) for number in (1, 2))
        os.environ.update(environment)
        torch.set_num_threads(1)
        code = run_tool('tools/train.py', *argv)
        sys.stdout.flush()
        os._exit(code)

    def _read(self, output: int) -> None:
        with open(output, errors='replace') as file:
            for line in file:
                self.lines.append(line)
                if _STARTED in line:
                    self._started.set()
        self._started.set()

    def end(self, number: int | None = None, after: float | None = None,
            pause: float = 0.) -> 'Training':
        """Wait for its end, sending a signal so many seconds after its start if one is given.

        Args:
            number: The signal.
            after: Seconds.
            pause: Seconds between one process, by chance, and the others.
        """
        self._started.wait()
        start = time.monotonic()
        if number is not None:
            self._team[0].join(after)
            for process in random.sample(self._team, len(self._team)):
                if process.is_alive():
                    os.kill(process.pid, number)
                process.join(pause)
        for process in self._team:
            process.join()
        self.length, self.code = time.monotonic() - start, self._team[0].exitcode
        return self


def outcome(work_dir: Path) -> dict[str, Any]:
    """Return all of a finished training's results, so that equal ones are equal to the bit."""
    last = torch.load(work_dir / f'epoch_{EPOCHS}.pth', weights_only=True)
    best = {path.name: torch.load(path, weights_only=True) for path in work_dir.glob('best_*.pth')}
    lines = {}
    for path in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for line in path.read_text().splitlines():
            with contextlib.suppress(ValueError):  # of a process that was killed while it wrote
                row = _of_the_run(json.loads(line))
                lines['loss' in row, row['step']] = row
    return dict(
        {name: _plain(last[name]) for name in ('state_dict', 'optimizer', 'param_schedulers')},
        logs=_plain(_of_the_run(last['message_hub']['log_scalars'])),
        known=_plain(_of_the_run(last['message_hub']['runtime_info'])),
        best={name: _plain(content['state_dict']) for name, content in best.items()}, lines=lines,
        files=sorted(path.name for path in work_dir.glob('*.pth')))


def _of_the_run(values: Mapping) -> dict:
    return {
        key: value for key, value in values.items() if not any(word in key for word in _OF_NO_RUN)
    }


def _plain(value: Any) -> Any:
    """Return content that ``==`` compares by its bits."""
    if isinstance(value, torch.Tensor):
        return value.dtype, tuple(value.shape), value.numpy().tobytes()
    if isinstance(value, HistoryBuffer):
        return [part.tolist() for part in value.data]
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def differences(resumed: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Name the parts of two outcomes that differ."""
    return [name for name in wanted if resumed[name] != wanted[name]]


def kill_once(data_root: Path, folder: Path, trial: int, length: float,
              ranks: int = 1) -> tuple[float, list[str]]:
    """Kill a training at a random moment, go on, and return that moment and what differs.

    Other numbers of workers load the data before and after. Of several processes one, by chance,
    dies first.
    """
    rng = random.Random(trial)
    work_dir, wanted = folder / f'trial{trial}', outcome(folder / 'alone')
    training, share = None, 1.
    while training is None or training.code == 0:  # one that ended before it was killed
        for path in sorted(work_dir.rglob('*'), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        moment = rng.uniform(0, share * length)
        training = Training(data_root, work_dir, trial % 3,
                            ranks).end(signal.SIGKILL, moment, rng.uniform(0, 0.3))
        share *= 0.9
    assert training.code == -signal.SIGKILL or ranks > 1, training.lines
    resumed = Training(data_root, work_dir, (trial + 1) % 3, ranks).end()
    assert resumed.code == 0, resumed.lines
    return moment, differences(outcome(work_dir), wanted)


def make_data(root: Path) -> Path:
    """Write eight clips: six to train on, two to validate on."""
    from tests.conftest import RGBPoseData
    data = RGBPoseData(root, num_videos=8, num_frames=8, size=(64, 80), num_person=1,
                       layout='coco17')
    names = [annotation['frame_dir'] for annotation in data.content['annotations']]
    data.content['split'] = dict(train=names[:6], val=names[6:])
    data.save()
    return root


def kill_often(folder: Path, kills: int, ranks: int) -> dict[str, Any]:
    """Do the trials that are not done; return the results of all."""
    record = folder / 'results.json'
    if record.is_file():
        results = json.loads(record.read_text())
    else:
        make_data(folder / 'data')
        alone = Training(folder / 'data', folder / 'alone', 0, ranks).end()
        assert alone.code == 0, alone.lines
        results = dict(length=alone.length, trials={})
    for trial in range(kills):
        if str(trial) not in results['trials']:
            moment, differ = kill_once(folder / 'data', folder, trial, results['length'], ranks)
            results['trials'][str(trial)] = dict(killed_after=round(moment, 3), differs=differ)
            record.write_text(json.dumps(results, indent=1))
        done = results['trials'][str(trial)]
        print(
            f'{trial + 1}/{kills}: killed after {done["killed_after"]} s of '
            f'{results["length"]:.1f} s, differs in: {", ".join(done["differs"]) or "nothing"}',
            flush=True)
    return results


def main() -> None:
    """Do the trials, of one process and of several, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--folder', type=Path, default=ROOT / 'work_dirs' / 'torture')
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--ranks', type=int, nargs='+', default=(1, 2),
                        help='processes of a training')
    args = parser.parse_args()
    exact = True
    for ranks in args.ranks:
        folder = args.folder if ranks == 1 else args.folder / f'{ranks}_processes'
        trials = kill_often(folder, args.kills, ranks)['trials'].values()
        whole = sum(not trial['differs'] for trial in trials)
        print(f'{ranks} processes: {whole} of {len(trials)} ended bit-equal', flush=True)
        exact = exact and whole == len(trials)
    sys.exit(not exact)


if __name__ == '__main__':
    main()
