"""Published checkpoints: tensors as safetensors, and what they are as JSON in the file's head."""
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from .errors import InputError
from .files import write_bytes, write_text

SUFFIX = '.safetensors'
_KEY = 'mmaction_d3d'
_WANT = 'a checkpoint that d3d publish wrote'


def is_published(path: str | Path) -> bool:
    """Whether a name is that of a published checkpoint."""
    return str(path).endswith(SUFFIX)


def publish(state: Mapping[str, Tensor], about: Mapping[str, Any], folder: str | Path,
            name: str) -> Path:
    """Write tensors and what they are, under a name that ends in the file's hash.

    Args:
        state: Tensors by name.
        about: ``config`` (text of a config, of plain values), ``classes`` and whatever JSON holds.
        folder: Where to write; it is made.
        name: How the file's name begins.

    Returns:
        The file, ``NAME-HASH.safetensors``, with its checksum beside it.

    Raises:
        InputError: The file cannot be written.
    """
    from safetensors.torch import save

    # Copies: tensors that share memory are refused.
    tensors = {key: value.detach().cpu().contiguous().clone() for key, value in state.items()}
    data = save(tensors, {_KEY: json.dumps(about)})
    digest = hashlib.sha256(data).hexdigest()
    path = Path(folder, f'{name}-{digest[:8]}{SUFFIX}')
    write_text(f'{path}.sha256', f'{digest}  {path.name}\n')
    write_bytes(path, data)
    return path


def read_published(path: str | Path, map_location: Any = None) -> dict[str, Any]:
    """Read a published checkpoint as mmengine's are laid out; no code that it may hold is run.

    Args:
        path: The file.
        map_location: A device. Defaults to None, the CPU.

    Returns:
        ``state_dict``, and ``meta`` with ``cfg``, ``dataset_meta`` and ``trained_on``.

    Raises:
        InputError: It is no such file.
    """
    from safetensors import SafetensorError, safe_open
    device = str(map_location or 'cpu')
    try:
        with safe_open(path, framework='pt', device=device) as file:
            text = (file.metadata() or {}).get(_KEY)
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no dict
    except (OSError, SafetensorError) as error:
        raise InputError(path, 'checkpoint', error, _WANT) from error
    try:
        about = {} if text is None else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(path, f'metadata {_KEY}', error, 'JSON') from error
    if not isinstance(about, dict):
        raise InputError(path, f'metadata {_KEY}', type(about).__name__, 'a JSON object')
    meta = dict(cfg=about.get('config'), trained_on=about.get('trained_on'),
                dataset_meta=dict(classes=about.get('classes')))
    return dict(state_dict=state, meta=meta)
