"""What a checkpoint may tell a training that goes on from it: numbers, no code and no paths."""
from collections.abc import Collection
from pathlib import Path

from .files import is_file


def make_harmless(checkpoint: dict, folders: Collection[str]) -> None:
    """Take from a checkpoint what MMEngine would run, delete or write by, in place.

    MMEngine runs ``meta.config`` as Python when it resumes, and deletes the file that
    ``best_ckpt`` names as soon as there is a better one.

    Args:
        checkpoint: As MMEngine saved it; it may come from anywhere.
        folders: Where the run keeps its checkpoints. A path becomes that of the file of this name
            there, so that a folder may be moved; without one it is left out.
    """
    meta = checkpoint.get('meta')
    if isinstance(meta, dict):
        meta.pop('config', None)
    hub = checkpoint.get('message_hub')
    known = hub.get('runtime_info') if isinstance(hub, dict) else None
    if not isinstance(known, dict):
        return
    for key, value in list(known.items()):
        if str(key).startswith(('best_ckpt', 'last_ckpt')):
            known[key] = _in_folders(value, folders)
            if known[key] is None:
                del known[key]
        elif key in ('keep_ckpt_ids', 'keep_iter_ids'):  # parts of names of files to delete
            numbers = value if isinstance(value, (list, tuple)) else []
            known[key] = [number for number in numbers if type(number) is int]


def _in_folders(path: object, folders: Collection[str]) -> str | None:
    """Return the file of this path's name in one of the folders."""
    name = Path(path).name if isinstance(path, str) else ''
    paths = [str(Path(folder, name)) for folder in folders if name]
    return next(filter(is_file, paths), None)
