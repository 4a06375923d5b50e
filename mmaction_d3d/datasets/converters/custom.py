"""A folder per class, or a CSV of path, label and split, to annotations without skeletons."""
import csv
import hashlib
import os
import random
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ...drop_report import DropReport
from ...errors import InputError
from ...files import is_file, is_folder, without_suffix
from ...media import Media, probe
from ...media.find import VIDEO_SUFFIXES, has_suffix, is_hidden, walk
from ..annotations import Content
from .common import Resumable

SPLIT_FOLDERS = ('train', 'val', 'test')


@dataclass(frozen=True)
class Clip:
    """One video: ``path`` below the root, with /; ``label``, as written; ``split``, or None."""
    path: str
    label: str
    split: str | None

    @property
    def name(self) -> str:
        """The clip's id: its path without suffix."""
        return without_suffix(self.path)


@dataclass
class Decoded:
    """What a video holds: frames that decode, their size in pixels, and why not all decode."""
    frames: int = 0
    height: int = 0
    width: int = 0
    problem: str = ''


def is_class_number(label: str) -> bool:
    """Whether a label is a class's number, and not its name."""
    return label.isdecimal() and len(label) <= 9


def list_folders(root: str, report: DropReport) -> list[Clip]:
    """List the videos of ``ROOT/CLASS/...`` or ``ROOT/SPLIT/CLASS/...``, SPLIT train, val or test.

    Args:
        root: The folder. It is read as the second kind where each folder in it is named as a split.
        report: Gets files that are no videos or of no class.

    Returns:
        Sorted by path; ``split`` is None for the first kind.

    Raises:
        InputError: There is no folder in ``root``.
    """
    inside = Path(root).iterdir() if is_folder(root) else ()
    tops = [path.name for path in inside if path.is_dir() and not is_hidden(path.name)]
    if not tops:
        raise InputError(root, 'folder', 'no folder in it', 'a folder per class')
    depth = 1 if set(tops) <= set(SPLIT_FOLDERS) else 0
    clips = []
    for folder, files in walk(root, report.add):
        parts = Path(folder).relative_to(root).parts
        for file in files:
            path = '/'.join((*parts, file))
            if not has_suffix(file, VIDEO_SUFFIXES):
                report.add('no video, by its suffix: left out', path)
            elif len(parts) <= depth:
                report.add('video outside of a class: left out', path)
            else:
                clips.append(Clip(path, parts[depth], parts[0] if depth else None))
    return sorted(clips, key=lambda clip: clip.path)


