"""Watches memory, file handles and threads over a long training and long inferences.

``make torture`` trains for 2,000 iterations, answers 2,000 videos and goes through an hour of video
window by window, with the smallest model; the curves are ``docs/images/leaks.png``, their slopes
``docs/results/leaks.csv``.
"""
import argparse
import csv
import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / 'tests')]

import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.hooks import Hook  # noqa: E402
from mmengine.runner import Runner  # noqa: E402

import mmaction_d3d  # noqa: E402
from mmaction_d3d import engine  # noqa: E402
from mmaction_d3d.engine.train_and_test import train  # noqa: E402
from mmaction_d3d.progress import track  # noqa: E402

POINTS = 100  # of a curve
FIELDS = 'memory in MiB', 'file handles', 'threads'
_WARM = 0.25  # of a curve, in which caches fill


def sample() -> tuple[float, int, int]:
    """Return this process's memory in MiB, open files and threads."""
    gc.collect()
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    handles = len(list(Path('/proc/self/fd').iterdir()))
    threads = len(list(Path('/proc/self/task').iterdir()))
    return pages * os.sysconf('SC_PAGE_SIZE') / 2**20, handles, threads


class Curve(list):
    """What :func:`sample` gave, every so often.

    Args:
        total: Steps that there will be.
    """

    def __init__(self, total: int) -> None:
        super().__init__()
        self.total, self._every = total, max(total // POINTS, 1)

    def step(self, done: int) -> None:
        """Count a step."""
        if done % self._every == 0:
            self.append((done, *sample()))


class _Watch(Hook):

    def __init__(self, curve: Curve) -> None:
        self._curve = curve

    def after_train_iter(self, runner: Runner, *_: object, **__: object) -> None:
        self._curve.step(runner.iter + 1)


def make_config(folder: Path, iterations: int) -> Config:
    """Return the config of the smallest training, whose six clips are written to the folder."""
    import torture
    parser = argparse.ArgumentParser()
    engine.add_shared_arguments(parser)
    argv = torture.arguments(torture.make_data(folder / 'data'), folder / 'work', 0)
    argv = [
        word for word in argv if word != '--resume' and not word.startswith('--seed')
        and word != '3' and not word.startswith('default_hooks.checkpoint.every_iters')
    ]
    cfg = engine.load_config(parser.parse_args(argv))
    # Three batches of two an epoch.
    cfg.train_cfg.update(max_epochs=-(-iterations // 3), val_interval=50)
    cfg.param_scheduler = []
    cfg.default_hooks.checkpoint.interval = 50
    cfg.log_level = 'ERROR'
    cfg.dump(folder / 'config.py')
    return cfg


def training(folder: Path, total: int) -> Curve:
    """Train; checkpoints and validations every 150 iterations."""
    curve = Curve(total)
    train(make_config(folder, total), [_Watch(curve)])
    return curve


def _model(folder: Path) -> Callable:
    weights = next((folder / 'work').glob('best*.pth'), None) or folder / 'work' / 'last.pth'
    return mmaction_d3d.load(weights, folder / 'config.py', device='cpu')


def _people(frames: int) -> dict[str, np.ndarray]:
    places = np.random.default_rng(0).uniform(8, 56, (1, frames, 17, 2)).astype(np.float32)
    return dict(keypoint=places, keypoint_score=np.ones((1, frames, 17), np.float32))


def inferences(folder: Path, total: int) -> Curve:
    """Answer one video after the other."""
    curve, model = Curve(total), _model(folder)
    videos = sorted((folder / 'data' / 'videos').iterdir())
    people = _people(8)
    for done in range(1, total + 1):
        model(str(videos[done % len(videos)]), people)
        curve.step(done)
    return curve


def _hour(path: Path, seconds: int) -> None:
    """Write a video at 8 frames a second."""
    import av
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=8, options=dict(preset='ultrafast'))
        stream.width, stream.height = 80, 64
        for number in range(8 * seconds):
            picture = np.full((64, 80, 3), number % 200, np.uint8)
            picture[number % 64] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format='rgb24')))
        container.mux(stream.encode())


