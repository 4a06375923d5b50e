"""Extraction from many videos: results kept one by one, so that a stop costs one video."""
import hashlib
import json
import os
import shutil
import sys
import time

from ..datasets import safe_pickle
from ..errors import InputError
from ..files import write_pickle, write_text
from ..media import probe


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


def extract_all(extractor, media, results):
    """Extract from each video that is not done yet.

    Args:
        extractor (SkeletonExtractor): What does it.
        media (list[Media]): The videos.
        results (Results): Where results are kept.

    Returns:
        list[tuple[Media, InputError]]: The videos that could not be used, and why.
    """
    todo = [clip for clip in media if results.read(clip) is None]
    if len(todo) < len(media):
        print(f'{len(media) - len(todo)} of {len(media)} videos are there from an earlier run')
    progress, failed = _Progress(todo, len(media)), []
    for clip in todo:
        progress.start(clip)
        try:
            annotation = extractor(clip, progress.frames)
        except InputError as error:
            failed.append((clip, error))
        else:
            results.write(clip, annotation)
        progress.end()
    return failed


class _Progress:
    """A line with videos, frames a second and time left: it updates itself on a terminal."""

    def __init__(self, todo, total):
        self._todo, self._total, self._done = len(todo), total, 0
        self._start = self._shown = time.monotonic()
        self._frames = self._current = 0
        self._length = None

    def start(self, clip):
        """Begins a video."""
        self._current, self._length = 0, None
        try:
            self._length = probe(clip, count='header').frames
        except InputError:
            pass  # the extraction itself will say what is wrong

    def frames(self, count):
        """Note the frames of the current video done so far."""
        self._current = count
        now = time.monotonic()
        if now - self._shown >= (0.2 if sys.stdout.isatty() else 30):
            self._show(now)

    def end(self):
        """End the current video."""
        self._frames, self._current, self._length = self._frames + self._current, 0, None
        self._done += 1
        tenth = max(self._todo // 10, 1)
        if sys.stdout.isatty() or self._done % tenth == 0 or self._done == self._todo:
            self._show(time.monotonic())

    def _show(self, now):
        self._shown, taken = now, max(now - self._start, 1e-3)
        share = self._done + min(self._current / self._length, 1) if self._length else self._done
        left = f'{taken / share * (self._todo - share):.0f} s left' if share else 'time unknown'
        done = self._total - self._todo + self._done
        inside = f' + {self._current} frames' if self._current else ''
        last = self._done == self._todo
        print(
            f'videos: {done}/{self._total}{inside}, '
            f'{(self._frames + self._current) / taken:.1f} frames/s, {left}',
            end='\r' if sys.stdout.isatty() and not last else '\n', flush=True)
