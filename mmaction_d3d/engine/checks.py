"""What can be known to be wrong with a checkpoint before a long run starts from it."""
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from mmengine.config import Config
from mmengine.logging import print_log
from torch import nn

from ..checkpoint_files import check_whole, checkpoints_in, is_whole
from ..downloads import downloaded, is_address
from ..errors import InputError, shown
from ..files import is_file
from ..published import is_published, read_published
from ..unwrapping import unwrap_model

_CHECKPOINT = 'a checkpoint that MMEngine saved'
_FEW = 3  # names that a line of a log has room for


class ResumePoint(NamedTuple):
    """Where a run goes on.

    Attributes:
        path: The checkpoint; None where there is none yet.
        warning: What a user should know of that choice, a sentence.
    """
    path: str | None
    warning: str | None = None


def resume_point(work_dir: str) -> ResumePoint:
    """Find the checkpoint that a run goes on from: the last one that is whole.

    Args:
        work_dir: The run's folder, which may have been moved since.

    Raises:
        InputError: ``last_checkpoint``, which names it, is empty, and there is no other.
    """
    record = Path(work_dir, 'last_checkpoint')
    named = record.read_text(errors='replace').strip() if record.is_file() else None
    moved = named and str(Path(work_dir, Path(named).name))
    last = moved if moved and is_file(moved) else named
    if last and is_file(last) and is_whole(last):
        return ResumePoint(last)
    folders = dict.fromkeys([work_dir, str(Path(last).parent)] if last else [work_dir])
    for path in (path for folder in folders for path in checkpoints_in(folder)):
        if str(path) != last and is_whole(path):
            why = f'{last or "last_checkpoint"} is damaged or missing'
            return ResumePoint(str(path), f'{why}: training goes on from {path}')
    if named is None:
        return ResumePoint(
            None, f'{work_dir} has no checkpoint to resume from: training starts '
            'afresh')
    if not last:
        raise InputError(record, 'content', 'nothing', 'the path of a checkpoint')
    return ResumePoint(last)  # reading it says what is wrong


def check_start(cfg: Config, model: nn.Module) -> None:
    """Check the checkpoint, if any, that training starts from.

    Args:
        cfg: Config whose ``resume`` and ``load_from`` say which.
        model: The model, possibly wrapped.

    Raises:
        InputError: If the file cannot be read, or does not fit: a run that is resumed needs every
            tensor, fine-tuning at least one.
    """
    path = resumed_from(cfg) or cfg.get('load_from')
    if path is not None:
        check_checkpoint(path, model, whole=cfg.get('resume', False))


def resumed_from(cfg: Config) -> str | None:
    """Return the checkpoint of the run that a training goes on with; None where it begins."""
    if not cfg.get('resume'):
        return None
    return cfg.get('load_from') or resume_point(cfg.work_dir).path


def check_checkpoint(path: str, model: nn.Module, whole: bool = True) -> None:
    """Check that a checkpoint fits a model, because MMEngine only warns where it does not.

    Args:
        path: The file, or its address. Those that are not of http or https are left to MMEngine.
        model: The model, possibly wrapped.
        whole: Whether names and shapes must all agree, as for a checkpoint of this architecture;
            otherwise one tensor that fits is enough.

    Raises:
        InputError: If the file cannot be read or does not fit.
    """
    if '://' not in path or is_address(path):
        check_state(path, state_of(path, read_checkpoint(path)), model, whole)


def class_names_of(path: str, checkpoint: object) -> tuple[str, ...] | None:
    """Return the names of the classes that a checkpoint was trained on, where it says them.

    Args:
        path: The file, for messages.
        checkpoint: Of :func:`read_checkpoint`.

    Raises:
        InputError: They are no names.
    """
    meta = checkpoint.get('meta') if isinstance(checkpoint, Mapping) else None
    trained = meta.get('dataset_meta') if isinstance(meta, Mapping) else None
    names = trained.get('classes') if isinstance(trained, Mapping) else None
    if not names:
        return None
    if not are_names(names):
        raise InputError(path, 'meta.dataset_meta.classes', shown(names), 'names of classes')
    return tuple(names)


def are_names(value: object) -> bool:
    """Say whether a stranger's value is a list of names that a terminal may show."""
    return isinstance(value, (list, tuple)) and all(
        isinstance(name, str) and name.isprintable() for name in value)


def check_class_names(path: str, names: Sequence[str] | None) -> None:
    """Check that a checkpoint's classes are those of the data, in their order.

    Args:
        path: The checkpoint. A URL is left to MMEngine.
        names: The data's, where they are known.

    Raises:
        InputError: They are others, or in another order.
    """
    if '://' not in path and names:
        compare_class_names(path, read_checkpoint(path), names)


