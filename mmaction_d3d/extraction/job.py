"""Extraction from many videos: results kept one by one, so that a stop costs one video."""
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..datasets import safe_pickle
from ..errors import InputError
from ..files import write_pickle, write_text
from ..media import Media, probe
from ..progress import Progress
from .extractor import SkeletonExtractor


class Results:
    """Results of a run, one file a video, in the folder ``OUT.parts`` until they are merged.

    Args:
        out: The pickle that they will be merged into.
        settings: What they depend on, for JSON.
        resume: Whether to go on with what an earlier run left.

    Raises:
        InputError: There is such a folder and ``resume`` is False, or it is of other settings.
    """

    def __init__(self, out: str, settings: dict, resume: bool) -> None:
        self.folder = Path(f'{Path(out).absolute()}.parts')
        stamp = self.folder / 'settings.json'
        text = json.dumps(settings, sort_keys=True, indent=1)
        if self.folder.is_dir():
            if not resume:
                raise InputError('command line', '--resume', f'not given, but results of an '
                                 f'earlier run in {self.folder}', '--resume to go on with them, '
                                 'or that folder removed')
            if not stamp.is_file():
                raise InputError(self.folder, 'settings.json', 'no such file',
                                 'a folder that an interrupted run left')
            before = json.loads(stamp.read_text())
            for name in sorted({*before, *settings}):
                if before.get(name) != settings.get(name):
                    raise InputError(stamp, name, before.get(name),
                                     f'{settings.get(name)}, as now: the same settings to resume')
        else:
            # The folder appears with the stamp in it: a stop in between leaves another name.
            fresh = Path(f'{self.folder}.new')
            shutil.rmtree(fresh, ignore_errors=True)
            write_text(fresh / 'settings.json', text)
            fresh.replace(self.folder)

    def _path(self, media: Media) -> Path:
        name = hashlib.sha256(media.name.encode()).hexdigest()[:24]
        return self.folder / f'{name}.pkl'

    def read(self, media: Media) -> dict[str, Any] | None:
        """Return the annotation of a video, or None where it is not done, or has changed since.

        Raises:
            InputError: The result cannot be read.
        """
        path = self._path(media)
        if not path.is_file():
            return None
        part = safe_pickle.load(path)
        return part['annotation'] if part['source'] == _state(media) else None

    def write(self, media: Media, annotation: dict[str, Any]) -> None:
        """Keep the annotation of a video."""
        write_pickle(self._path(media), dict(source=_state(media), annotation=annotation))

    def remove(self) -> None:
        """Remove the folder, once all is merged."""
        shutil.rmtree(self.folder)


def _state(media: Media) -> dict[str, Any]:
    """Return what changes when a video, or a folder of frames, does."""
    paths = [media.path] if media.images is None else media.images
    stats = [Path(path).stat() for path in paths]
    return dict(name=media.name, files=len(paths), bytes=sum(stat.st_size for stat in stats),
                changed=max(stat.st_mtime_ns for stat in stats))


def extract_all(extractor: SkeletonExtractor, media: Sequence[Media],
                results: Results) -> list[tuple[Media, InputError]]:
    """Extract from each video that is not done yet.

    Args:
        extractor: What does it.
        media: The videos.
        results: Where results are kept.

    Returns:
        The videos that could not be used, and why.
    """
    todo = [clip for clip in media if results.read(clip) is None]
    if len(todo) < len(media):
        print(f'{len(media) - len(todo)} of {len(media)} videos are there from an earlier run')
    lengths, failed = [_length(clip) for clip in todo], []
    with Progress('frames', sum(lengths)) as progress:
        for number, (clip, length) in enumerate(zip(todo, lengths), len(media) - len(todo) + 1):
            progress.detail, before = f'video {number} of {len(media)}', progress.done
            try:
                annotation = extractor(clip, progress.step)
            except InputError as error:
                failed.append((clip, error))
            else:
                results.write(clip, annotation)
            progress.total += progress.done - before - length
    return failed


def _length(clip: Media) -> int:
    """Return the frames that a video says it has."""
    try:
        return probe(clip, count='header').frames
    except InputError:  # the extraction itself will say what is wrong
        return 0
