"""The one error that says: what you gave me is wrong, and where."""
import errno
import os
import re
import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .worker_notes import longest, note_of

#: Where a mistake is: the file, or other place, and the field in it.
Place = tuple[str | Path, str]

_OF_THE_DISK = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.ENOTDIR, errno.EEXIST,
    errno.EISDIR, errno.ENAMETOOLONG
}


class InputError(ValueError):
    """Something the user gave (a file, a config key, an argument) cannot be used.

    The message always reads ``FILE: FIELD: found X, want Y``, so that a user sees what to mend
    without a traceback; :func:`mmaction_d3d.cli.run` prints it so.

    Args:
        file: File, or other place (``command line``), that holds the mistake. With ``file``
            alone it is the whole message: torch re-raises a data loader worker's error as
            ``type(error)(text)``, and pickling does the same.
        field: Field of that file, such as ``annotations[3].label``.
        found: What stands there.
        want: What should stand there.

    Attributes:
        file, field, found, want: As given: numbers and None as they are, all else as text, so that
            the error can be sent from any process to another. ``field``, ``found`` and ``want`` are
            None where ``file`` is the whole message.
    """

    def __init__(self, file: object, field: object = None, found: object = None,
                 want: object = None) -> None:
        if field is None:
            super().__init__(str(file))
        else:
            file, field, found, want = map(_plain, (file, field, found, want))
            super().__init__(f'{_quoted(file)}: {_quoted(field)}: found {_quoted(found)}, want '
                             f'{_quoted(want)}')
        self.file, self.field = str(file), field if field is None else str(field)
        self.found, self.want = found, want


_LONGEST = 500  # characters of a part of a message


def _plain(value: object) -> int | float | str | None:
    """Return a number or None as it is, all else as text that any terminal can show."""
    if value is None or type(value) in (int, float, bool):
        return value  # type: ignore[return-value]
    return ''.join(letter if letter.isprintable() or letter.isspace() else repr(letter)[1:-1]
                   for letter in str(value))


def _quoted(value: object) -> str:
    try:
        text = str(value)
    except ValueError:  # Python's, of whole numbers of thousands of digits
        text = shown(value)
    if not text:
        return "''"
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]}... ({len(text)} characters)'


_WORDS: dict[type[Exception], str] = {
    IndexError: 'too few entries',
    RecursionError: 'parts in parts, too deep',
    ArithmeticError: 'a number out of range',
    AttributeError: 'a part of another type',
    TypeError: 'a part of another type',
}


@contextmanager
def content_of(file: object, field: str, want: str) -> Iterator[None]:
    """Blame a stranger's file for what Python stumbles over while it is read.

    Args:
        file: The file.
        field: Where in it.
        want: What should stand there.

    Raises:
        InputError: A part is missing, of another type, too large, or too deep.
    """
    try:
        yield
    except InputError:
        raise
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError,
            ValueError) as error:
        raise InputError(file, field, _in_words(error), want) from error


def _in_words(error: Exception) -> str:
    """Say what is wrong with a stranger's file at which Python raised an error."""
    if isinstance(error, KeyError):
        return f'no {shown(error.args[0])}' if error.args else 'an entry that is missing'
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words
    return ' '.join(str(error).split()) or 'a wrong value'


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Go from an exception to those that it came from, as a traceback shows them."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context


def find_system_mistake(error: BaseException | None) -> InputError | None:
    """Find what the system refused behind an exception.

    That is a full or read-only disk, a folder that is none of the user's, a data loader's worker
    process that was killed or hangs, or another process of a distributed run that does.

    Args:
        error: Any exception.

    Returns:
        The same as a user reads it, or None where it is of something else.
    """
    for behind in causes(error):
        if isinstance(behind, OSError) and behind.errno in _OF_THE_DISK:
            return InputError(behind.filename or 'disk', 'file', behind.strerror,
                              'one that may be read and written, on a disk with room')
        if isinstance(behind, RuntimeError):
            mistake = _of_another_process(' '.join(str(behind).split()))
            if mistake is not None:
                return mistake
    return None


def _of_another_process(text: str) -> InputError | None:
    """Read what torch says of a process that is dead or hangs."""
    dead = re.search(r'DataLoader worker \(pid[^\d]*([\d, ]+)\) (?:is )?([^.]*)', text)
    if dead:
        notes = [note_of(int(process)) for process in re.findall(r'\d+', dead[1])]
        clips = ', '.join(note.name for note in notes if note is not None)
        return InputError(
            'data loader', 'worker process', f'its end ({dead[2]}){clips and f" at {clips}"}',
            'one that lives (does a clip crash its decoder? is there too little '
            'memory, or shared memory? fewer num_workers need less)')
    slow = re.search(r'DataLoader timed out after (\d+)', text)
    if slow:
        note = longest()
        at = f', as it is at {note.name} for {note.seconds:.0f} s' if note else ''
        return InputError(
            'data loader', 'worker process', f'no batch for {slow[1]} s{at}',
            'one that answers (does a clip hang its decoder, or the disk?); the '
            "loader's timeout says how long to wait")
    silent = re.search(
        r'Timed out waiting \d+ms|(?:Watchdog caught|exceeded) collective operation timeout|'
        r'Connection (?:closed|reset) by peer', text)
    if silent and re.search('gloo|nccl|ProcessGroup', text, re.I):
        rank, count = (os.environ.get(name, '?') for name in ('RANK', 'WORLD_SIZE'))
        return InputError('distributed run', f'process {rank} of {count}',
                          f'no answer of another one ({silent[0]})',
                          'processes that live; env_cfg.dist_cfg.timeout says how long to wait')
    return None


def shown(value: object) -> str:
    """Show what a stranger's file holds on one short line, whatever it is."""
    shortened = reprlib.Repr()
    shortened.maxlevel, shortened.maxstring, shortened.maxother = 3, 100, 100
    try:
        return shortened.repr(value[:100] if isinstance(value, (bytes, bytearray)) else value)
    except (ValueError, RecursionError):  # Python's, of whole numbers of thousands of digits
        return f'a {type(value).__name__} that is too large to show'
