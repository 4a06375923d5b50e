"""Builds the runner of a config, with a plain answer to a key that no class knows."""
import copy
import importlib.util
import inspect
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mmaction.registry import DATASETS, RUNNERS
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.registry import OPTIMIZERS, init_default_scope
from mmengine.runner import Runner

from .. import compat
from ..errors import InputError, find_system_mistake
from ..gpus import check_processes, find_gpu_mistake, unused_gpu
from .checks import resume_point
from .config_checks import check_config, check_keys, check_numbers
from .own_faults import is_own_fault

#: Seconds without a batch after which a loader's worker counts as hanging, where none are given.
LOADER_TIMEOUT = 1800

# What the runner makes of the config only as it begins to train.
_BUILT_LATER = ('build_optim_wrapper', 'scale_lr', 'build_param_scheduler', '_init_model_weights')
# What torch says of tensors that do not go together.
_SIZES = (
    r'must match the size of tensor|Given normalized_shape|mat1 and mat2|to have \d+ channels|'
    r'is invalid for input of size|Sizes of tensors must match|size mismatch')

# What draws curves elsewhere -> the package that it needs.
_PACKAGES = {
    f'{name}VisBackend': name.lower()
    for name in ('Tensorboard', 'Wandb', 'MLflow', 'ClearML', 'Neptune', 'DVCLive', 'Aim')
}


def build_runner(cfg: Config) -> Runner:
    """Check a config and build its runner, the model included.

    Args:
        cfg: Config as :func:`~mmaction_d3d.engine.load_config` returns it; it stays as it is.

    Returns:
        MMEngine's, or the config's ``runner_type``; its ``cfg`` has what was left open, too.

    Raises:
        InputError: If the config contradicts itself or names what does not exist, or if there are
            more processes than GPUs.
    """
    cfg = copy.deepcopy(cfg)
    with config_mistakes(cfg):
        check_config(cfg)
        check_keys(cfg)
        check_numbers(cfg)
        _fit_loaders(cfg)
    warning = None
    if cfg.get('resume') and cfg.get('load_from') is None:
        cfg.load_from, warning = resume_point(cfg.work_dir)
        cfg.resume = cfg.load_from is not None
    check_processes(cfg.get('launcher', 'none'))
    with config_mistakes(cfg):
        _name_weight_decay(cfg)
        missing = _leave_out_backends(cfg)
        runner = RUNNERS.build(cfg)
    for name in _BUILT_LATER:
        setattr(runner, name, config_mistakes(cfg)(getattr(runner, name)))
    runner.logger.info(f'Command: {sys.argv[0]} {shlex.join(sys.argv[1:])}')
    for sentence in missing:
        runner.logger.warning(sentence)
    if warning is not None:
        runner.logger.warning(warning)
    for sentence in compat.report():
        runner.logger.info(f'Mended: {sentence}')
    reason = unused_gpu()
    if reason is not None:
        runner.logger.warning(f'The GPU is left aside, all is computed on the CPU: {reason}')
    return runner


def _name_weight_decay(cfg: Config) -> None:
    """Write an optimizer's own weight decay into its config, where that does not say it.

    MMEngine multiplies it for ``paramwise_cfg`` and takes it from the config alone.
    """
    optimizer = (cfg.get('optim_wrapper') or {}).get('optimizer') or {}
    name = optimizer.get('type')
    kind = OPTIMIZERS.get(name) if isinstance(name, str) else name
    parameter = inspect.signature(kind).parameters.get('weight_decay') if kind else None
    if parameter is not None:
        optimizer.setdefault('weight_decay', parameter.default)


def _leave_out_backends(cfg: Config) -> list[str]:
    """Leave out what draws curves elsewhere and is not installed; return a sentence for each."""
    visualizer = cfg.get('visualizer') or {}
    backends = visualizer.get('vis_backends') or []
    missing = []
    for backend in list(backends):
        package = _PACKAGES.get(backend.get('type', ''))
        if package is not None and importlib.util.find_spec(package) is None:
            missing.append(f'{backend["type"]} is left out, as its package is not installed: pip '
                           f'install {package}; the curves are in vis_data/scalars.json')
            backends.remove(backend)
    return missing


def build_dataset(cfg: Config, split: str) -> BaseDataset:
    """Build the data set of a split, as training or test does.

    Args:
        cfg: Config as :func:`~mmaction_d3d.engine.load_config` returns it.
        split: ``train``, ``val`` or ``test``.

    Raises:
        InputError: The config has none, or it cannot be used.
    """
    loader = cfg.get(f'{split}_dataloader')
    if not loader:
        raise InputError(cfg.filename, f'{split}_dataloader', 'nothing', 'a data set')
    init_default_scope(cfg.get('default_scope', 'mmaction'))
    with config_mistakes(cfg):
        return DATASETS.build(loader.dataset)


@contextmanager
def config_mistakes(cfg: Config) -> Iterator[None]:
    """Turn what a class refuses or stumbles over, met while building, into an InputError.

    What is built is what the config says, so that a value of it is what is wrong; ``--debug`` shows
    where it was met. A fault that is surely ours, see :func:`~.own_faults.is_own_fault`, passes.
    """
    try:
        yield
    except InputError:
        raise
    except KeyError as error:
        if is_own_fault(error):
            raise
        sentence = str(error.args[0]).partition('. ')[0] if error.args else ''
        if sentence.endswith(' registry'):
            raise InputError(cfg.filename, 'type', sentence, 'a registered name') from error
        raise InputError(cfg.filename, 'config', f'KeyError: {error}',
                         'the key, or one of the values that it takes') from error
    except (ArithmeticError, AssertionError, AttributeError, IndexError, RuntimeError, TypeError,
            ValueError) as error:
        if (find_gpu_mistake(error) is not None or find_system_mistake(error) is not None
                or is_own_fault(error)):
            raise
        want = ('a key that it takes'
                if 'unexpected keyword argument' in str(error) else 'values that its classes take')
        raise InputError(cfg.filename, 'config', f'{type(error).__name__}: {error}',
                         want) from error


@contextmanager
def size_mistakes(runner: Runner) -> Iterator[None]:
    """Turn what torch says of sizes that differ, in a run, into an InputError.

    The sizes are those of the config's parts, such as a head's ``in_channels``.

    Args:
        runner: Trains, validates or tests in this context.
    """
    try:
        yield
    except RuntimeError as error:
        text = str(error).partition('\n')[0]
        if not re.search(_SIZES, text):
            raise
        raise InputError(runner.cfg.filename or 'config', 'model', text,
                         'parts, and clips, whose sizes agree; '
                         '--debug shows where they meet') from error


def _fit_loaders(cfg: Config) -> None:
    """Let a loader without workers keep none alive, and one whose workers hang end."""
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader = cfg.get(name) or {}
        if loader.get('num_workers') == 0 and loader.get('persistent_workers'):
            loader['persistent_workers'] = False
        if loader.get('num_workers'):
            loader.setdefault('timeout', LOADER_TIMEOUT)
