"""What a training and a test wrote into a work directory."""
import csv
import json
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import InputError, content_of
from ..files import is_file, is_folder, without_suffix

_MOST_BYTES = 2**31  # of a dump once unpacked: more than a million clips of 400 classes


class TestedClips(NamedTuple):
    """What ``DumpClipsHook`` wrote, one entry a clip; see there."""
    name: np.ndarray
    source: np.ndarray
    frame_inds: np.ndarray
    label: np.ndarray
    score: np.ndarray
    feature: np.ndarray
    classes: np.ndarray


class Condition(NamedTuple):
    """A line of a modality check: top-1 on clips of which a part is taken away."""
    name: str
    clips: int
    top1: float
    interval: tuple[float, float]
    meaning: str


class Start(NamedTuple):
    """A start of training or test, from its log; what the log does not say is empty."""
    name: str
    command: str
    seed: str
    environment: str
    config: str


def read_run(folder: str, dump: str | None = None) -> tuple[TestedClips | None, list[dict]]:
    """Read the tested clips and the training of a run.

    Args:
        folder: Work directory.
        dump: File of ``DumpClipsHook``. Defaults to None, the newest below ``folder``.

    Returns:
        The clips, None where there is no such file, and the lines of :func:`read_scalars`.

    Raises:
        InputError: There is neither, or a file cannot be read.
    """
    root = Path(folder)
    if not is_folder(root):
        raise InputError(folder, 'WORK_DIR', 'no such folder', 'a work directory')
    if dump is None:
        dumps = sorted(root.rglob('*.npz'), key=lambda path: path.stat().st_mtime)
        dump = str(dumps[-1]) if dumps else None
    clips = None if dump is None else read_clips(dump)
    scalars = read_scalars(root)
    if clips is None and not scalars:
        raise InputError(folder, 'WORK_DIR', 'neither *.npz nor */vis_data/scalars.json',
                         'what test.py --dump or train.py writes')
    return clips, scalars


def clips_file(dump: str) -> str:
    """Return the file beside a dump that can be read without running what it holds."""
    return f'{without_suffix(dump)}.npz'


def read_clips(path: str) -> TestedClips:
    """Read a file of ``DumpClipsHook``; code that it may hold is not run.

    Raises:
        InputError: It is none, or larger than 2 GiB once unpacked.
    """
    want = 'the .npz that test.py --dump writes beside its pickle'
    try:
        with zipfile.ZipFile(path) as parts:  # which reads no more than the sizes that it declares
            size = sum(part.file_size for part in parts.infolist())
        if size > _MOST_BYTES:
            raise ValueError(f'{size} bytes once unpacked, more than {_MOST_BYTES}')
        with np.load(path, allow_pickle=False) as file:
            clips = TestedClips(**{key: file[key] for key in TestedClips._fields})
    except FileNotFoundError as error:
        raise InputError(path, 'dump', 'no such file', want) from error
    except Exception as error:  # of any kind: zip files, headers and pickles go wrong in many ways
        raise InputError(path, 'dump', f'{type(error).__name__}: {error}', want) from error
    count = len(clips.label)
    if not count or any(len(values) != count for values in clips[:-1]):
        raise InputError(path, 'dump', f'{[len(values) for values in clips[:-1]]} values',
                         'as many of each, 1 or more')
    if clips.score.ndim != 2 or not 0 <= clips.label.min() <= clips.label.max() < len(
            clips.score[0]):
        raise InputError(path, 'label', f'{clips.label.min()} to {clips.label.max()}',
                         f'classes of the {clips.score.shape[-1]} scores')
    if clips.score.dtype.kind != 'f' or not np.isfinite(clips.score).all():
        raise InputError(path, 'score', 'nan, inf or no numbers', 'finite numbers')
    if len(clips.classes) not in (0, len(clips.score[0])):
        raise InputError(path, 'classes', f'{len(clips.classes)} names',
                         f'one for each of the {len(clips.score[0])} scores, or none')
    if clips.frame_inds.ndim != 2 or not clips.frame_inds.size:
        raise InputError(path, 'frame_inds', f'shape {clips.frame_inds.shape}', 'clips x frames')
    return clips


def read_scalars(root: Path) -> list[dict]:
    """Lines of all ``scalars.json`` of a work directory, in the order of the runs.

    Raises:
        InputError: A line is no JSON.
    """
    lines = []
    for path in sorted(root.glob('*/vis_data/scalars.json')):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            try:
                lines.append(json.loads(line))
            except ValueError as error:
                raise InputError(path, f'line {number}', error, 'JSON') from error
    return lines


def read_conditions(root: Path) -> list[Condition]:
    """Read the modality check of a work directory: its tool's CSV, else the quickstart's results.

    Returns:
        Empty where there is none.

    Raises:
        InputError: A file of that name holds something else.
    """
    table, results = root / 'modality_check.csv', root / 'results.json'
    if is_file(table):
        with content_of(table, 'content', 'what modality_check.py writes'):
            return [
                Condition(row['condition'], int(row['clips']), float(row['top1']),
                          (float(row['low']), float(row['high'])), row['meaning'])
                for row in csv.DictReader(table.read_text().splitlines())
            ]
    if not is_file(results):
        return []
    with content_of(results, 'modalities', 'what quickstart.py writes'):
        content = json.loads(results.read_text())
        return [
            Condition(str(row['condition']), int(content['num_test']), float(row['top1']),
                      (float(row['interval'][0]), float(row['interval'][1])),
                      str(row.get('meaning', ''))) for row in content.get('modalities', ())
        ]


_LOG_HEAD = 1_000_000  # bytes of a log that hold command and environment


def read_starts(root: Path) -> list[Start]:
    """Read what the logs of a work directory say of how it was made, in the order of the runs."""
    starts = []
    for log in sorted(root.glob('*/*.log')):
        with log.open('rb') as file:
            head = file.read(_LOG_HEAD).decode(errors='replace')
        config = log.parent / 'vis_data' / 'config.py'
        environment = _first(r'^(System environment:.*?)^-{9}', head).strip()
        starts.append(
            Start(log.parent.name, _first(r' - Command: (.*?)$', head),
                  _first(r'^ +seed: (.*?)$', head), environment,
                  config.read_text(errors='replace') if is_file(config) else ''))
    return starts


def _first(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.M | re.S)
    return match[1] if match else ''
