"""Checkpoints on the disk: whole or not at all, with a checksum beside them."""
import hashlib
import io
import os
import re
import shutil
import zipfile
import zlib
from pathlib import Path

import torch

from .errors import InputError
from .files import whole_or_absent, write_bytes, write_text

SUM_SUFFIX = '.sha256'
_NAME = re.compile(r'(epoch|iter)_\d+\.pth')


def write_checkpoint(checkpoint: object, path: str | Path) -> None:
    """Save a checkpoint and its checksum, ``PATH.sha256``, which ``sha256sum --check`` reads.

    Args:
        checkpoint: What ``torch.save`` takes.
        path: The file. One that is there stays until the new one is whole.

    Raises:
        InputError: The disk is full, or the file cannot be written there.
    """
    content = io.BytesIO()
    torch.save(checkpoint, content)
    data = content.getbuffer()
    new = hashlib.sha256(data).hexdigest()
    old = _known_sums(path) if Path(path).is_file() else []
    # Wherever this is stopped, the file that is there has one of the sums that are named.
    _write_sums(path, [*old, new])
    write_bytes(path, data)
    _write_sums(path, [new])


def name_checkpoint(source: str | Path, path: str | Path) -> None:
    """Give a checkpoint a further name, which stays whole when the first one is removed.

    Args:
        source: The checkpoint.
        path: Its further name: a hard link, or a copy where there can be none. At any time it is
            the whole file from before, or this one; nothing is done where it is already.

    Raises:
        InputError: The disk is full, or the file cannot be written there.
    """
    source, path = Path(source), Path(path)
    if path.exists() and (path.samefile(source) or _stamp(path) == _stamp(source)):
        return
    sums = _known_sums(source)
    if sums:
        _write_sums(path, [*_known_sums(path), *sums])
    else:
        Path(f'{path}{SUM_SUFFIX}').unlink(missing_ok=True)
    part = path.with_name(f'{path.name}.part')
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
        part.replace(path)
    except OSError:  # no links on this file system, or the two lie on different ones
        with whole_or_absent(path) as file, source.open('rb') as content:
            shutil.copyfileobj(content, file)
        shutil.copystat(source, path)
    if sums:
        _write_sums(path, sums)


def check_whole(path: str | Path) -> None:
    """Check a checkpoint against its checksum, where there is one, else against those in it.

    PyTorch writes a CRC-32 of each tensor, which it does not read.

    Raises:
        InputError: It is another file than the one that was written.
    """
    sums = _known_sums(path)
    if not sums:
        _check_parts(path)
        return
    with Path(path).open('rb') as file:
        digest = hashlib.file_digest(file, 'sha256').hexdigest()
    if digest not in sums:
        raise InputError(
            path, 'checksum', f'{digest[:12]}..., the file is damaged or was changed',
            f'{sums[-1][:12]}... as in {Path(path).name}{SUM_SUFFIX}, which may be removed where '
            'the file was changed on purpose')


def _check_parts(path: str | Path) -> None:
    """Check each part of a file of ``torch.save`` against its CRC-32; others have none."""
    try:
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > Path(path).stat().st_size:
                return  # packed, which PyTorch never does: a few bytes may stand for terabytes
            damaged = parts.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError,
            ValueError):
        return  # no such file: what reads it says what is wrong
    if damaged is not None:
        raise InputError(path, 'checksum', f'a damaged part {damaged[:100]}',
                         'the file as it was saved')


def is_whole(path: str | Path) -> bool:
    """Whether a checkpoint can be read, and is what was written where there is a checksum."""
    try:
        check_whole(path)
        # What has no checksum: the end of a file that was cut is missed at once.
        torch.load(path, map_location='cpu', weights_only=True, mmap=not _is_old(path))
    except Exception:  # of any kind: torch raises what its reader stumbles over
        return False
    return True


def checkpoints_in(folder: str | Path) -> list[Path]:
    """List the checkpoints of a run that it can go on from, the newest first."""
    paths = [path for path in Path(folder).glob('*.pth') if _NAME.fullmatch(path.name)]
    return sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def newest_best(folder: str | Path = 'work_dirs') -> str:
    """Find the best checkpoint of the run that trained last.

    Args:
        folder: Where runs have their folders.

    Raises:
        InputError: No run has one.
    """
    best = max(
        Path(folder).glob('*/best.pth'), key=lambda path: path.stat().st_mtime_ns, default=None)
    if best is None:
        raise InputError(
            'command line', '--checkpoint', f'nothing, and no {folder}/*/best.pth',
            'a file or URL; "d3d quickstart" makes one of drawn clips, "d3d prepare custom" begins '
            'with your own videos')
    return str(best)


def _is_old(path: str | Path) -> bool:
    """Whether the file is of torch's format before zip files, which cannot be mapped."""
    with Path(path).open('rb') as file:
        return file.read(2) != b'PK'


def _stamp(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def _known_sums(path: str | Path) -> list[str]:
    sums = Path(f'{path}{SUM_SUFFIX}')
    if not sums.is_file():
        return []
    with sums.open('rb') as file:  # a few lines; whatever else it is, it is no list of sums
        return re.findall(r'^([0-9a-f]{64})\b', file.read(4096).decode(errors='replace'), re.M)


def _write_sums(path: str | Path, sums: list[str]) -> None:
    write_text(f'{path}{SUM_SUFFIX}', ''.join(f'{digest}  {Path(path).name}\n' for digest in sums))
