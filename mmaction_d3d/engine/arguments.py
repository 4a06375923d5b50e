"""Command line arguments that the tools share, and the config they make."""
import argparse
import copy
import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.config import Config, DictAction
from mmengine.runner import Runner

from ..bundled import bundled_config
from ..config_variables import plain_variables
from ..errors import InputError
from ..files import is_folder

DATA_VARIABLE = 'MMACTION_D3D_DATA'

# Keys that MMEngine's Runner reads from the config without having an argument of that name.
_RUNNER_KEYS = {
    'activation_checkpointing', 'compile', 'custom_imports', 'efficient_conv_bn_eval',
    'find_unused_parameters', 'model_wrapper_cfg', 'runner_type', 'sync_bn'
}
# What is read from a config. Its other keys are plain variables, of which settings are made.
_SETTINGS = set(inspect.signature(Runner).parameters) | _RUNNER_KEYS | {'allow_shared_clips'}

#: Settings that flags decide, whatever the config says.
_FLAGS = dict(launcher='--launcher', work_dir='--work-dir')


class _Overrides(DictAction):
    """MMEngine's ``KEY=VALUE`` arguments, with a plain answer to what is none."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace,
                 values: list[str], option_string: str | None = None) -> None:
        for value in values:
            if '=' not in value:
                raise InputError('command line', '--cfg-options', value, 'KEY=VALUE')
        super().__call__(parser, namespace, values, option_string)


def add_shared_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that training and test have in common.

    Args:
        parser: The tool's parser.
    """
    parser.add_argument('config', help='config file, or mmaction_d3d::NAME.py for one of these')
    parser.add_argument(
        '--work-dir', help='folder for logs, checkpoints and results (default: '
        'work_dirs/NAME_OF_CONFIG)')
    parser.add_argument(
        '--data-root', metavar='DIR',
        help='folder of the data set, laid out as docs/data.md says (default: the environment '
        f'variable {DATA_VARIABLE}, else data/NAME_OF_DATA_SET)')
    parser.add_argument(
        '--cfg-options', nargs='+', action=_Overrides, metavar='KEY=VALUE',
        help='config values to replace, such as train_dataloader.batch_size=2; a list is written '
        'key="[a,b]" or key=a,b, a nested one key="[(a,b),(c,d)]", with quotes and no spaces')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
                        help='what started the processes of a distributed run')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def load_config(args: argparse.Namespace) -> Config:
    """Read the config file that the shared arguments name, and apply them to it.

    Args:
        args: Arguments of :func:`add_shared_arguments`.

    Returns:
        The config, with ``work_dir`` and ``launcher`` set.

    Raises:
        InputError: If the file cannot be read as a config, ``--data-root`` is no folder or would
            have no effect, or ``--cfg-options`` names what no config has or what changes nothing.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    if args.data_root is not None and not is_folder(args.data_root):
        raise InputError(args.data_root, '--data-root', 'no such folder', 'a folder')
    overrides = args.cfg_options or {}
    with _data_root(args.data_root):
        cfg = read_config(args.config)
        before = copy.deepcopy(cfg)
        plain = {
            key: value for key, value in overrides.items() if key.partition('.')[0] not in _SETTINGS
        }
        if plain:
            with plain_variables(plain):
                cfg = read_config(args.config)
        made = copy.deepcopy(cfg)
        _apply_overrides(cfg, overrides)
        for key in plain:
            _check_effect(key, args.config, before, made, cfg, plain)
    if args.data_root is not None and DATA_VARIABLE not in cfg.env_variables:
        raise InputError(args.config, '--data-root', 'a config with fixed paths',
                         f'one that reads {{{{${DATA_VARIABLE}:default}}}}')
    _fit_schedule(before, cfg, overrides)
    cfg.launcher = args.launcher
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = f'work_dirs/{Path(args.config.rpartition("::")[2]).stem}'
    return cfg


@contextmanager
def _data_root(folder: str | None) -> Iterator[None]:
    """Let configs read a folder, if one is given, in place of the environment's."""
    before = os.environ.get(DATA_VARIABLE)
    if folder is not None:
        os.environ[DATA_VARIABLE] = os.fspath(folder)
    try:
        yield
    finally:
        if before is not None:
            os.environ[DATA_VARIABLE] = before
        elif folder is not None:
            del os.environ[DATA_VARIABLE]


