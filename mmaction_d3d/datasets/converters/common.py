"""What the converters share: whole-or-absent files, long jobs that go on, a report of drops."""
import csv
import hashlib
import io
import json
import multiprocessing
import os
import pickle
import shutil
import sys
import time
from collections import Counter
from contextlib import contextmanager

from ...errors import InputError
from .. import safe_pickle


@contextmanager
def whole_or_absent(path):
    """A binary file that appears under its name only once all of it is on the disk.

    Args:
        path (str | Path): The file; its folder is made. One that is there already stays as it is
            until the new one is whole.

    Yields:
        BinaryIO: The file to write to; it lies beside ``path``, as ``path.part``, until it is
        whole, and is removed where writing fails.

    Raises:
        InputError: The disk is full, or the file cannot be written there.
    """
    path = os.path.abspath(path)
    part = f'{path}.part'
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(part, 'wb') as file:
            yield file
            file.flush()
            os.fsync(file.fileno())     # some file systems tell only here that the disk is full
        os.replace(part, path)
    except BaseException as error:
        if os.path.isfile(part):
            os.remove(part)
        if isinstance(error, OSError):
            raise InputError(path, 'writing', error.strerror or error,
                             'a folder that can be written to, with room') from error
        raise


def write_pickle(path, content):
    """Writes a pickle whole or not at all: see :func:`whole_or_absent`."""
    with whole_or_absent(path) as file:
        pickle.dump(content, file, protocol=4)


def available_cpus():
    """Number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0))


def map_in_order(function, jobs, workers=None, name='jobs', done=0):
    """Yields ``function(job)`` in the order of ``jobs``, with a line of progress.

    Args:
        function (Callable): Of one job; where ``workers`` is not 1, of a module's top level.
        jobs (list): What it gets.
        workers (int, optional): Processes. Defaults to None: one for each CPU.
        name (str): What the line of progress calls the jobs.
        done (int): Jobs of an earlier run, for the line of progress. Defaults to 0.
    """
    workers = min(available_cpus() if workers is None else workers, max(len(jobs), 1))
    progress = Progress(name, done + len(jobs), done)
    if workers <= 1:
        for job in jobs:
            result = function(job)
            progress.step()
            yield result
        return
    with multiprocessing.get_context('fork').Pool(workers) as pool:
        for result in pool.imap(function, jobs, chunksize=1):
            progress.step()
            yield result


class Progress:
    """A line that updates itself on a terminal, and one for every tenth otherwise."""

    def __init__(self, name, total, done=0):
        self.name, self.total, self.done = name, total, done
        self._start, self._at_start = time.monotonic(), done
        self._next = 0.0

    def step(self, count=1):
        """Counts finished jobs."""
        before, self.done = self.done, self.done + count
        now = time.monotonic()
        terminal = sys.stdout.isatty()
        tenth = max(self.total // 10, 1)
        last = self.done == self.total
        if not last and (now < self._next if terminal else before // tenth == self.done // tenth):
            return
        self._next = now + 0.2
        left = (now - self._start) / (self.done - self._at_start) * (self.total - self.done)
        print(f'{self.name}: {self.done}/{self.total}, {left:.0f} s left',
              end='\r' if terminal and not last else '\n', flush=True)


class Resumable:
    """Results of a long job kept in a folder beside its output until that is written.

    Jobs are done in shards; the results of a shard are written, whole or not at all, when it is
    done. A later run with the same ``stamp`` reads what is there and does the rest.

    Args:
        out (str | Path): The output file; the folder is ``out.parts``.
        stamp (dict): What the results depend on (arguments, inputs), for JSON.
    """

    def __init__(self, out, stamp):
        self.folder = f'{os.path.abspath(out)}.parts'
        text = json.dumps(stamp, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = os.path.join(self.folder, 'stamp')
        if os.path.isfile(path):
            with open(path) as file:
                if file.read() == digest:
                    return
        elif os.path.isdir(self.folder) and os.listdir(self.folder):
            raise InputError(self.folder, 'folder', 'files of something else',
                             'no such folder, or one that an interrupted run left')
        shutil.rmtree(self.folder, ignore_errors=True)     # of other arguments: of no use
        with whole_or_absent(path) as file:
            file.write(digest.encode())

    def map(self, function, jobs, kind, workers=None, name='jobs', shard=256):
        """Does what is left to do.

        Args:
            function (Callable): Of one job; as for :func:`map_in_order`.
            jobs (list): All jobs, also those done.
            kind (type): Dataclass that ``function`` returns, of plain fields and arrays.
            workers (int, optional): Processes. Defaults to None: one for each CPU.
            name (str): What the line of progress calls the jobs.
            shard (int): Jobs whose results are written together. Defaults to 256.

        Returns:
            list: ``function(job)`` of every job, in order.

        Raises:
            InputError: The results of an earlier run cannot be read.
        """
        starts = range(0, len(jobs), shard)
        todo = [start for start in starts if not os.path.isfile(self._path(start))]
        rest = [job for start in todo for job in jobs[start:start + shard]]
        done = len(jobs) - len(rest)
        if done:
            print(f'{name}: {done} of {len(jobs)} are there from an earlier run')
        results = map_in_order(function, rest, workers, name, done)
        for start in todo:
            part = [vars(next(results)) for _ in jobs[start:start + shard]]
            write_pickle(self._path(start), part)
        results.close()
        return [kind(**fields) for start in starts
                for fields in safe_pickle.load(self._path(start))]

    def _path(self, start):
        return os.path.join(self.folder, f'{start:09}.pkl')

    def remove(self):
        """Removes the folder, once the output is written."""
        shutil.rmtree(self.folder, ignore_errors=True)


class DropReport:
    """What was left out, and why: counts, and the names."""

    def __init__(self):
        self._names = {}

    def add(self, reason, name):
        """Notes that ``name`` was left out, or changed, for ``reason``."""
        self._names.setdefault(reason, []).append(name)

    def counts(self):
        """Counter of names by reason."""
        return Counter({reason: len(names) for reason, names in self._names.items()})

    def lines(self):
        """One line a reason, the most frequent first: count, reason, the first names."""
        for reason, count in self.counts().most_common():
            names = self._names[reason]
            more = ', ...' if count > 3 else ''
            yield f'{count} x {reason}: {", ".join(names[:3])}{more}'

    def write(self, path):
        """Writes the file ``path`` with one line ``reason,name`` each, whole or not at all."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator='\n')
        writer.writerow(('reason', 'name'))
        for reason, names in self._names.items():
            writer.writerows((reason, name) for name in names)
        with whole_or_absent(path) as file:
            file.write(text.getvalue().encode())
