"""Jobs over several processes, and how many of them are done."""
import ctypes
import faulthandler
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from mmaction_d3d import parallel, progress
from mmaction_d3d.errors import InputError
from mmaction_d3d.parallel import map_in_order


def double(number):
    return 2 * number


@pytest.mark.parametrize('workers', [1, 2])
def test_results_come_in_order_and_are_counted(capsys, workers, monkeypatch):
    monkeypatch.setattr(progress, '_PAUSE', 0)
    assert list(map_in_order(double, list(range(7)), workers, 'jobs',
                             done=3)) == [0, 2, 4, 6, 8, 10, 12]
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith('jobs: 4/10,') and lines[-1].startswith('jobs: 10/10,')


def _opencv_threads(_):
    return cv2.getNumThreads()


def test_processes_do_not_wait_for_opencv_threads_that_a_fork_does_not_have():
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        assert list(map_in_order(_opencv_threads, list(range(2)), 2)) == [1, 1]
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def segfault():
    faulthandler.disable()  # pytest's, which would print
    ctypes.string_at(0)


ENDINGS = {
    'SIGKILL': lambda: os.kill(os.getpid(), signal.SIGKILL),
    'SIGSEGV': segfault,
    'exit code 3': lambda: os._exit(3),
    'exit code 0': lambda: sys.exit(0),
}


@dataclass
class Clip:
    path: Path
    frames: int
    ending: str | None = None


def decode(clip):
    if clip.ending is not None:
        ENDINGS[clip.ending]()
    return clip.frames


@pytest.fixture
def hurry():
    """Ends a test that waits for ever."""

    def end(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize('ending', ENDINGS)
@pytest.mark.parametrize('place', [0, 3, 7])
def test_a_process_that_dies_ends_all_and_its_job_is_named(hurry, ending, place):
    jobs = [Clip(Path(f'{index}.mp4'), 10 + index) for index in range(8)]
    jobs[place].ending = ending
    with pytest.raises(InputError) as error:
        list(map_in_order(decode, jobs, 2))
    assert str(error.value).startswith(f'{place}.mp4 {10 + place} {ending.split()[0]}')
    assert f'worker process: found its end by {ending} at this job' in str(error.value)
    assert not multiprocessing.active_children()


HANGS = multiprocessing.get_context('fork').Event()


def _hang(number):
    if number == 3:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as a library that does not come back
        HANGS.set()
        signal.pause()
    return number


@pytest.fixture
def clock(monkeypatch):
    """A list with the time, for this module alone."""
    now = [0.]
    monkeypatch.setattr(parallel, 'time', SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_a_process_that_hangs_ends_all_and_its_job_is_named(hurry, clock, monkeypatch):

    def wait_for_one(connections, timeout):
        """Wait as long as a machine needs; time passes where only the process that hangs is left.
        """
        if len(connections) > 1:
            return wait(connections)
        HANGS.wait()
        answering = wait(connections, 0)
        clock[0] += 0 if answering else timeout + 1
        return answering

    monkeypatch.setattr(parallel, 'wait', wait_for_one)
    with pytest.raises(InputError) as error:
        list(map_in_order(_hang, list(range(8)), 2))
    assert str(error.value).startswith('3: worker process: found no answer for 3600 s at this job')
    assert not multiprocessing.active_children()


def test_answers_that_wait_for_a_slow_reader_are_in_time(hurry, clock, monkeypatch):

    def wait_for_all(connections, timeout):
        for connection in connections:
            wait([connection])
        return connections

    monkeypatch.setattr(parallel, 'wait', wait_for_all)
    results = map_in_order(double, list(range(4)), 2)
    assert next(results) == 0
    clock[0] += 2 * parallel.JOB_SECONDS
    assert list(results) == [2, 4, 6]


def refuse(number):
    if number == 3:
        raise InputError('3.mp4', 'size', 0, 'more')
    return b'x' * 300_000  # more than a pipe holds


def test_what_a_job_raises_ends_all(hurry):
    with pytest.raises(InputError, match='3.mp4: size: found 0, want more') as error:
        list(map_in_order(refuse, list(range(40)), 2))
    assert 'in refuse' in str(error.value.__cause__)  # where it was raised
    assert not multiprocessing.active_children()


def test_results_that_nobody_wants_any_more_end_all(hurry):
    results = map_in_order(refuse, [0] * 40, 2)
    next(results)
    results.close()
    assert not multiprocessing.active_children()


def test_a_job_is_known_by_its_names_and_numbers():
    job = (Path('videos'), dict(a=1), 'train', 7, np.ones(3), ['x'])
    assert parallel._text_of(job) == 'videos train 7 x'


def _ctrl_c(_):
    return signal.getsignal(signal.SIGINT)


def test_a_process_leaves_ctrl_c_to_its_parent():
    assert list(map_in_order(_ctrl_c, [0, 0], 2)) == [signal.SIG_IGN] * 2


def _slow_parent(path):
    for _ in map_in_order(_write_pid, [path, path], 2):
        signal.pause()


def _write_pid(path):
    (path / str(os.getpid())).touch()


def test_processes_of_a_parent_that_was_killed_end(hurry, tmp_path):
    parent = multiprocessing.get_context('fork').Process(target=_slow_parent, args=(tmp_path, ))
    parent.start()
    while len(list(tmp_path.iterdir())) < 2:
        time.sleep(0.01)
    parent.kill()
    parent.join()
    workers = [Path('/proc') / path.name for path in tmp_path.iterdir()]
    while any(worker.exists() and 'State:\tZ' not in (worker / 'status').read_text()
              for worker in workers):
        time.sleep(0.01)
