"""What the scheduler says of the time that is left."""
from datetime import timedelta

import pytest

from mmaction_d3d import progress
from research.ablation.scheduler import Job, Scheduler


class _Job(Job):
    """A training that has come so far."""

    def __init__(self, share):
        super().__init__('.', None, {}, None, 'ours', 'settings', 0, {}, 'work', 1)
        self.share = share

    def progress(self):
        return self.share


@pytest.fixture
def clock(monkeypatch):
    """Time as the test sets it."""
    now = [0.]
    monkeypatch.setattr(progress.time, 'monotonic', lambda: now[0])
    return now


@pytest.mark.parametrize('stopped', [(), (0.5, ), (1., ), (0.25, 1.)])
def test_what_an_earlier_command_did_takes_no_time_now(stopped, clock, capsys):
    waiting = [_Job(share) for share in stopped]
    running = [_Job(0.) for _ in range(2)]
    scheduler = Scheduler(running + waiting, 2, finished=None)
    scheduler.waiting = waiting
    scheduler.running = {i: (job, i) for i, job in enumerate(running)}
    with progress.Progress('runs', scheduler.total, sum(stopped)) as bar:
        clock[0] = 11.
        scheduler.show(bar)
        assert 'left' not in capsys.readouterr().err  # nothing has got on yet
        # Both are half done after 10 minutes: a job takes 20 minutes of one of two places.
        clock[0] = 600.
        for job in running:
            job.share = 0.5
        scheduler.show(bar)
    left = timedelta(minutes=10 + 10 * sum(1 - share for share in stopped))
    line = capsys.readouterr().err.splitlines()[0]
    assert f'/{scheduler.total} (ours seed 0 50%, ours seed 0 50%), ' in line and line.endswith(
        f'{left} left')
