"""FineGYM (Shao et al., CVPR 2020): Gym99's clips out of full videos, and its official splits.

The annotation files of https://sdolivia.github.io/FineGym lie in one folder under their own names:

- ``finegym_annotation_info_v1.0.json`` (or v1.1): by video (its YouTube id), by event
  (``E_002407_002435``, its whole seconds), ``event``: its kind; ``timestamps``: one pair of seconds
  in the video; ``segments``: None, or by sub-action (``A_0003_0005``) ``stages`` and as many pairs
  ``timestamps``, in seconds from the start of the event;
- ``gym99_train_element_v1.0.txt`` (or v1.1) and ``gym99_val_element.txt``: lines
  ``VIDEO_E_002407_002435_A_0003_0005 78``, a clip and its class;
- ``gym99_categories.txt``: lines ``Clabel:   0; set:  1; Glabel:   1; (VT) round-off, ...``.
"""
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ...cli import Shard
from ...drop_report import DropReport
from ...errors import InputError
from ...files import is_file, numbered_lines
from ...media import files_by_name
from ...media.find import VIDEO_SUFFIXES
from ...parallel import map_in_order
from ..annotations import Annotation, Content
from .cutting import Clip, Cut, cut
from .skeleton_files import read_json

VERSIONS = ('1.0', '1.1')
SUFFIX = '.mp4'
_MOST_SECONDS = 1e9
_NAME = re.compile(r'(.+)_(E_\d+_\d+)_(A_\d+_\d+)')
_CATEGORY = re.compile(r'Clabel:\s*(\d{1,9});\s*set:\s*\d+;\s*Glabel:\s*\d+;\s*(\S.*?)\s*')


@dataclass(frozen=True)
class Element:
    """A clip of the benchmark: its name, class and split."""
    name: str
    label: int
    split: str

    @property
    def parts(self) -> tuple[str, ...]:
        """Name of its video, event and sub-action."""
        match = _NAME.fullmatch(self.name)
        assert match is not None, 'read_elements takes no other names'
        return match.groups()

    @property
    def event(self) -> str:
        """Name of its event's clip."""
        return '_'.join(self.parts[:2])


def read_classes(folder: str) -> list[str]:
    """Read the names of the classes, in the order of their labels.

    Raises:
        InputError: The file is missing, a line has another form, or labels do not count from 0.
    """
    path = str(Path(folder, 'gym99_categories.txt'))
    classes: list[str] = []
    for place, line in numbered_lines(path, "FineGYM's file of that name"):
        match = _CATEGORY.fullmatch(line)
        if not match or int(match[1]) != len(classes):
            raise InputError(path, place, repr(line), f'Clabel: {len(classes)}; set: S; Glabel: G; '
                             'name')
        classes.append(match[2])
    return classes


def read_elements(folder: str, version: str, num_classes: int, report: DropReport) -> list[Element]:
    """Read the clips of both splits.

    Args:
        folder: Where the annotation files are.
        version: One of :data:`VERSIONS`.
        num_classes: Labels must be below it.
        report: Gets clips that are listed twice.

    Returns:
        In the order of the files, each once.

    Raises:
        InputError: A file is missing, a line has another form, or a clip stands in two classes or
            both splits.
    """
    elements: dict[str, Element] = {}
    places: dict[str, str] = {}
    for split, file in (('train', f'gym99_train_element_v{version}.txt'),
                        ('val', 'gym99_val_element.txt')):
        path = str(Path(folder, file))
        for place, line in numbered_lines(path, "FineGYM's file of that name"):
            name, _, label = line.partition(' ')
            if not _NAME.fullmatch(name) or not re.fullmatch(r' *\d{1,9}',
                                                             label) or (int(label) >= num_classes):
                raise InputError(
                    path, place, repr(line), 'VIDEO_E_000000_000000_A_0000_0000 and a '
                    f'class from 0 to {num_classes - 1}')
            element = Element(name, int(label), split)
            other = elements.setdefault(name, element)
            if other != element:
                raise InputError(path, place, f'{name} as class {element.label} in {split}',
                                 f'class {other.label} in {other.split}, as {places[name]} has it')
            if name in places:
                report.add('clip listed twice: used once', name)
            places.setdefault(name, f'{file}, {place}')
    return list(elements.values())


def read_times(folder: str, version: str) -> dict[str, tuple[Fraction, Fraction]]:
    """Read when events and sub-actions begin and end.

    Returns:
        By the name of a sub-action's clip, and of an event's, start and end in exact seconds of the
        video: for a sub-action from the start of its first stage to the end of its last.

    Raises:
        InputError: The file is missing or has another form.
    """
    path = str(Path(folder, f'finegym_annotation_info_v{version}.json'))
    times = {}
    for video, events in _items(read_json(path), path, 'content'):
        for event, content in _items(events, path, video):
            name = f'{video}_{event}'
            start, end = times[name] = _interval(content, path, name)
            segments = content.get('segments')
            for segment, stages in () if segments is None else _items(segments, path, name):
                first, last = _interval(stages, path, f'{name}_{segment}')
                times[f'{name}_{segment}'] = start + first, start + last
    return times