def windows(folder: Path, total: int) -> Curve:
    """Go through a video of so many seconds, a window of two each second."""
    curve, model = Curve(total), _model(folder)
    video = folder / f'{total}.mp4'
    _hour(video, total)
    done = 0
    inner = model._model.network.forward

    def forward(*args: object, **kwargs: object) -> object:
        nonlocal done
        done += 1
        curve.step(done)
        return inner(*args, **kwargs)

    model._model.network.forward = forward
    model(str(video), _people(8 * total), window=2., stride=1., batch_size=1)
    return curve


RUNS = dict(training=training, inferences=inferences, windows=windows)


def slopes(rows: np.ndarray) -> Iterator[tuple[str, float, float]]:
    """Yield, for each field, its growth over a whole curve, and the scatter about the line.

    By a line through all but the beginning.
    """
    rest = rows[int(len(rows) * _WARM):]
    for column, field in enumerate(FIELDS, 1):
        slope, start = np.polyfit(rest[:, 0], rest[:, column], 1)
        scatter = np.std(rest[:, column] - slope * rest[:, 0] - start)
        yield field, slope * rows[-1, 0], float(scatter)


def draw(curves: dict[str, np.ndarray], path: Path) -> None:
    """Draw the curves, a row for each field."""
    from matplotlib.figure import Figure
    figure = Figure(figsize=(9, 6), layout='constrained')
    axes = figure.subplots(len(FIELDS), len(curves), squeeze=False)
    titles = dict(training='training: iterations', inferences='inference: videos',
                  windows='sliding windows: seconds of video')
    for column, (name, rows) in enumerate(curves.items()):
        for row, field in enumerate(FIELDS):
            axis, values = axes[row, column], rows[:, row + 1]
            axis.plot(rows[:, 0], values, color='tab:blue')
            middle, reach = values.mean(), max(np.ptp(values), 0.1 * values.mean(), 2)
            axis.set_ylim(max(middle - reach, 0), middle + reach)
            axis.set_ylabel(field if column == 0 else '')
        axes[0, column].set_title(titles[name], fontsize='medium')
    figure.savefig(path, dpi=80)


def main() -> None:
    """Watch what is asked for, and write slopes and curves."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--iterations', type=int, default=2000)
    parser.add_argument('--inferences', type=int, default=2000)
    parser.add_argument('--seconds', type=int, default=3600, help='of video for sliding windows')
    parser.add_argument('--out', type=Path, default=ROOT / 'work_dirs' / 'torture',
                        help='folder of leaks_curves.npz, leaks.csv, leaks.png')
    parser.add_argument('--docs', action='store_true',
                        help='write table and picture where the documentation has them')
    args = parser.parse_args()
    tables, pictures = (ROOT / 'docs' / name if args.docs else args.out
                        for name in ('results', 'images'))
    torch.set_num_threads(1)
    totals = dict(training=args.iterations, inferences=args.inferences, windows=args.seconds)
    args.out.mkdir(parents=True, exist_ok=True)
    curves = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in track(RUNS, 'runs'):
            curves[name] = np.array(RUNS[name](Path(folder), totals[name]))
            np.savez(args.out / 'leaks_curves.npz', **curves)
            print(name, *(f'{field} {growth:+.2f}' for field, growth, _ in slopes(curves[name])),
                  flush=True)
    with (tables / 'leaks.csv').open('w', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(('run', 'steps', 'of', 'growth', 'scatter'))
        for name, rows in curves.items():
            for field, growth, scatter in slopes(rows):
                writer.writerow((name, totals[name], field, f'{growth:.2f}', f'{scatter:.2f}'))
    draw(curves, pictures / 'leaks.png')


if __name__ == '__main__':
    main()
