"""Extraction from many videos: results kept one by one, so that a stop costs one video."""
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..datasets import safe_pickle
from ..errors import InputError
from ..media import Media, probe
from ..progress import Progress
from ..run_folder import RunFolder
from .extractor import SkeletonExtractor


class Results(RunFolder):
    """Results of an extraction, one file a video; arguments as for a :class:`RunFolder`."""

    def _name(self, media: Media) -> str:
        return hashlib.sha256(media.name.encode()).hexdigest()[:24]

    def read(self, media: Media) -> dict[str, Any] | None:
        """Return the annotation of a video, or None where it is not done, or has changed since.

        Raises:
            InputError: The result cannot be read.
        """
        path = self.path(self._name(media))
        if not path.is_file():
            return None
        part = safe_pickle.load(path)
        return part['annotation'] if part['source'] == _state(media) else None

    def write(self, media: Media, annotation: dict[str, Any]) -> None:
        """Keep the annotation of a video."""
        self.keep(self._name(media), dict(source=_state(media), annotation=annotation))


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
