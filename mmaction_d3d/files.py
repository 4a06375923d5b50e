"""Files that appear whole or not at all, that one process holds, and that are read by the line."""
import csv
import errno
import io
import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from filelock import FileLock, Timeout

from .errors import InputError


def is_file(path: str | Path) -> bool:
    """Whether a file is there, for names that a user gave.

    `Path.is_file` raises where a name is too long or its folder may not be looked into.
    """
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: str | Path) -> bool:
    """Whether a folder is there; as :func:`is_file`."""
    return os.path.isdir(path)  # noqa: PTH112


def without_suffix(name: str) -> str:
    """Return a file's name, with the folders in it, without its suffix."""
    return name.removesuffix(PurePosixPath(name).suffix)


@contextmanager
def whole_or_absent(path: str | Path) -> Iterator[BinaryIO]:
    """Return a binary file that appears under its name only once all of it is on the disk.

    Args:
        path: The file; its folder is made. One that is there already stays as it is until the new
            one is whole.

    Yields:
        The file to write to; it lies beside ``path``, as ``path.part``, until it is whole, and is
        removed where writing fails.

    Raises:
        InputError: The disk is full, or the file cannot be written there.
    """
    path = Path(path).absolute()
    part = Path(f'{path}.part')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open('wb') as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # some file systems tell only here that the disk is full
        part.replace(path)
        _sync_folder(path.parent)
    except BaseException as error:
        if is_file(part):
            part.unlink()
        if isinstance(error, OSError):
            raise InputError(path, 'writing', error.strerror or error,
                             'a folder that can be written to, with room') from error
        raise


def _sync_folder(folder: Path) -> None:
    """Put a new name on the disk, too, before whatever it replaces is removed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that has no such thing for folders
            raise
    finally:
        os.close(descriptor)


def write_pickle(path: str | Path, content: object) -> None:
    """Write a pickle whole or not at all: see :func:`whole_or_absent`."""
    with whole_or_absent(path) as file:
        pickle.dump(content, file, protocol=4)


def write_bytes(path: str | Path, data: bytes | memoryview) -> None:
    """Write bytes whole or not at all: see :func:`whole_or_absent`."""
    with whole_or_absent(path) as file:
        file.write(data)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file, UTF-8, whole or not at all: see :func:`whole_or_absent`.

    Names of files that are not UTF-8 stand in it as the bytes that they are.
    """
    try:
        data = text.encode(errors='surrogateescape')
    except UnicodeEncodeError:  # half of a pair, which no name of a file has
        data = text.encode(errors='backslashreplace')
    write_bytes(path, data)


def write_csv(path: str | Path, header: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Write a CSV file whole or not at all: see :func:`whole_or_absent`.

    Args:
        path: The file.
        header: Names of the columns.
        rows: The values.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())


@contextmanager
def held_alone(path: str | Path, refusal: InputError | None = None,
               wait: bool = False) -> Iterator[None]:
    """Hold a lock file; the system lets go of it when the process ends, however it does.

    The file stays, and says nothing: a process that is dead holds no lock. Processes that the
    holder forks do not hold it with it.

    Args:
        path: The lock file; its folder must be there.
        refusal: Raised where another process holds it. Defaults to None, only with ``wait``.
        wait: Whether to wait until that process lets go, in place of the refusal.

    Raises:
        InputError: The file cannot be locked: it cannot be written, or its file system has no
            locks.
    """
    # A file that marks a lock, filelock's own answer where there are none, outlives its process.
    lock = FileLock(path, timeout=-1 if wait else 0, fallback_to_soft=False)
    _acquire(lock, refusal)
    try:
        yield
    finally:
        lock.release()


def hold(path: str | Path, refusal: InputError) -> FileLock:
    """Hold a lock file until it is released or the process ends.

    Args:
        path: The lock file, whose folder is made. The process that holds it may hold it again.
        refusal: Raised where another process holds it.

    Raises:
        InputError: The file cannot be locked.
    """
    lock = FileLock(path, timeout=0, is_singleton=True, fallback_to_soft=False)
    _acquire(lock, refusal)
    return lock


def _acquire(lock: FileLock, refusal: InputError | None) -> None:
    try:
        lock.acquire()
    except Timeout as error:
        raise refusal or error from error
    except OSError as error:
        raise InputError(lock.lock_file, 'lock', error.strerror or error,
                         'a folder that can be written to, of a file system with locks') from error


def numbered_lines(path: str | Path, wanted: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of a text file that are not blank, each with its place: ``'line 1'``.

    Args:
        path: The file, UTF-8 with or without a byte order mark.
        wanted: What the file should be, for the error.

    Raises:
        InputError: The file cannot be read.
    """
    try:
        lines = Path(path).read_text(encoding='utf-8-sig').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, 'content', f'{type(error).__name__} ({error})', wanted) from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield f'line {number}', line