def read_config(path: str) -> Config:
    """Read a config file, or one of this package, and import what its ``custom_imports`` names.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return Config.fromfile(bundled_config(path))
    except FileNotFoundError as error:
        # The file itself, or one that it inherits.
        raise InputError(path, 'config', error, 'a config file whose bases exist') from error
    except SyntaxError as error:
        raise InputError(path, f'line {error.lineno}', error.msg, 'Python') from error
    except InputError:
        raise
    except ImportError:
        raise  # what custom_imports names: a matter of the installation, with its own story
    except Exception as error:  # a config is code, so of any kind
        raise InputError(path, 'config', f'{type(error).__name__}: {error}',
                         'a config that loads') from error


def _apply_overrides(cfg: Config, overrides: dict[str, Any]) -> None:
    for key in overrides:
        # MMEngine takes any key and lets a misspelt one lie unused.
        if key in _FLAGS:
            raise InputError(cfg.filename, f'--cfg-options {key}', 'what a flag says',
                             f'{_FLAGS[key]} {overrides[key]}')
        if key.partition('.')[0] not in _SETTINGS | set(cfg):
            raise InputError(cfg.filename, f'--cfg-options {key}', 'no such key',
                             'a key of the config')
    try:
        cfg.merge_from_dict(overrides)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError(cfg.filename, f'--cfg-options {" ".join(overrides)}', error,
                         'values that fit what the config holds there') from error


def _check_effect(key: str, path: str, before: Config, made: Config, cfg: Config,
                  plain: dict[str, Any]) -> None:
    """Refuse a new value of a plain variable where it changes no setting.

    Args:
        key: The variable's key.
        path: The config file.
        before: The config as it is.
        made: As it is with all of ``plain``.
        cfg: The same with the other options.
        plain: New values of plain variables.

    Raises:
        InputError: It changes none.
    """
    name = key.partition('.')[0]
    if before.get(name) == cfg.get(name):
        return
    without = before
    if len(plain) > 1:
        with plain_variables({other: plain[other] for other in plain if other != key}):
            without = read_config(path)
    if all(without.get(setting) == made.get(setting) for setting in _SETTINGS):
        raise InputError(cfg.filename, f'--cfg-options {key}', 'what no setting is made of',
                         'the setting itself, such as train_dataloader.dataset.ann_file')


def _fit_schedule(before: Config, cfg: Config, overrides: dict[str, Any]) -> None:
    """Let a schedule that ends with the training do so where ``--cfg-options`` made it another.

    A warm-up takes at most half of the training. What lies beyond the training, and schedulers that
    ``--cfg-options`` names, stay.
    """
    for key, by_epoch in (('max_epochs', True), ('max_iters', False)):
        old, new = ((config.get('train_cfg') or {}).get(key) for config in (before, cfg))
        schedulers = before.get('param_scheduler')
        named = any(name.startswith('param_scheduler') for name in overrides)
        if old == new or not old or type(new) is not int or new < 2 or not schedulers or named:
            continue
        fitted = copy.deepcopy(schedulers)
        for scheduler in fitted if isinstance(fitted, list) else [fitted]:
            if scheduler.get('by_epoch', True) == by_epoch:
                for field in {'begin', 'end', 'T_max'} & set(scheduler):
                    value = scheduler[field]
                    if value < old:
                        scheduler[field] = min(value, new // 2)
                    elif value == old and field != 'begin':
                        scheduler[field] = new
        cfg.param_scheduler = fitted
