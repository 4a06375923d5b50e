"""Long jobs that are stopped go on where they were."""
from dataclasses import dataclass

import pytest

from mmaction_d3d.datasets.converters.common import Resumable


@dataclass
class Doubled:
    value: int


def as_doubled(number):
    if number == 5:
        raise KeyboardInterrupt
    return Doubled(2 * number)


def test_interrupted_run_goes_on_and_says_with_how_many(tmp_path, capsys):
    jobs, out = list(range(8)), tmp_path / 'a.pkl'
    with pytest.raises(KeyboardInterrupt):
        Resumable(out, {}).map(as_doubled, jobs, Doubled, 1, shard=2)
    capsys.readouterr()
    jobs[5] = 55  # what failed is mended; the stamp is the caller's
    results = Resumable(out, {}).map(as_doubled, jobs, Doubled, 1, 'jobs', shard=2)
    assert [result.value for result in results] == [0, 2, 4, 6, 8, 110, 12, 14]
    lines = capsys.readouterr().out.splitlines()
    assert lines == ['jobs: 4 of 8 are there from an earlier run']
