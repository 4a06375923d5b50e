"""Jobs over several processes, and their line of progress."""
import re
import sys

import cv2
import pytest

from mmaction_d3d import parallel
from mmaction_d3d.parallel import Progress, map_in_order


def double(number):
    return 2 * number


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only where a test says so, in seconds."""
    now = [100.0]
    monkeypatch.setattr(parallel.time, 'monotonic', lambda: now[0])
    return now


def steps(progress, clock, number, seconds=0.05):
    for _ in range(number):
        clock[0] += seconds
        progress.step()


def test_a_line_for_every_tenth_where_there_is_no_terminal(capsys, clock):
    steps(Progress('clips', 20), clock, 20, seconds=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ['clips: 2/20, 36 s left', 'clips: 4/20, 32 s left']
    assert len(lines) == 10 and lines[-1] == 'clips: 20/20, 0 s left'


def test_few_jobs_have_a_line_each(capsys, clock):
    steps(Progress('clips', 3), clock, 3)
    assert [line.split(',')[0] for line in capsys.readouterr().out.splitlines()
            ] == ['clips: 1/3', 'clips: 2/3', 'clips: 3/3']


def test_one_line_that_updates_itself_on_a_terminal(capsys, clock, monkeypatch):
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True, raising=False)
    steps(Progress('clips', 100), clock, 100)
    text = capsys.readouterr().out
    shown = re.findall(r'clips: (\d+)/100, \d+ s left(\r|\n)', text)
    # Not more often than five times a second: 100 steps are 5 seconds.
    assert 20 <= len(shown) <= 30 and shown[-1] == ('100', '\n')
    assert text.count('\n') == 1


def test_jobs_of_an_earlier_run_are_counted_but_give_no_speed(capsys, clock):
    steps(Progress('clips', 20, done=10), clock, 2, seconds=3)
    # 2 in 6 seconds: the 8 that are left take 24. 10 of them were there at once.
    assert capsys.readouterr().out.splitlines()[-1] == 'clips: 12/20, 24 s left'


@pytest.mark.parametrize('workers', [1, 2])
def test_results_come_in_order(capsys, workers):
    assert list(map_in_order(double, list(range(7)), workers, 'jobs',
                             done=3)) == [0, 2, 4, 6, 8, 10, 12]
    assert capsys.readouterr().out.splitlines()[-1].startswith('jobs: 10/10')


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
