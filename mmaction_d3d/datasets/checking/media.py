"""Checks of every annotation against its video or folder of frames."""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...errors import InputError, Place, shown
from ...files import is_folder
from ...media import (
    Frames,
    ImageFiles,
    Media,
    MediaIndex,
    MediaInfo,
    frames_of,
    locate_frames,
    locate_video,
    numbered_images,
    probe,
    read_video,
)
from ...parallel import map_in_order
from ..annotations import Annotation, name_of, sides_of
from .findings import Finding
from .rules import check_size

#: Media of a split that a run opens before it starts.
SAMPLE = 32


class MediaSource(NamedTuple):
    """Where a data set's videos or frames are; as in ``RGBPoseDataset``.

    Attributes:
        folder: Of the videos, or of the clips' folders of frames.
        is_frames: Whether it is the latter.
        filename_tmpl: Name of a clip's video, such as ``'{frame_dir}_rgb.avi'``.
        frame_tmpl: Name of a frame in its folder.
        start_index: Number of the first frame in it.
        allow_outside: Whether names may lead out of the folder.
    """
    folder: str
    is_frames: bool = False
    filename_tmpl: str | None = None
    frame_tmpl: str = 'img_{:05}.jpg'
    start_index: int = 1
    allow_outside: bool = False


@dataclass(frozen=True)
class _Job:
    """What a process needs to know of a clip: no arrays, so that little is sent.

    ``look`` is a key of ``_LOOKS``.
    """
    index: int | None
    name: str
    path: str
    source: MediaSource
    total: int
    img_shape: tuple[int, int]
    look: str


@dataclass(frozen=True)
class _Probed:
    """What decoding a clip showed.

    Attributes:
        count: Frames there are, up to ``total``.
        beyond: How many there are more.
        sizes: Of the frames, (height, width).
        reason: Why decoding ended, where that is known.
    """
    count: int
    beyond: int
    sizes: set[tuple[int, ...]]
    reason: str


def check_media(annotations: list[Annotation], findings: list[Finding], path: str,
                source: MediaSource, full: bool = False,
                workers: int | None = None) -> list[Finding]:
    """Decode frames of every clip and compare them with its annotation.

    The first, the middle and the last frame are decoded, and one beyond: videos are read in order
    up to there, so that the number of frames is counted and not believed.

    Args:
        annotations: All annotations.
        findings: What their contents say; a clip whose ``total_frames`` or ``img_shape`` is wrong
            is looked for, and not decoded.
        path: The annotation file, for messages.
        source: Where the videos are.
        full: Whether to decode all frames. Defaults to False.
        workers: Processes. Defaults to None: one for each CPU.

    Returns:
        All that is wrong, in the order of the file.

    Raises:
        InputError: There is no such folder, or a template fits no annotation.
    """
    if not is_folder(source.folder):
        raise InputError(source.folder, '--frames' if source.is_frames else '--videos',
                         'no such folder', 'a folder')
    unknown = {
        finding.index for finding in findings
        if finding.kind in ('wrong total_frames', 'wrong img_shape')
    }
    media, jobs, mistakes = MediaIndex(source.folder, source.allow_outside), [], []
    users: dict[str, int] = {}
    for index, annotation in enumerate(annotations):
        name = name_of(annotation)
        try:
            media_path = _locate(media, annotation, (path, f'annotations[{index}]'), source)
        except InputError as error:
            if error.field == 'filename_tmpl':  # a template that fits no clip
                raise
            mistakes.append(Finding.of_error('no video', name, error, index=index))
            continue
        if users.setdefault(media_path, index) != index:
            mistakes.append(
                Finding('video of two clips', name,
                        f'also that of annotations[{users[media_path]}]', 'a video of its own',
                        'filename', index))
        if index not in unknown:
            jobs.append(
                _Job(index, name, media_path, source, int(annotation['total_frames']),
                     sides_of(annotation['img_shape']), 'all' if full else 'some'))
    of_frames: list[Finding] = []
    for part in map_in_order(_check_clip, jobs, workers, 'clips'):
        of_frames += part
    mistakes += _see_second_frames(of_frames, jobs)
    return sorted(mistakes, key=lambda finding: finding.index or 0)


