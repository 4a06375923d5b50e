"""Runs the jobs of a study, some at a time, each in its own process."""
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import torch

from mmaction_d3d.files import write_text
from mmaction_d3d.progress import Progress
from mmaction_d3d.run_folder import check_stamp, write_stamp


class Run:
    """A training in a process of its own, that of the module :attr:`worker`.

    Subclasses are dataclasses with at least these attributes and a name, ``str(run)``.

    Attributes:
        root (str): Folder of the project.
        settings (str): Fingerprint of the training.
        work_dir (str): Folder of the run.
        threads (int): CPU threads.
    """
    worker: ClassVar[str]

    def prepare(self) -> None:
        """Make the folder of the run.

        Raises:
            InputError: The folder holds a run of other settings, which must not be gone on with.
        """
        stamp, settings = Path(self.work_dir, 'settings.json'), dict(settings=self.settings)
        if stamp.exists():
            check_stamp(stamp, settings, 'choose another --work-dir or delete this folder')
        write_stamp(stamp, settings)
        write_text(Path(self.work_dir, 'job.json'), json.dumps(asdict(self), indent=1))

    def progress(self) -> float:
        """Return the share of the training that is done, 0 to 1."""
        try:
            return float(Path(self.work_dir, 'progress').read_text())
        except FileNotFoundError:
            return 0.

    def result(self) -> list[dict] | None:
        """Return the rows of results, or None if the run has not finished."""
        path = Path(self.work_dir, 'result.json')
        return json.loads(path.read_text()) if path.exists() else None


@dataclass
class Job(Run):
    """A training and the tests of its best checkpoint.

    Attributes:
        root: Folder of the project.
        base: Config that the variants change.
        overrides: Config values to replace.
        data_root: Folder of the data set.
        config: Config to train, a key of ``VARIANTS``.
        settings: Fingerprint of the training.
        seed: Seed.
        tests: Configs whose test is run, and the fingerprint of its result.
        work_dir: Folder of the run.
        threads: CPU threads.
    """
    worker = 'research.ablation.worker'
    root: str
    base: str | None
    overrides: dict
    data_root: str | None
    config: str
    settings: str
    seed: int
    tests: dict[str, str]
    work_dir: str
    threads: int

    def __str__(self) -> str:
        return f'{self.config} seed {self.seed}'

    def result(self) -> list[dict] | None:
        """Return a row a test, or None where one is still to be run."""
        rows = super().result()
        tested = {row['settings'] for row in rows or ()}
        return rows if tested.issuperset(self.tests.values()) else None


class Scheduler:
    """Runs jobs.

    Args:
        jobs (list[Run]): What to run.
        parallel (int): Processes at a time, spread over the GPUs.
        finished (callable): Called with the rows of each run that has finished.
    """

    def __init__(self, jobs, parallel, finished):
        self.waiting = list(jobs)
        self.parallel = parallel
        self.finished = finished
        self.total = len(self.waiting)
        self.running, self.done, self.failed = {}, [], []
        self._slots = list(range(parallel))
        visible = ','.join(map(str, range(torch.cuda.device_count())))
        self._gpus = os.environ.get('CUDA_VISIBLE_DEVICES', visible).split(',')
        # A stopped run goes on where it was: what it had done before takes no time now.
        self._before = sum(job.progress() for job in self.waiting)

    def run(self):
        """Run all jobs.

        Returns:
            list[Run]: Those that failed; the others go on.
        """
        try:
            with Progress('runs', self.total, self._before) as progress:
                while self.waiting or self.running:
                    while self.waiting and len(self.running) < self.parallel:
                        self._launch(self.waiting.pop(0))
                    time.sleep(0.5)
                    for process in [p for p in self.running if p.poll() is not None]:
                        self._collect(process)
                    self.show(progress)
        finally:  # also when stopped from the keyboard
            for process in self.running:
                process.terminate()
            for process in self.running:
                process.wait()
        return self.failed

    def show(self, progress):
        """Say what runs, and how many are done, those that run in part."""
        shares = [(job, job.progress()) for job, _ in self.running.values()]
        progress.detail = ', '.join(f'{job} {share:.0%}' for job, share in shares)
        progress.reach(self.total - sum(1 - share
                                        for _, share in shares) - sum(1 - job.progress()
                                                                      for job in self.waiting))

    def _launch(self, job):
        job.prepare()
        slot = self._slots.pop(0)
        # The worker finds this folder's packages from wherever the study was started.
        path = os.pathsep.join(filter(None, (job.root, os.environ.get('PYTHONPATH'))))
        env = dict(os.environ, OMP_NUM_THREADS=str(job.threads), PYTHONPATH=path,
                   CUDA_VISIBLE_DEVICES=self._gpus[slot % len(self._gpus)])
        with Path(job.work_dir, 'run.log').open('a') as log:
            process = subprocess.Popen([
                sys.executable, '-m', job.worker,
                str(Path(job.work_dir, 'job.json')),
                str(os.getpid())
            ], stdout=log, stderr=subprocess.STDOUT, env=env)
        self.running[process] = job, slot

    def _collect(self, process):
        job, slot = self.running.pop(process)
        self._slots.append(slot)
        rows = job.result() if process.returncode == 0 else None
        if rows is None:
            self.failed.append(job)
            log = Path(job.work_dir, 'run.log')
            last = log.read_text().strip().rpartition('\n')[2]
            print(f'{job} failed: {last} (log: {log})', flush=True)
            return
        self.done.append(job)
        self.finished(rows)
        tops = ', '.join(f'{row["config"]} {row["top1"]:.3f}' for row in rows)
        print(f'{job} done: top-1 {tops}', flush=True)
