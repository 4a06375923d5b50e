"""Writes the synthetic data set: videos/*.mp4, annotations.pkl and a stamp of the arguments."""
import contextlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

from ...errors import InputError
from ...files import held_alone, write_bytes
from ...media import FRAME_BY_FRAME, H264Writer
from ...parallel import map_in_order
from ...run_folder import check_stamp, write_stamp
from ..annotations import Content
from ..splits import write_annotations
from .clips import CLASSES, DIFFICULTIES, SPLITS, Clip, caps, clip_name
from .motions import MOTIONS
from .render import OBJECTS

VERSION = 2
"""Of what the generator draws; part of the stamp, so that old and new clips never mix."""
SOURCE = 'drawn clips (make_synthetic.py)'
"""What answers of a model that was trained on them say."""

_FPS = 16


def generate(out_dir: str | Path, seed: int = 0, difficulty: str = 'pair', num_train: int = 1200,
             num_val: int = 160, num_test: int = 240, size: int = 96, num_frames: int = 32,
             workers: int | None = None) -> Path:
    """Make the data set, or what an interrupted call left unmade; does nothing when complete.

    Class = motion of the hand x object in it. The skeleton says nothing of the object, a single
    frame nothing of the motion, and in a pair of people the frames nothing of who is meant, so
    their accuracies are capped: see `caps`, which the pickle holds, too. The same arguments give
    the same frames and keypoints, whatever `workers` is.

    Args:
        out_dir: folder to write to; new, or made by the same arguments.
        seed: >= 0.
        difficulty: 'pair', 'easy' or 'hard'.
        num_train: clips for training, >= 1.
        num_val: clips for validation, >= 1.
        num_test: clips for testing, >= 1.
        size: side of the square frames in pixels, even and >= 64.
        num_frames: frames in a clip, >= 1.
        workers: processes; None: one for each CPU this process may use.

    Returns:
        The annotation file, `out_dir/annotations.pkl`.

    Raises:
        InputError: a value out of range, or `out_dir` holds something else.
    """
    arguments = dict(version=VERSION, seed=seed, difficulty=difficulty, num_train=num_train,
                     num_val=num_val, num_test=num_test, size=size, num_frames=num_frames)
    _check(arguments)
    out_dir = Path(out_dir)
    ann_file = out_dir / 'annotations.pkl'
    if not _is_complete(out_dir, arguments):
        with _claim(out_dir, arguments):
            if not _is_complete(out_dir, arguments):  # another process may just have made it
                data = _make(out_dir, arguments, workers)
                write_annotations(ann_file, cast(Content, data))  # and what is this data set's
    return ann_file


def _check(arguments: dict[str, Any]) -> None:

    def want(name: str, good: bool, text: str) -> None:
        if not good:
            raise InputError('make_synthetic', name, arguments[name], text)

    want('difficulty', arguments['difficulty'] in DIFFICULTIES, ' or '.join(DIFFICULTIES))
    want('seed', arguments['seed'] >= 0, 'a number >= 0')
    want('size', arguments['size'] >= 64 and arguments['size'] % 2 == 0, 'an even number >= 64')
    for name in ('num_frames', *(f'num_{s}' for s in SPLITS)):
        want(name, arguments[name] >= 1, 'a number >= 1')


def _is_complete(out_dir: Path, arguments: dict[str, Any]) -> bool:
    """Has this folder been made by these arguments, and is all of it there?

    Raises:
        InputError: it was made by other arguments.
    """
    stamp = out_dir / 'stamp.json'
    if not stamp.exists():
        return False
    check_stamp(stamp, arguments, 'choose another --out or delete this folder')
    if not (out_dir / 'annotations.pkl').exists():
        return False
    videos = {path.stem for path in out_dir.glob('videos/*.mp4')}
    return videos.issuperset(clip_name(split, index) for split, index in _clips(arguments))


def _clips(arguments: dict[str, Any]) -> list[tuple[str, int]]:
    """(split, index) of every clip."""
    return [(split, index) for split in SPLITS for index in range(arguments[f'num_{split}'])]


@contextlib.contextmanager
def _claim(out_dir: Path, arguments: dict[str, Any]) -> Iterator[None]:
    """Lock and stamp a folder, made if need be; refuse one that holds something else."""
    if out_dir.exists() and not out_dir.is_dir():
        raise InputError(out_dir, 'folder', 'a file', 'a folder')
    names = {path.name for path in out_dir.iterdir()} if out_dir.exists() else set()
    if names and not names & {'.lock', 'stamp.json'}:
        raise InputError(out_dir, 'folder', 'files of something else',
                         'an empty or new folder: choose another --out')
    out_dir.mkdir(parents=True, exist_ok=True)
    with held_alone(out_dir / '.lock', wait=True):
        (out_dir / 'videos').mkdir(exist_ok=True)
        if not (out_dir / 'stamp.json').exists():
            write_stamp(out_dir / 'stamp.json', arguments)
        yield


def _make(out_dir: Path, arguments: dict[str, Any], workers: int | None) -> dict[str, Any]:
    """Make all clips that are not there; return the contents of the pickle."""
    jobs = [(out_dir / 'videos', arguments, *clip) for clip in _clips(arguments)]
    annotations = list(map_in_order(_make_clip, jobs, workers, 'synthetic clips'))
    split = {name: [clip_name(s, i) for s, i in _clips(arguments) if s == name] for name in SPLITS}
    return dict(split=split, annotations=annotations, layout='coco17', source=SOURCE,
                classes=list(CLASSES), motions=list(MOTIONS), objects=list(OBJECTS),
                caps=caps(arguments['difficulty']), arguments=arguments)


def _make_clip(job: tuple[Path, dict[str, Any], str, int]) -> dict[str, Any]:
    """Write a clip's video if it is not there; return its annotation."""
    folder, a, split, index = job
    # Drawn anew for the annotation also where the video is there already: it takes no time.
    clip = Clip(a['seed'], a['difficulty'], split, index, a[f'num_{split}'], a['size'],
                a['num_frames'])
    path = folder / clip.annotation['filename']
    if not path.exists():
        write_bytes(path, encode(clip.frames()))
    return clip.annotation


def encode(frames: Iterable[np.ndarray]) -> bytes:
    """T x H x W x 3 uint8 RGB frames -> bytes of an mp4 file.

    Every frame is a key frame at constant quality, so that the coding of one frame tells nothing
    of how the others differ from it.
    """
    out = io.BytesIO()
    with H264Writer(out, 'mp4', _FPS, FRAME_BY_FRAME) as writer:
        for frame in frames:
            writer.add(frame)
    return out.getvalue()