def check_sample(clips: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Look at a few of a data set's media, their first frames and numbers of frames alone.

    A file is opened once a process, as long as its size and time stay.

    Args:
        clips: Of :meth:`RGBPoseDataset.located`.

    Returns:
        What :func:`check_media` says of these, as far as so short a look shows it.
    """
    jobs = [_glance_at(clip) for clip in clips]
    return _see_second_frames([finding for job in jobs for finding in _check_clip(job)], jobs)


def _glance_at(clip: Mapping[str, Any]) -> _Job:
    is_frames = clip.get('filename') is None
    source = MediaSource('', is_frames)
    if is_frames:
        source = MediaSource('', True, None, clip['frame_tmpl'], clip['start_index'])
    path = clip['img_dir' if is_frames else 'filename']
    return _Job(None, path, path, source, clip['total_frames'], clip['img_shape'], 'glance')


def _see_second_frames(findings: list[Finding], jobs: Sequence[_Job]) -> list[Finding]:
    """Tell videos that are meant to go on after their clip from joints of every n-th frame.

    The latter is so where most videos have a multiple of the frames of their clips.
    """
    totals = {job.name: job.total for job in jobs}

    def is_multiple(finding: Finding) -> bool:
        if finding.kind != 'more frames than announced' or finding.count is None:
            return False
        times = round(finding.count / totals[finding.name])
        return times > 1 and abs(finding.count - times * totals[finding.name]) <= times

    sparse = [finding for finding in findings if is_multiple(finding)]
    if 2 * len(sparse) < len(jobs):
        return findings
    return [
        replace(finding, kind='joints of every second frame', field='total_frames',
                found=f'{finding.count} frames, {totals[finding.name]} announced',
                want='joints of all frames') if finding in sparse else finding
        for finding in findings
    ]


def _locate(media: MediaIndex, annotation: Annotation, place: Place, source: MediaSource) -> str:
    if source.is_frames:
        return locate_frames(media, annotation, place, source.frame_tmpl,
                             source.start_index)['img_dir']
    return locate_video(media, annotation, place, source.filename_tmpl)['filename']


def _check_clip(job: _Job) -> list[Finding]:
    """Return findings of one clip."""
    try:
        probed = _LOOKS[job.look](job)
    except InputError as error:
        return [Finding.of_error('cannot be decoded', job.name, error, index=job.index)]
    return [
        Finding(kind, job.name, found, want, field, job.index,
                probed.count + probed.beyond if field == 'total_frames' else None)
        for kind, field, found, want in _compare(job, probed)
    ]


def _probe(job: _Job) -> _Probed:
    """Decode the first, middle and last frame."""
    wanted = np.array([0, job.total // 2, job.total - 1, job.total])
    if job.source.is_frames:
        images, count = frames_of(ImageFiles(_media(job).images or ()), wanted)
    else:
        images, count = read_video(job.path, wanted)
    sizes = {image.shape[:2] for image in images.values()}
    if count is not None:
        return _Probed(count, 0, sizes, '')
    # One more decodes; those after it are as many as the file's packets say.
    return _Probed(job.total, max(1, probe(_media(job)).frames - job.total), sizes, '')


def _glance(job: _Job) -> _Probed:
    """Decode the first frame, and count by the file's packets."""
    status = Path(job.path).stat()
    info = _glanced(_media(job), status.st_size, status.st_mtime_ns)
    return _Probed(min(info.frames, job.total), max(0, info.frames - job.total),
                   {(info.height, info.width)}, '')


@lru_cache(maxsize=1024)
def _glanced(media: Media, size: int, time: int) -> MediaInfo:
    return probe(media)


def _media(job: _Job) -> Media:
    images = None
    if job.source.is_frames:
        images = tuple(
            numbered_images(job.path, job.source.frame_tmpl, job.source.start_index, job.total))
    return Media(job.path, job.name, images)


def _probe_all(job: _Job) -> _Probed:
    """As :func:`_probe`, of all frames, one in memory at a time."""
    frames = Frames(_media(job))
    sizes = {frame.rgb().shape[:2] for frame in frames}
    more = frames.count - job.total
    reason = f' ({frames.problem})' if frames.problem else ''
    return _Probed(min(frames.count, job.total), max(0, more), sizes, reason)


_LOOKS = dict(glance=_glance, some=_probe, all=_probe_all)


def _compare(job: _Job, probed: _Probed) -> Iterator[tuple[str, str, str, str]]:
    """Yield (kind, field, what was found, what should be)."""
    sizes = probed.sizes
    if probed.count < job.total:
        yield ('fewer frames than announced', 'total_frames',
               f'{probed.count} that decode{probed.reason}',
               f'{shown(job.total)}, as total_frames says')
    elif probed.beyond:
        yield ('more frames than announced', 'total_frames', f'{probed.beyond} beyond the last',
               f'{shown(job.total)}, as total_frames says')
    if len(sizes) > 1:
        yield ('frames of several sizes', 'img_shape', ', '.join(map(_size,
                                                                     sorted(sizes))), 'one size')
        return
    different = check_size(next(iter(sizes)), job.img_shape)
    if different is not None:
        kind, found, want = different
        yield kind, 'img_shape', found, want


def _size(shape: Sequence[int]) -> str:
    return f'{shape[0]}x{shape[1]}'