def _items(value: object, path: str, place: str) -> Iterable[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise InputError(path, place, type(value).__name__, 'names and what they stand for')
    return value.items()


def _interval(content: object, path: str, place: str) -> tuple[Fraction, Fraction]:
    """Start of the first and end of the last pair of ``timestamps``, exact."""
    pairs = content.get('timestamps') if isinstance(content, dict) else None
    if not isinstance(pairs, list) or not pairs or not all(
            isinstance(pair, list) and len(pair) == 2 and all(
                type(time) in (int, float) and abs(time) < _MOST_SECONDS for time in pair)
            for pair in pairs):
        raise InputError(path, f'{place}.timestamps', repr(pairs), 'pairs of seconds')
    # Not the number's binary value but the decimal one that was written.
    return Fraction(repr(pairs[0][0])), Fraction(repr(pairs[-1][1]))


def prepare_finegym(annotations: str, videos: str, clips: str, events: str | None, version: str,
                    short_side: int, workers: int | None, report: DropReport,
                    shard: Shard | None = None) -> Content | None:
    """Cut the clips that are not there yet.

    Args:
        annotations: Folder of the annotation files.
        videos: Folder of the full videos, ``VIDEO.mp4`` or another suffix, at any depth.
        clips: Folder to write the sub-actions to, ``NAME.mp4``.
        events: Folder to write their events to.
        version: One of :data:`VERSIONS`.
        short_side: Of the clips, in pixels; smaller videos keep theirs.
        workers: Processes; None: one for each CPU.
        report: Gets what was left out.
        shard: Videos to cut clips of. Defaults to None, all.

    Returns:
        ``dict(split=dict(train=, val=), annotations=, classes=)``, without skeletons; None of a
        shard.

    Raises:
        InputError: The annotation files cannot be used, no clip can be cut, or a video is there
            twice.
    """
    classes = read_classes(annotations)
    elements = read_elements(annotations, version, len(classes), report)
    times = read_times(annotations, version)
    sources = files_by_name(videos, VIDEO_SUFFIXES, report.add)
    for folder in filter(None, (clips, events)):
        if os.path.realpath(folder) == os.path.realpath(videos):
            raise InputError('command line', '--videos', videos, 'another folder than the one that '
                             'clips are written to')
    known = [
        element for element in elements
        if _can_be_cut(element.name, element.parts[0], times, sources, report)
    ]
    wanted = {element.name: (clips, element.parts[0]) for element in known}
    if events is not None:
        wanted.update({
            element.event: (events, element.parts[0]) for element in known
            if _can_be_cut(element.event, element.parts[0], times, sources, report)
        })
    jobs = {
        name: Cut(sources[video], str(Path(folder, name + SUFFIX)), *times[name], short_side)
        for name, (folder, video) in wanted.items()
    }
    if shard is not None:
        mine = set(shard.of(sorted({job.source for job in jobs.values()})))
        jobs = {name: job for name, job in jobs.items() if job.source in mine}
    made = _cut_all(jobs, workers, report)
    if shard is not None:
        return None
    content: Content = dict(split=dict(train=[], val=[]), annotations=[], classes=classes,
                            source='FineGYM')
    for element in known:
        clip = made.get(element.name)
        if clip is not None:
            content['split'][element.split].append(element.name)
            annotation = Annotation(frame_dir=element.name, label=element.label,
                                    img_shape=clip.shape, original_shape=clip.shape,
                                    total_frames=clip.frames)
            if clip.times:
                annotation['frame_times'] = np.array(clip.times)
            content['annotations'].append(annotation)
    if not content['annotations']:
        raise InputError(videos, 'videos', next(report.lines(), 'none'),
                         'VIDEO.mp4 of a clip in the splits')
    return content


def _can_be_cut(name: str, video: str, times: dict[str, tuple[Fraction, Fraction]],
                sources: dict[str, str], report: DropReport) -> bool:
    """Whether a clip's times and video are known; else the report says so."""
    if name not in times:
        reason = 'not in the file of times: left out'
    elif not 0 <= times[name][0] < times[name][1]:
        reason = 'times that end before they start: left out'
    elif video not in sources:
        reason = 'its video is not there: left out'
    else:
        return True
    report.add(reason, name)
    return False


def _cut_all(jobs: dict[str, Cut], workers: int | None, report: DropReport) -> dict[str, Clip]:
    """Do the jobs, by name of the clip; give those that succeed."""
    earlier = {name: job for name, job in jobs.items() if is_file(job.target)}
    rest = {name: job for name, job in jobs.items() if name not in earlier}
    if earlier:
        print(f'clips: {len(earlier)} of {len(jobs)} are there from an earlier run')
    made = {}
    for part, title, done in ((earlier, 'clips that are there', 0), (rest, 'clips', len(earlier))):
        results = map_in_order(cut, list(part.values()), workers, title, done)
        for name, clip in zip(part, results):
            if clip.problem:
                report.add(f'{clip.problem}: left out',
                           f'{name}: {clip.detail}' if clip.detail else name)
            else:
                made[name] = clip
    return made
