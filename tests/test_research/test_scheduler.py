"""What the scheduler says of the time that is left."""
import re

import pytest

from research.ablation import scheduler as module
from research.ablation.scheduler import Scheduler


class _Job:
    """A training that has come so far."""

    def __init__(self, share):
        self.share = share

    def __str__(self):
        return 'job'

    def progress(self):
        return self.share


@pytest.fixture
def clock(monkeypatch):
    """Time as the test sets it."""
    now = [0.]
    monkeypatch.setattr(module.time, 'monotonic', lambda: now[0])
    return now


@pytest.mark.parametrize('stopped', [(), (0.5, ), (1., ), (0.25, 1.)])
def test_what_an_earlier_command_did_takes_no_time_now(stopped, clock):
    waiting = [_Job(share) for share in stopped]
    running = [_Job(0.) for _ in range(2)]
    scheduler = Scheduler(running + waiting, 2, finished=None)
    scheduler.waiting = waiting
    scheduler.running = {i: (job, i) for i, job in enumerate(running)}
    assert 'time unknown' in scheduler.state()
    # Both are half done after 10 minutes: a job takes 20 minutes of one of two places.
    clock[0] = 600.
    for job in running:
        job.share = 0.5
    left = 10 + 10 * sum(1 - share for share in stopped)
    assert float(re.search(r'([\d.]+) min left', scheduler.state())[1]) == round(left)
