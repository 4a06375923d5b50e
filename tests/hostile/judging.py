"""Runs a command in a process of its own, within limits, and says what is wrong with its end."""
import contextlib
import os
import re
import resource
import select
import shutil
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import running

SECONDS = 60
MEMORY = 2 * 2**30  # bytes beyond what the process has before it starts
_CAP = 3 * 2**30  # address space beyond that: protects the machine that this runs on
_LINE = re.compile(r'error: .+?: .+: found .+, want .+', re.S)
_LONGEST = 1500  # characters of the last line
MARK = 'mark'  # what hostile code would write


@dataclass
class Ended:
    """How a command ended.

    Attributes:
        code: Exit code, negative for a signal; None where it was stopped after :data:`SECONDS`.
        output: What it printed, both streams.
        memory: Bytes of its peak beyond its beginning.
        faults: What is wrong with that end.
    """
    code: int | None
    output: str
    memory: int
    faults: list[str] = field(default_factory=list)

    @property
    def last_line(self):
        return self.output.rstrip('\n').rpartition('\n')[2]


def _in_child(folder, log, tool, argv):
    os.setsid()
    for number in (1, 2):
        os.dup2(log, number)
    sys.stdout, sys.stderr = (os.fdopen(number, 'w', buffering=1)
                              for number in (1, 2))  # strict, as Python opens them
    os.chdir(folder)
    pages = int(Path('/proc/self/statm').read_text().split()[0])
    cap = pages * resource.getpagesize() + _CAP
    resource.setrlimit(resource.RLIMIT_AS, (cap, cap))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    code = 99
    try:
        code = running.run_tool(tool, *argv)
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 98)


def _peak_of(pid, seconds):
    """Wait for a process; return its code, None where it took too long, and its peak in bytes."""
    descriptor = os.pidfd_open(pid)
    try:
        in_time = bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # it, or processes that it left behind
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status) if in_time else None, usage.ru_maxrss * 1024


def run_in(folder, tool, argv):
    """Run a tool as from the command line, in a folder, forked from this process.

    Returns:
        How it ended, without judgement.
    """
    log_path = Path(f'{folder}.log')
    sys.stdout.flush()
    sys.stderr.flush()
    with log_path.open('wb') as log:
        before = int(Path('/proc/self/statm').read_text().split()[1]) * resource.getpagesize()
        pid = os.fork()
        if not pid:
            _in_child(folder, log.fileno(), tool, argv)
        code, peak = _peak_of(pid, SECONDS)
    output = log_path.read_text(errors='replace')
    log_path.unlink()
    return Ended(code, output, max(peak - before, 0))


def judge(ended, folder, outputs, before, may_pass):
    """Fill ``faults``.

    Args:
        ended: Of :func:`run_in`.
        folder: Where it ran.
        outputs: Paths below it that a command that fails may not leave there.
        before: :func:`listing` of the folder above before.
        may_pass: Why the command may accept the input, from the documentation; '' where it may
            not.
    """
    say = ended.faults.append
    if ended.code is None:
        say(f'still running after {SECONDS} s')
    elif ended.code < 0 or ended.code > 128:
        say(f'ended by signal or crash: {ended.code}')
    if ended.memory > MEMORY or 'MemoryError' in ended.output:
        say(f'took {ended.memory / 2**30:.1f} GiB')
    if 'Traceback (most recent call last)' in ended.output:
        say('a traceback')
    if 'SystemError' in ended.output:
        say('SystemError')
    last = ended.last_line
    is_usage = ended.code == 2 and ': error: ' in last
    if ended.code == 0 and not may_pass:
        say('accepted')
    if ended.code == 2 and not is_usage and not _LINE.fullmatch(last):
        say('no error line at the end')
    if len(last) > _LONGEST:
        say(f'a last line of {len(last)} characters')
    if any(ord(letter) < 32 and letter != '\t' for letter in last):
        say('control characters in the last line')
    _judge_files(ended, folder, outputs, before, say)


def _judge_files(ended, folder, outputs, before, say):
    now = listing(folder.parent)
    below = f'{folder.name}/'
    if any(path.endswith(f'/{MARK}') for path in now):
        say('CODE OF THE INPUT RAN')
    if ended.code:
        say_left = [name for name in outputs if (folder / name).exists()]
        if say_left:
            say(f'failed, and left {" ".join(say_left)}')
    parts = [path for path in now if path.endswith('.part') and path not in before]
    if parts:
        say(f'left {" ".join(parts)}')
    outside = [
        path for path in now.keys() | before.keys()
        if not path.startswith(below) and now.get(path) != before.get(path)
    ]
    if outside:
        say(f'changed files outside of its folder: {" ".join(outside)}')
    lost = [path for path in before if path.startswith(below) and path not in now]
    if lost:
        say(f'removed {" ".join(lost)}')


def listing(folder):
    """Sizes of all files below a folder, by their paths from there."""
    return {
        str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob('*')
        if path.is_file() and not path.is_symlink()
    }


def clear(folder):
    """Remove a folder, whatever names lie in it."""
    for path, _, _ in os.walk(os.fsencode(folder)):
        os.chmod(path, 0o700)
    shutil.rmtree(os.fsencode(folder))
