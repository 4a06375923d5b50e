"""Extraction from many videos: results kept one by one, so that a stop costs one video."""
import hashlib
import json
import os
import shutil
from collections.abc import Sequence

from ..datasets import safe_pickle
from ..errors import InputError
from ..files import write_pickle, write_text
from ..media import Media, probe
from ..progress import Progress
from .extractor import SkeletonExtractor


class Results:
    """Results of a run, one file a video, in the folder ``OUT.parts`` until they are merged.

    Args:
        out (str): The pickle that they will be merged into.
        settings (dict): What they depend on, for JSON.
        resume (bool): Whether to go on with what an earlier run left.

    Raises:
        InputError: There is such a folder and ``resume`` is False, or it is of other settings.
    """

    def __init__(self, out, settings, resume):
        self.folder = f'{os.path.abspath(out)}.parts'
        stamp = os.path.join(self.folder, 'settings.json')
        text = json.dumps(settings, sort_keys=True, indent=1)
        if os.path.isdir(self.folder):
            if not resume:
                raise InputError('command line', '--resume', f'not given, but results of an '
                                 f'earlier run in {self.folder}', '--resume to go on with them, '
                                 'or that folder removed')
            if not os.path.isfile(stamp):
                raise InputError(self.folder, 'settings.json', 'no such file',
                                 'a folder that an interrupted run left')
            with open(stamp) as file:
                before = json.loads(file.read())
            for name in sorted({*before, *settings}):
                if before.get(name) != settings.get(name):
                    raise InputError(stamp, name, before.get(name),
                                     f'{settings.get(name)}, as now: the same settings to resume')
        else:
            # The folder appears with the stamp in it: a stop in between leaves another name.
            fresh = f'{self.folder}.new'
            shutil.rmtree(fresh, ignore_errors=True)
            write_text(os.path.join(fresh, 'settings.json'), text)
            os.replace(fresh, self.folder)

    def _path(self, media):
        name = hashlib.sha256(media.name.encode()).hexdigest()[:24]
        return os.path.join(self.folder, f'{name}.pkl')

    def read(self, media):
        """Return the annotation of a video, or None where it is not done, or has changed since.

        Raises:
            InputError: The result cannot be read.
        """
        path = self._path(media)
        if not os.path.isfile(path):
            return None
        part = safe_pickle.load(path)
        return part['annotation'] if part['source'] == _state(media) else None

    def write(self, media, annotation):
        """Keep the annotation of a video."""
        write_pickle(self._path(media), dict(source=_state(media), annotation=annotation))

    def remove(self):
        """Remove the folder, once all is merged."""
        shutil.rmtree(self.folder)


def _state(media):
    """Return what changes when a video, or a folder of frames, does."""
    paths = [media.path] if media.images is None else media.images
    stats = [os.stat(path) for path in paths]
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
