"""What feeds GPUs, and what a training takes on many: a measured loader, then arithmetic."""
import copy
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mmaction.registry import MODELS
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader, Dataset

from ..datasets.converters.reencode import reencode
from ..engine import read_config
from .pipelines import SIZES, SMALL, ours, sample
from .report import Row
from .timing import spread
from .videos import write_video

COLUMNS = dict(name='what', workers='workers', loader='clips/s of the loader',
               by_worker='clips/s of a worker', gpus='clips/s of the GPUs',
               all_reduce='all-reduce, share of a step', least='slower of the two, clips/s',
               hours='hours of the training')
_FRAMES, _CLIPS = 100, 24  # of the video; that a worker reads in a round
#: Clips of NTU RGB+D 120, cross-setup, that are trained on.
NTU120 = 54468


class Machine(NamedTuple):
    """GPUs of one kind.

    Attributes:
        name: Of the GPU.
        gpus: How many.
        rate: Clips/s of one in training.
        bus: Bytes/s between two of them, one way, nominal.
    """
    name: str
    gpus: int
    rate: float
    bus: float


_H100 = 41.7  # measured, see docs/gpu.md
#: V100: by nominal half-precision rates, 125 and 989 TFLOP/s.
MACHINES = (Machine('V100', 4, _H100 * 125 / 989, 150e9), Machine('H100', 8, _H100, 450e9))
FAST = Machine('GPU of 300 clips/s', 1, 300, 450e9)


class _Clips(Dataset):
    """The same clip, again and again, through a pipeline.

    Args:
        pipeline: What a worker does.
        clip: As a data set hands it to its pipeline.
        length: How often.
    """

    def __init__(self, pipeline: Callable, clip: dict[str, Any], length: int) -> None:
        self._pipeline, self._clip, self._length = pipeline, clip, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Any:
        return self._pipeline(copy.deepcopy(self._clip))


def _rate(pipeline: Callable, clip: dict[str, Any], workers: int) -> float:
    """Clips/s of workers, by the clock, from when each has read one."""
    loader = DataLoader(_Clips(pipeline, clip, (_CLIPS + 1) * workers), num_workers=workers,
                        collate_fn=pseudo_collate)
    begin, batches = 0., iter(loader)
    for number, _ in enumerate(batches, 1):
        if number == workers:
            begin = time.perf_counter()
    return _CLIPS * workers / (time.perf_counter() - begin)


def all_reduce_seconds(parameters: int, gpus: int, bus: float) -> float:
    """Time to sum float32 gradients over a ring, each GPU sending 2 (n - 1) / n of them."""
    return 2 * (gpus - 1) / gpus * 4 * parameters / bus


def _machine_row(machine: Machine, by_worker: float, workers: int, batch: int, parameters: int,
                 clips: float) -> Row:
    """Arithmetic: gradients are summed after a step, in the worst case with nothing beside it."""
    step = batch / machine.rate
    reduce = all_reduce_seconds(parameters, machine.gpus, machine.bus)
    loader, gpus = by_worker * workers * machine.gpus, machine.gpus * batch / (step + reduce)
    least = min(loader, gpus)
    return dict(name=f'{machine.gpus} {machine.name}', workers=workers * machine.gpus,
                loader=loader, by_worker=by_worker, gpus=gpus, all_reduce=reduce / (step + reduce),
                least=least, hours=clips / least / 3600)


def measure(config: str, repeats: int, counts: Sequence[int] = (),
            size: tuple[int, int] = SIZES[0]) -> list[Row]:
    """Measure the loader by its workers, and reckon trainings on NTU RGB+D 120 from it.

    Args:
        config: Its training pipeline reads a video as the prepare tools write it.
        repeats: Rounds.
        counts: Numbers of workers. Defaults to none: 1, and as many as there are CPUs.
        size: Height and width of the video before it is written anew.

    Returns:
        Rows of :data:`COLUMNS`.
    """
    cfg = read_config(config)
    pipeline, people, joints = ours(config)
    counts = counts or sorted({1, len(os.sched_getaffinity(0))})
    rates: dict[int, list[float]] = {count: [] for count in counts}
    with tempfile.TemporaryDirectory() as folder:
        raw, small = (str(Path(folder, name)) for name in ('raw.mp4', 'small.mp4'))
        write_video(raw, _FRAMES, size)
        reencode((raw, small, SMALL))
        clip = sample(small, _FRAMES, people, joints)
        for _ in range(repeats):
            for count in counts:
                rates[count].append(_rate(pipeline, clip, count))
    rows: list[Row] = [
        dict(name='loader, measured', workers=count, **spread('loader', rates[count]),
             by_worker=spread('', rates[count])[''] / count) for count in counts
    ]
    by_worker = rows[-1]['by_worker']  # with all CPUs at work
    parameters = sum(p.numel() for p in MODELS.build(cfg.model).parameters())
    batch, clips = cfg.train_dataloader.batch_size, cfg.train_cfg.max_epochs * NTU120
    rows.append(_machine_row(FAST, by_worker, 16, batch, parameters, clips))
    workers = cfg.train_dataloader.num_workers
    rows += [
        _machine_row(machine, by_worker, workers, batch, parameters, clips) for machine in MACHINES
    ]
    return rows
