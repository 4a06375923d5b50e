"""Files that appear whole, that one process holds, and that are read by the line."""
import errno
import fcntl
import multiprocessing
import os
import signal
from contextlib import ExitStack, contextmanager

import pytest

from mmaction_d3d.errors import InputError
from mmaction_d3d.files import held_alone, numbered_lines, whole_or_absent, write_csv, write_text

REFUSAL = InputError('folder', '.lock', 'held', 'one process')


def test_a_file_that_fails_halfway_leaves_the_old_one(tmp_path):
    path = tmp_path / 'new' / 'a.bin'
    for content in (b'old', b'new'):
        try:
            with whole_or_absent(path) as file:
                file.write(content)
                file.flush()
                assert path.exists() is (content == b'new')
                if content == b'new':
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
    assert path.read_bytes() == b'old' and [*path.parent.iterdir()] == [path]


def test_csv_quotes_what_needs_it(tmp_path):
    write_csv(tmp_path / 'a.csv', ('name', 'é'), [('a,b', None), (1, 0.5)])
    assert (tmp_path / 'a.csv').read_text(encoding='utf-8') == 'name,é\n"a,b",\n1,0.5\n'


@contextmanager
def other_process(function, path):
    """A process that is ended with the block, whatever happens there, and what it answers."""
    fork = multiprocessing.get_context('fork')
    answers, theirs = fork.Pipe()
    process = fork.Process(target=function, args=(path, theirs))
    process.start()
    theirs.close()
    try:
        yield process, answers
    finally:
        process.kill()
        process.join()


def _hold(path, answers):
    try:
        with held_alone(path, REFUSAL):
            answers.send('held')
    except InputError as error:
        answers.send(str(error))


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path):
    path = tmp_path / '.lock'

    def ask():
        with other_process(_hold, path) as (process, answers):
            answer = answers.recv()
            process.join()
            return answer

    with held_alone(path, REFUSAL):
        assert ask() == str(REFUSAL)
    assert ask() == 'held'


def _live_for_a_while():
    signal.alarm(600)  # where nobody ends it
    signal.pause()


def _hold_and_fork(path, answers):
    with held_alone(path, REFUSAL):
        worker = multiprocessing.get_context('fork').Process(target=_live_for_a_while)
        worker.start()
        answers.send(worker.pid)
        signal.pause()


def test_a_killed_process_holds_nothing_and_nor_do_its_workers(tmp_path):
    path = tmp_path / '.lock'
    with other_process(_hold_and_fork, path) as (process, answers):
        worker = answers.recv()
        try:
            with pytest.raises(InputError, match='one process'), held_alone(path, REFUSAL):
                pass
            process.kill()
            process.join()
            with held_alone(path, REFUSAL):
                os.kill(worker, 0)  # it lives
        finally:
            os.kill(worker, signal.SIGKILL)


def _wait(path, answers):
    answers.send('asks')
    with held_alone(path, wait=True):
        answers.send('held')


def test_a_second_process_may_wait_for_the_first(tmp_path):
    path, first = tmp_path / '.lock', ExitStack()
    first.enter_context(held_alone(path, REFUSAL))
    with first, other_process(_wait, path) as (process, answers):
        assert answers.recv() == 'asks'
        assert not answers.poll(0.5)
        first.close()
        assert answers.recv() == 'held'  # whenever the machine gets round to it
        process.join()


@pytest.mark.parametrize('wait', [False, True])
def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch, wait):

    def flock(descriptor, operation):
        raise OSError(errno.ENOSYS, 'Function not implemented')

    monkeypatch.setattr(fcntl, 'flock', flock)
    says = 'lock: found Function not implemented, want a folder .*'
    with pytest.raises(InputError, match=says), held_alone(tmp_path / '.lock', REFUSAL, wait):
        pass


def test_a_folder_without_a_place_for_a_lock_is_refused(tmp_path):
    (tmp_path / '.lock').mkdir()
    says = 'lock: found Is a directory'
    with pytest.raises(InputError, match=says), held_alone(tmp_path / '.lock', REFUSAL):
        pass


def test_lines_keep_their_numbers(tmp_path):
    path = tmp_path / 'list.txt'
    path.write_bytes('\ufeffa b\n\n   \nç\r\n'.encode())
    assert list(numbered_lines(path, 'a list')) == [('line 1', 'a b'), ('line 4', 'ç')]
    path.write_bytes(b'\xe7')
    with pytest.raises(InputError, match='list.txt: content: found UnicodeDecodeError .* a list'):
        list(numbered_lines(path, 'a list'))


@pytest.mark.parametrize('text, data', [('é', 'é'.encode()), ('a\udcff', b'a\xff'),
                                        ('a\ud800', b'a\\ud800')])
def test_names_that_are_not_utf_8_are_written(tmp_path, text, data):
    write_text(tmp_path / 'x.csv', text)
    assert (tmp_path / 'x.csv').read_bytes() == data
