"""The folder of results that a stopped job goes on from."""
import pickle
import subprocess
import sys

import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.run_folder import RunFolder


def test_results_of_the_same_settings_stay_until_they_are_removed(tmp_path):
    out = tmp_path / 'a.pkl'
    RunFolder(out, dict(people=2, size=(1, 2))).keep('x', [1, 2])
    for resume in (None, True):
        again = RunFolder(out, dict(size=(1, 2), people=2), resume)
        assert pickle.loads(again.path('x').read_bytes()) == [1, 2]
    again.remove()
    assert not list(tmp_path.iterdir())
    RunFolder(out, dict(people=2), resume=False)  # there is nothing of an earlier run


def test_results_of_other_settings_are_refused_or_removed(tmp_path):
    out = tmp_path / 'a.pkl'
    first = RunFolder(out, dict(people=2))
    first.keep('x', [1, 2])
    with pytest.raises(InputError, match='settings.json: people: found 2, want 3: the same'):
        RunFolder(out, dict(people=3), resume=True)
    with pytest.raises(InputError, match='--resume: found not given, but results of an earlier'):
        RunFolder(out, dict(people=2), resume=False)
    assert first.path('x').is_file()
    assert not RunFolder(out, dict(people=3)).path('x').exists()


@pytest.mark.parametrize('resume', [None, True, False])
def test_a_folder_of_something_else_is_left_as_it_is(tmp_path, resume):
    (tmp_path / 'a.pkl.parts').mkdir()
    (tmp_path / 'a.pkl.parts' / 'mine').touch()
    with pytest.raises(InputError, match='folder: found files of something else'):
        RunFolder(tmp_path / 'a.pkl', {}, resume)
    assert (tmp_path / 'a.pkl.parts' / 'mine').exists()


def test_a_stop_while_the_folder_is_made_leaves_none(tmp_path, monkeypatch):
    monkeypatch.setattr('mmaction_d3d.run_folder.write_text', lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        RunFolder(tmp_path / 'a.pkl', {})
    assert not (tmp_path / 'a.pkl.parts').exists()


def test_one_process_at_a_time(tmp_path):
    out = tmp_path / 'a.pkl'
    first = RunFolder(out, {})
    second = [
        sys.executable, '-c', 'import sys; from mmaction_d3d.run_folder import RunFolder; '
        f'RunFolder({str(out)!r}, {{}})'
    ]
    told = subprocess.run(second, capture_output=True, text=True)
    assert told.returncode and 'folder: found another process at work in it' in told.stderr
    first.remove()
    assert subprocess.run(second).returncode == 0
    RunFolder(out, {})  # whose holder has ended
