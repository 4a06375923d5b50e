"""Checkpoints from the web: downloaded once, whole or not at all, and what their names say."""
import hashlib
import http.client
import re
import urllib.error
import urllib.request
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from torch.hub import get_dir

from .errors import InputError
from .files import held_alone, whole_or_absent
from .progress import Progress
from .published import is_published

_WANT = 'the address of a checkpoint'
_HASH = re.compile(r'-([0-9a-f]{8,64})\.\w+')
_MOST_BYTES = 8 * 2**30
_SECONDS = 60  # without a byte
_PIECE = 2**20


def is_address(path: str) -> bool:
    """Whether a checkpoint is to be downloaded."""
    return path.startswith(('http://', 'https://'))


def downloaded(address: str) -> Path:
    """Return a checkpoint's file, which is downloaded where it is not there yet.

    It lies in torch's folder of downloads, in one folder an address. A file that lies there by its
    name alone, as torch itself keeps it, is taken. Where a name ends in a hash, as in
    ``NAME-0123abcd.pth``, the file's SHA-256 must begin with it, each time.

    Args:
        address: Of http or https.

    Raises:
        InputError: It cannot be downloaded, is larger than 8 GiB, or is not what its name says.
    """
    name = unquote(PurePosixPath(urlsplit(address).path).name)
    if not re.fullmatch(r'\w[\w.+-]*', name):
        raise InputError(address, 'checkpoint', f'a name like {name!r}',
                         f'{_WANT}, which ends in the name of a file')
    placed = Path(get_dir(), 'checkpoints', name)
    if placed.is_file():
        _check_hash(address, placed)
        return placed
    folder = hashlib.sha256(address.encode()).hexdigest()[:16]
    path = Path(get_dir(), 'checkpoints', folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with held_alone(f'{path}.lock', wait=True):
        if not path.is_file():
            _download(address, path)
        try:
            _check_hash(address, path)
        except InputError:
            path.unlink()
            raise
    return path


def _download(address: str, path: Path) -> None:
    try:
        with (
                urllib.request.urlopen(address, timeout=_SECONDS) as answer,  # nosec B310 - http(s)
                whole_or_absent(path) as file):
            size = int(answer.headers.get('Content-Length') or 0)
            with Progress('MiB', round(size / _PIECE, 1)) as progress:
                while piece := answer.read(_PIECE):
                    file.write(piece)
                    if file.tell() > _MOST_BYTES:
                        raise InputError(address, 'checkpoint', f'more than {_MOST_BYTES} bytes',
                                         _WANT)
                    progress.reach(round(file.tell() / _PIECE, 1))
            if file.tell() < size:  # a server that went away looks like the end of the file
                raise InputError(address, 'checkpoint', f'{file.tell()} of {size} bytes', _WANT)
    except InputError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:  # URLError is an OSError
        reason = error.reason if type(error) is urllib.error.URLError else error
        raise InputError(address, 'checkpoint', reason, _WANT) from error


def _check_hash(address: str, path: Path) -> None:
    named = _HASH.search(path.name)
    if named is None or named[1].isdecimal() and not is_published(path):  # else it may be a date
        return
    with path.open('rb') as file:
        digest = hashlib.file_digest(file, 'sha256').hexdigest()
    if not digest.startswith(named[1]):
        raise InputError(address, 'checkpoint', f'a file of SHA-256 {digest[:len(named[1])]}...',
                         f'{named[1]}, as its name says')