def compare_class_names(path: str, checkpoint: object, names: Sequence[str] | None) -> None:
    """Do as :func:`check_class_names`, with a checkpoint that was read."""
    trained = class_names_of(path, checkpoint)
    if trained is None or not names or list(trained) == list(names):
        return
    label = next(
        (label for label, (before, other) in enumerate(zip(trained, names)) if before != other),
        min(len(trained), len(names)))
    before, other = (names[label] if label < len(names) else 'none' for names in (trained, names))
    raise InputError(
        path, 'classes', f'class {label} is {shown(before)}', f'{shown(other)}, as the '
        'data says' + (', which has them in another order' * (sorted(trained) == sorted(names))))


def check_state(path: str, state: Mapping[str, torch.Tensor], model: nn.Module,
                whole: bool = True) -> None:
    """Check tensors that were read from a checkpoint, as :func:`check_checkpoint` does.

    Those that do not fit, and need not, are logged.

    Args:
        path: The file, for messages.
        state: Of :func:`state_of`.
        model: The model, possibly wrapped.
        whole: As in :func:`check_checkpoint`.

    Raises:
        InputError: They do not fit.
    """
    tensors = unwrap_model(model).state_dict()
    expected = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    given = {name: tuple(tensor.shape) for name, tensor in state.items()}
    for name in tensors.keys() & state.keys():
        if tensors[name].is_floating_point() and not state[name].is_floating_point():
            raise InputError(path, name, f'numbers of type {state[name].dtype}',
                             f'{tensors[name].dtype} or another floating type')
    fit = sum(given.get(name) == shape for name, shape in expected.items())
    if fit == 0 or (whole and not fit == len(expected) == len(given)):
        misfit = next(name for name in [*expected, *given] if expected.get(name) != given.get(name))
        raise InputError(
            path, 'state_dict',
            f'{len(given)} tensors, {fit} of which fit the {len(expected)} of the model '
            f'({misfit} is {given.get(misfit, "missing")})',
            f'a checkpoint of the same architecture ({misfit} is {expected.get(misfit, "unknown")})'
        )
    misfits = {
        'of another shape':
        [name for name in expected if given.get(name, expected[name]) != expected[name]],
        'not in it': [name for name in expected if name not in given], 'in it alone':
        [name for name in given if name not in expected]
    }
    text = ', '.join(
        f'{len(names)} {what} ({", ".join(names[:_FEW])}{", ..." * (len(names) > _FEW)})'
        for what, names in misfits.items() if names)
    if text:
        print_log(f'{path}: {fit} tensors of the model start from it; {text}', 'current',
                  logging.WARNING)


def read_checkpoint(path: str, map_location: Any = None) -> Any:
    """Read a checkpoint once, without running any code that it may hold.

    Args:
        path: The file, or an address of http or https.
        map_location: As for ``torch.load``. Defaults to None, the CPU.

    Raises:
        InputError: It cannot be read.
    """
    if is_address(path):
        file = downloaded(path)
        try:
            return read_checkpoint(str(file), map_location)
        except InputError:  # it is downloaded anew, once the server has been mended
            file.unlink(missing_ok=True)
            raise
    if not is_file(path):
        raise InputError(path, 'checkpoint', 'no such file', _CHECKPOINT)
    check_whole(path)
    if is_published(path):
        return read_published(path, map_location)
    try:
        return torch.load(path, map_location=map_location or 'cpu', weights_only=True)
    except Exception as error:  # of any kind: torch raises what its reader stumbles over
        code = re.search(r'GLOBAL (\S+)', str(error))
        found = f'{code[1]}, which may be harmful code' if code else 'what torch cannot read'
        raise InputError(path, 'checkpoint', found, _CHECKPOINT) from error


def state_of(path: str, checkpoint: object, want: str = _CHECKPOINT) -> dict[str, torch.Tensor]:
    """Return name -> tensor of a checkpoint's content.

    Args:
        path: The file, for messages.
        checkpoint: Of :func:`read_checkpoint`.
        want: What it should be, for messages.

    Raises:
        InputError: It holds something else, tensors without data, or numbers that are not finite.
    """
    state = checkpoint
    if isinstance(checkpoint, dict):
        state = checkpoint.get('state_dict', checkpoint)
    if not isinstance(state, dict) or not state:
        raise InputError(path, 'checkpoint', f'no tensors but {shown(state)}', want)
    for name, tensor in state.items():
        if not isinstance(name, str) or not torch.is_tensor(tensor):
            raise InputError(path, 'checkpoint', f'{type(tensor).__name__} as {shown(name)}',
                             f'{want}, with a tensor of each name')
    for name, tensor in state.items():
        if (tensor.is_meta or tensor.layout is not torch.strided or tensor.is_quantized
                or tensor.untyped_storage().nbytes() < tensor.numel() * tensor.element_size()):
            raise InputError(path, name, 'a tensor without plain data', want)
        if not (tensor.float() if tensor.element_size() == 1 else tensor).isfinite().all():
            raise InputError(path, name, 'nan or inf', 'finite numbers, a checkpoint of a training '
                             'that did not fail')
    return {name.removeprefix('module.'): tensor for name, tensor in state.items()}
