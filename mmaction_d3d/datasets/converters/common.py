"""What the converters share: long jobs that go on."""
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ...parallel import map_in_order
from ...run_folder import RunFolder
from .. import safe_pickle

Job = TypeVar('Job')
Result = TypeVar('Result')


class Resumable(RunFolder):
    """Results of jobs that are done in shards, each written when it is done.

    A later run with the same ``stamp`` reads what is there and does the rest.

    Args:
        out: The output file.
        stamp: What the results depend on (arguments, inputs), for JSON.
    """

    def __init__(self, out: str | Path, stamp: dict) -> None:
        text = json.dumps(stamp, sort_keys=True, default=str)  # it may list every clip
        super().__init__(out, dict(digest=hashlib.sha256(text.encode()).hexdigest()))

    def map(self, function: Callable[[Job], Result], jobs: Sequence[Job], kind: type[Result],
            workers: int | None = None, name: str = 'jobs', shard: int = 256) -> list[Result]:
        """Do what is left to do.

        Args:
            function: Of one job; as for :func:`map_in_order`.
            jobs: All jobs, also those done.
            kind: Dataclass that ``function`` returns, of plain fields and arrays.
            workers: Processes. Defaults to None: one for each CPU.
            name: Of the jobs, in the plural.
            shard: Jobs whose results are written together. Defaults to 256.

        Returns:
            ``function(job)`` of every job, in order.

        Raises:
            InputError: The results of an earlier run cannot be read.
        """
        names = {start: f'{start:09}' for start in range(0, len(jobs), shard)}
        todo = [start for start, part in names.items() if not self.path(part).is_file()]
        rest = [job for start in todo for job in jobs[start:start + shard]]
        done = len(jobs) - len(rest)
        if done:
            print(f'{name}: {done} of {len(jobs)} are there from an earlier run')
        results = map_in_order(function, rest, workers, name, done)
        for start in todo:
            part = [vars(next(results)) for _ in jobs[start:start + shard]]
            self.keep(names[start], part)
        results.close()
        return [
            kind(**fields) for part in names.values()
            for fields in safe_pickle.load(self.path(part))
        ]
