"""NTU RGB+D and NTU RGB+D 120 as annotation pickles, out of their ``.skeleton`` files."""
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ...drop_report import DropReport
from ...errors import InputError
from ...media import files_by_name
from ...parallel import map_in_order
from ..annotations import Annotation
from .common import Resumable
from .ntu_bodies import assign_people, denoise, split_bodies, to_arrays
from .ntu_protocol import BENCHMARKS, parse_name
from .ntu_reader import read_skeleton
from .reencode import reencode

SKELETON_SUFFIX, VIDEO_SUFFIX = '.skeleton', '_rgb.avi'
IMG_SHAPE = (1080, 1920)  # of the colour image that joints are given in


@dataclass
class Converted:
    """What became of a file: an annotation, or None, and (reason, name) pairs for the report."""
    annotation: Annotation | None = None
    notes: list[tuple[str, str]] = field(default_factory=list)


def prepare_ntu(benchmark: str, skeletons: str, out: str, num_person: int, workers: int | None,
                report: DropReport) -> tuple[list[Annotation], Resumable]:
    """Convert the samples of a benchmark; an interrupted call goes on where it stopped.

    Args:
        benchmark: ``ntu60`` or ``ntu120``.
        skeletons: Folder with the ``.skeleton`` files, at any depth.
        out: The pickle to be written, beside which unfinished work is kept.
        num_person: People kept of a sample.
        workers: Processes; None: one for each CPU.
        report: Gets what was left out.

    Returns:
        Annotations in the order of their names, and the unfinished work, to be removed when the
        pickle is written.

    Raises:
        InputError: No sample of the benchmark is there, or one is there twice.
    """
    chosen = list(samples_of(benchmark, skeletons, report).values())
    work = Resumable(
        out,
        dict(
            benchmark=benchmark, num_person=num_person,
            files=[(path, status.st_size, status.st_mtime_ns) for path in chosen
                   for status in [Path(path).stat()]]))
    results = work.map(partial(convert, num_person=num_person), chosen, Converted, workers,
                       'skeleton files')
    annotations = []
    for result in results:
        for note in result.notes:
            report.add(*note)
        if result.annotation is not None:
            annotations.append(result.annotation)
    if not annotations:
        raise InputError(skeletons, 'files', next(report.lines()), 'a file that can be used')
    return annotations, work


def samples_of(benchmark: str, skeletons: str, report: DropReport) -> dict[str, str]:
    """Find the samples of a benchmark.

    Args:
        benchmark: ``ntu60`` or ``ntu120``.
        skeletons: Folder with the ``.skeleton`` files, at any depth.
        report: Gets what was left out.

    Returns:
        The path of each ``.skeleton`` file by name, in the order of names.

    Raises:
        InputError: No sample of the benchmark is there, or one is there twice.
    """
    protocol = BENCHMARKS[benchmark]
    files = files_by_name(skeletons, [SKELETON_SUFFIX], report.add)
    chosen = {}
    for name, path in sorted(files.items()):
        sample = parse_name(name)
        if sample is None:
            report.add('no name of an NTU sample: left out', name)
        elif not protocol.holds(sample):
            report.add(f'no sample of {benchmark}: left out', name)
        elif protocol.is_missing(sample):
            report.add('on the official list of missing skeletons: left out', name)
        else:
            chosen[name] = path
    if not chosen:
        raise InputError(skeletons, 'folder', f'no {SKELETON_SUFFIX} file of {benchmark}',
                         f'files such as S001C001P001R001A001{SKELETON_SUFFIX}, at any depth')
    print(f'{benchmark}: {len(files)} files in {skeletons}, {len(chosen)} to convert; the data '
          f'set has {protocol.num_samples} samples, missing skeletons included')
    return chosen


def convert(path: str, num_person: int) -> Converted:
    """Convert a ``.skeleton`` file.

    Args:
        path: The file, named as its sample.
        num_person: People kept.

    Returns:
        The sample's annotation; None where the file is damaged or shows nobody.
    """
    sample = parse_name(Path(path).name[:-len(SKELETON_SUFFIX)])
    assert sample is not None, 'prepare_ntu chose the files by their names'
    try:
        skeleton = read_skeleton(path)
    except InputError as error:
        return Converted(notes=[('damaged file: left out', str(error))])
    if not skeleton.body_ids:
        return Converted(notes=[('no body in any frame: left out', sample.name)])
    bodies, dropped = denoise(split_bodies(skeleton))
    people, left = assign_people(bodies, num_person)
    keypoint, score, not_finite = to_arrays(people, skeleton.num_frames)
    notes = [(f'body taken for noise by its {reason}', sample.name) for reason in dropped]
    notes += [(f'body beyond {num_person} people of more motion', sample.name)] * left
    if not_finite:
        notes.append(('joints without finite colour coordinates: missing joints',
                      f'{sample.name}: {not_finite} joints'))
    if not score.any():
        return Converted(notes=notes + [('no joint in any frame: left out', sample.name)])
    return Converted(
        dict(frame_dir=sample.name, label=sample.action - 1, img_shape=IMG_SHAPE,
             original_shape=IMG_SHAPE, total_frames=skeleton.num_frames, keypoint=keypoint,
             keypoint_score=score), notes)


def reencode_videos(names: Sequence[str], videos: str, folder: str, short_side: int,
                    workers: int | None, report: DropReport) -> dict[str, int]:
    """Write the samples' videos anew, smaller; those there already stay.

    Args:
        names: The samples.
        videos: Folder with the data set's ``NAME_rgb.avi``, at any depth.
        folder: Where to write them, under the same names.
        short_side: In pixels.
        workers: Processes; None: one for each CPU.
        report: Gets what was left out.

    Returns:
        Frames of each sample whose video is there and decodes, in their order.

    Raises:
        InputError: ``folder`` is ``videos``, or a file in it is of another size.
    """
    if os.path.realpath(videos) == os.path.realpath(folder):
        raise InputError('command line', '--videos', videos, 'another folder than the one that '
                         'the smaller videos are written to')
    videos_by_name = files_by_name(videos, [VIDEO_SUFFIX], report.add)
    jobs = {}
    for name in names:
        if name in videos_by_name:
            jobs[name] = (videos_by_name[name], str(Path(folder, name + VIDEO_SUFFIX)), short_side)
        else:
            report.add('no video: left out', name)
    frames = {}
    for name, result in zip(jobs, map_in_order(reencode, list(jobs.values()), workers, 'videos')):
        if result.problem:
            report.add('video that does not decode: left out', f'{name}: {result.problem}')
        else:
            frames[name] = result.frames
    return frames


def with_videos(annotations: list[Annotation], frames: dict[str, int], videos: str,
                report: DropReport) -> list[Annotation]:
    """Return the annotations whose video was written.

    Args:
        annotations: The samples.
        frames: Of :func:`reencode_videos`.
        videos: Where they come from.
        report: Gets where numbers of frames differ.

    Raises:
        InputError: There is none.
    """
    kept = [annotation for annotation in annotations if annotation['frame_dir'] in frames]
    if not kept:
        raise InputError(videos, 'videos', next(report.lines()),
                         f'a video NAME{VIDEO_SUFFIX} of a sample')
    for annotation in kept:
        name, number = annotation['frame_dir'], annotation['total_frames']
        if frames[name] != number:
            report.add('video and skeleton file differ in their number of frames: kept',
                       f'{name}: {frames[name]}, {number}')
    return kept
