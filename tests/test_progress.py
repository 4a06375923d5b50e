"""Bars and lines of long jobs."""
import os
import re
import subprocess
import sys

import pytest
from running import ROOT, listen_to_ctrl_c

from mmaction_d3d import progress as module
from mmaction_d3d.progress import Progress, track


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only where a test says so, in seconds."""
    now = [100.]
    monkeypatch.setattr(module.time, 'monotonic', lambda: now[0])
    return now


def work(progress, clock, number, seconds):
    for _ in range(number):
        clock[0] += seconds
        progress.step()


def test_a_short_job_says_nothing_where_there_is_no_terminal(capsys, clock):
    with Progress('clips', 20) as progress:
        work(progress, clock, 20, 0.4)
    assert capsys.readouterr() == ('', '')


def test_a_long_one_says_a_line_every_ten_seconds_and_one_at_its_end(capsys, clock):
    with Progress('clips', 20) as progress:
        work(progress, clock, 20, 1.9)
    out, err = capsys.readouterr()
    assert out == '' and err.splitlines() == [
        'clips: 6/20, 0.526 a second, 0:00:27 left', 'clips: 12/20, 0.526 a second, 0:00:15 left',
        'clips: 18/20, 0.526 a second, 0:00:04 left', 'clips: 20/20, 0.526 a second, 0:00:00 left'
    ]


def test_no_line_is_said_twice(capsys, clock):
    with Progress('clips', 20) as progress:
        work(progress, clock, 20, 2)  # the last one when a line is due
    assert [line.split(',')[0] for line in capsys.readouterr().err.splitlines()
            ] == ['clips: 5/20', 'clips: 10/20', 'clips: 15/20', 'clips: 20/20']
    with pytest.raises(InterruptedError), Progress('clips', 20) as progress:
        work(progress, clock, 5, 2)
        raise InterruptedError
    assert len(capsys.readouterr().err.splitlines()) == 1
    with Progress('frames', 20) as progress:  # of a video that is shorter than it says
        work(progress, clock, 18, 2)
        progress.total = 18
    assert 'frames: 18/18,' in capsys.readouterr().err.splitlines()[-1]


def test_what_an_earlier_run_did_is_counted_but_gives_no_speed(capsys, clock):
    with Progress('clips', 20, done=10) as progress:
        work(progress, clock, 2, 5)
    # 2 in 10 seconds: the 8 that are left take 40. 10 of them were there at once.
    assert capsys.readouterr().err.splitlines()[0] == 'clips: 12/20, 0.2 a second, 0:00:40 left'


def test_sums_that_differ_by_rounding_are_no_speed(capsys, clock):
    with Progress('runs', 6, done=0.3) as progress:
        clock[0] += 10
        progress.reach(0.1 + 0.2)  # a hair above 0.3
    assert capsys.readouterr().err.splitlines()[0] == 'runs: 0/6'


def test_a_detail_and_another_total_are_told(capsys, clock):
    with Progress('frames', 100) as progress:
        progress.detail = 'video 1 of 2'
        progress.total = 50
        clock[0] += 10
        progress.step(25)
    assert capsys.readouterr().err.splitlines()[0] == (
        'frames: 25/50 (video 1 of 2), 2.5 a second, 0:00:10 left')


def test_nothing_is_said_where_nothing_is_asked_for(capsys, clock):
    with Progress('clips', 20, shown=False) as progress:
        work(progress, clock, 20, 60)
    assert capsys.readouterr() == ('', '')


def test_an_item_counts_once_it_is_finished(capsys, clock):
    seen = []
    for item in track(['a', 'b'], 'clips'):
        seen.append(item)
        clock[0] += 10
        assert f'clips: {len(seen)}/' not in capsys.readouterr().err
    assert seen == ['a', 'b'] and 'clips: 2/2' in capsys.readouterr().err


TERMINAL = '''
import os, signal, sys, time
from mmaction_d3d import cli
from mmaction_d3d.parallel import map_in_order

def wait(seconds):
    time.sleep(seconds)
    return seconds

def main():
    for number, _ in enumerate(map_in_order(wait, [0.05] * 200, int(sys.argv[1]), 'jobs')):
        if number == 6:
            print('in between')
        if number == 9 and sys.argv[2] == 'stop':
            os.killpg(0, signal.SIGINT)  # as a terminal does: to all of them
        if number == 9 and sys.argv[2] == 'fail':
            raise ValueError('of the job')
cli.run(main)
'''


@pytest.mark.parametrize('workers, ends, code', [(2, 'stop', 130), (1, 'fail', 1)])
def test_a_terminal_is_whole_however_the_job_ends(workers, ends, code, tmp_path):
    script = tmp_path / 'job.py'
    script.write_text(TERMINAL)
    reader, writer = os.openpty()
    process = subprocess.Popen([sys.executable, script, str(workers), ends], stdin=writer,
                               stderr=writer, stdout=subprocess.PIPE, start_new_session=True,
                               env=dict(os.environ, PYTHONPATH=str(ROOT), TERM='xterm',
                                        COLUMNS='100'), preexec_fn=listen_to_ctrl_c)
    os.close(writer)
    text = b''
    while True:
        try:
            part = os.read(reader, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        text += part
    os.close(reader)
    out, _ = process.communicate()
    text = text.decode()
    assert process.returncode == code and out == b'in between\n'
    assert re.search(r'jobs .*[5-9]/200, [\d.]+ a second, 0:0\d:\d\d left', text)
    hidden, shown = text.rfind('\x1b[?25l'), text.rfind('\x1b[?25h')
    assert 0 <= hidden < shown  # the cursor is back
    rest = text[shown:]
    assert ('Stopped' in text) == (ends == 'stop')
    assert ('Traceback' in text) == ('ValueError: of the job' in text) == (ends == 'fail')
    assert '/200' not in rest  # no bar is left
