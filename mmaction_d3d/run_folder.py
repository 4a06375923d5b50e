"""Results of a long job, kept until they are merged, so that a stop costs little."""
import json
import shutil
from pathlib import Path
from typing import Any

from .errors import InputError
from .files import hold, write_pickle, write_text

_STAMP = 'settings.json'


def stamp_difference(stamp: Path, settings: dict[str, Any]) -> tuple[str, Any, Any] | None:
    """Compare what a folder was made of with the settings of now.

    Args:
        stamp: The JSON file of the settings then.
        settings: The settings now.

    Returns:
        The name, the value then and the value now of the first setting that differs, by name.

    Raises:
        InputError: The file holds something else.
    """
    now = json.loads(json.dumps(settings))  # as the file has them: tuples are lists there
    try:
        before = dict(json.loads(stamp.read_text()))
    except (ValueError, TypeError) as error:
        raise InputError(stamp, 'content', 'something else', 'settings, as JSON') from error
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            return name, before.get(name), now.get(name)
    return None


def check_stamp(stamp: Path, settings: dict[str, Any], cure: str) -> None:
    """Refuse a folder that was made of other settings.

    Args:
        stamp: The JSON file of the settings then.
        settings: The settings now.
        cure: What the user can do: ends the message.

    Raises:
        InputError: A setting differs, or the file holds something else.
    """
    difference = stamp_difference(stamp, settings)
    if difference is not None:
        name, before, now = difference
        raise InputError(stamp, name, before, f'{now}: {cure}')


def write_stamp(stamp: Path, settings: dict[str, Any]) -> None:
    """Write what a folder is made of."""
    write_text(stamp, json.dumps(settings, sort_keys=True, indent=1))


class RunFolder:
    """The folder ``OUT.parts`` beside the output of a job, until that is written.

    Args:
        out: The output file.
        settings: What results depend on (arguments, inputs), for JSON.
        resume: Whether to go on with what an earlier run left: True refuses results of other
            settings, False any; None takes those of the same settings and removes others.

    Attributes:
        folder: It holds each result as ``NAME.pkl``.

    Raises:
        InputError: The folder may not be used, as ``resume`` says, is of something else, or another
            process works in it.
    """

    def __init__(self, out: str | Path, settings: dict[str, Any],
                 resume: bool | None = None) -> None:
        self.folder = Path(f'{Path(out).absolute()}.parts')
        self._lock = hold(
            f'{self.folder}.lock',
            InputError(self.folder, 'folder', 'another process at work in it',
                       'one process an output'))
        stamp = self.folder / _STAMP
        if self.folder.is_dir() and any(self.folder.iterdir()):
            if not stamp.is_file():
                raise InputError(self.folder, 'folder', 'files of something else',
                                 'no such folder, or one that an interrupted run left')
            if resume is False:
                raise InputError('command line', '--resume', f'not given, but results of an '
                                 f'earlier run in {self.folder}', '--resume to go on with them, '
                                 'or that folder removed')
            if resume:
                check_stamp(stamp, settings, 'the same settings to resume')
            if stamp_difference(stamp, settings) is None:
                return
        # The folder appears with the stamp in it: a stop in between leaves another name.
        fresh = Path(f'{self.folder}.new')
        for folder in (fresh, self.folder):
            shutil.rmtree(folder, ignore_errors=True)
        write_stamp(fresh / _STAMP, settings)
        fresh.replace(self.folder)

    def path(self, name: str) -> Path:
        """Return the file of a result."""
        return self.folder / f'{name}.pkl'

    def keep(self, name: str, result: Any) -> None:
        """Write a result, whole or not at all."""
        write_pickle(self.path(name), result)

    def remove(self) -> None:
        """Remove the folder, once all is merged."""
        shutil.rmtree(self.folder, ignore_errors=True)
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release(force=True)