def read_csv(path: str | Path) -> list[dict[str, str]]:
    """Rows of a CSV file in UTF-8 as dicts, with the first line's names in small letters.

    Values are separated as the first line's: by commas, or where it has none by semicolons or
    tabs, as spreadsheets write them.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with Path(path).open(encoding='utf-8-sig', newline='') as file:
            head = file.readline()
            between = next((sign for sign in ',;\t' if sign in head), ',')
            names = [
                name.strip().lower() for name in next(csv.reader([head], delimiter=between), [])
            ]
            return list(csv.DictReader(file, names, delimiter=between))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(path, 'content', f'{type(error).__name__} ({error})',
                         'a CSV file in UTF-8') from error


def list_csv(path: str, root: str, report: DropReport) -> list[Clip]:
    """List the videos of a CSV with the columns path (below ``root``), label and split.

    Args:
        path: The CSV, UTF-8.
        root: Folder that paths are relative to.
        report: Gets rows that say the same again, and files that are not there.

    Returns:
        In the order of the file.

    Raises:
        InputError: A column or value is missing, or a path stands in two classes or splits.
    """
    clips: dict[str, Clip] = {}
    lines: dict[str, int] = {}
    for line, row in enumerate(read_csv(path), 2):
        values = [(row.get(key) or '').strip() for key in ('path', 'label', 'split')]
        if not all(values) or None in row:
            raise InputError(path, f'line {line}', ','.join(values),
                             'a value for each of path,label,split, which the first line names')
        written, label, split = values
        if '\\' in written and not is_file(Path(root, written)):
            written = written.replace('\\', '/')  # as Windows writes paths
        clip = Clip(os.path.normpath(written).replace(os.sep, '/'), label, split)
        if clip.path.startswith(('/', '../')):
            raise InputError(path, f'line {line}', clip.path, f'a path below {root}')
        other = clips.get(clip.path)
        if other is None:
            clips[clip.path], lines[clip.path] = clip, line
        elif other == clip:
            report.add('row that repeats another: left out', clip.path)
        else:
            raise InputError(path, f'line {line}', f'{clip.path} as {clip.label} in {clip.split}',
                             f'{other.label} in {other.split}, as in line {lines[clip.path]}')
    present = []
    for clip in clips.values():
        if is_file(Path(root, clip.path)):
            present.append(clip)
        else:
            report.add('no such file: left out', clip.path)
    if not present:
        raise InputError(path, 'path', next(report.lines(), 'no row'), f'videos below {root}')
    return present


def check_names(clips: list[Clip], root: str, report: DropReport) -> list[Clip]:
    """Leave out copies of a video, and refuse what cannot be meant.

    Args:
        clips: The clips.
        root: Folder that paths are relative to.
        report: Gets copies in the same class and split.

    Returns:
        The clips without copies.

    Raises:
        InputError: Two videos have one name but for the suffix, or the same content in two
            classes or splits.
    """
    named: dict[str, Clip] = {}
    by_size: dict[int, list[Clip]] = {}
    by_content: dict[bytes, Clip] = {}
    distinct = []
    for clip in clips:
        other = named.setdefault(clip.name, clip)
        if other != clip:
            raise InputError(root, 'names', f'{other.path} and {clip.path}',
                             'names that differ in more than the suffix')
        by_size.setdefault(Path(root, clip.path).stat().st_size, []).append(clip)
    alone = {same[0] for same in by_size.values() if len(same) == 1}
    for clip in clips:
        if clip not in alone:
            with Path(root, clip.path).open('rb') as file:
                digest = hashlib.file_digest(file, 'sha256').digest()
            other = by_content.setdefault(digest, clip)
            if (other.label, other.split) != (clip.label, clip.split):
                raise InputError(root, 'videos', f'the same content in {other.path} and '
                                 f'{clip.path}', 'one class and split for one video')
            if other != clip:
                report.add('copy of another video of its class: left out', clip.path)
                continue
        distinct.append(clip)
    return distinct


def draw_splits(clips: list[Clip], val_ratio: float, seed: int) -> list[Clip]:
    """Put each class's share ``val_ratio``, drawn at random, into val, and the rest into train.

    Both get at least one clip of a class with two or more.
    """
    labels: dict[str, list[Clip]] = {}
    drawn: set[Clip] = set()
    for clip in clips:
        labels.setdefault(clip.label, []).append(clip)
    for label, members in labels.items():
        number = min(max(round(val_ratio * len(members)), 1), len(members) - 1)
        if val_ratio > 0:
            drawn.update(random.Random(f'{seed} {label}').sample(members, number))
    return [replace(clip, split='val' if clip in drawn else 'train') for clip in clips]


def make_annotations(clips: list[Clip], root: str, out: str, workers: int | None,
                     report: DropReport) -> tuple[Content, Resumable]:
    """Decode the videos and write down what they are, without skeletons.

    Args:
        clips: The clips, each with a split.
        root: Folder that paths are relative to.
        out: The output file: results lie beside it until :meth:`Resumable.remove`.
        workers: Processes.
        report: Gets videos that do not decode, or only in part.

    Returns:
        ``dict(split=, annotations=, classes=)``, without ``classes`` where all labels are whole
        numbers; and what is kept of an interrupted run.

    Raises:
        InputError: No video decodes.
    """
    stamps = [(clip.path, Path(root, clip.path).stat().st_mtime_ns) for clip in clips]
    job = Resumable(out, dict(root=Path(root).absolute(), clips=stamps))
    decoded = job.map(partial(_decode, root), [clip.path for clip in clips], Decoded, workers,
                      'videos')
    numbers = all(is_class_number(clip.label) for clip in clips)
    classes = sorted({clip.label for clip in clips})
    content: Content = dict(split={}, annotations=[])
    if not numbers:
        content['classes'] = classes
    for clip, video in zip(clips, decoded):
        if not video.frames:
            report.add('video that does not decode: left out', f'{clip.path}: {video.problem}')
            continue
        if video.problem:
            report.add('video that does not decode to its end: used as far as it does',
                       f'{clip.path}: {video.problem}')
        shape = (video.height, video.width)
        content['split'].setdefault(str(clip.split), []).append(clip.name)
        content['annotations'].append(
            dict(frame_dir=clip.name, filename=clip.path, img_shape=shape, original_shape=shape,
                 label=int(clip.label) if numbers else classes.index(clip.label),
                 total_frames=video.frames))
    if not content['annotations']:
        raise InputError(root, 'videos', f'{len(clips)}, of which none decodes',
                         'at least one that decodes')
    return content, job


def _decode(root: str, path: str) -> Decoded:
    """Decode a video and count its frames: headers may announce frames that do not decode."""
    try:
        info = probe(Media(str(Path(root, path)), path), count='frames')
    except InputError as error:
        return Decoded(problem=str(error.found))
    return Decoded(info.frames, info.height, info.width, info.problem)
