"""Networks of mmpose and mmdet, loaded in those packages' registry scope."""
import importlib.util
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from mmengine.config import Config
from mmengine.hub import get_config
from mmengine.model import BaseModel
from mmengine.registry import DefaultScope

from ..errors import InputError
from ..files import is_file


@contextmanager
def scope(package: str) -> Iterator[None]:
    """Name are looked up in another package's registries, and in MMAction2's again after it.

    Args:
        package: ``mmpose`` or ``mmdet``.
    """
    before = dict(DefaultScope._instance_dict)
    with DefaultScope.overwrite_default_scope(package):
        yield
    # The packages' own functions set the scope for good: that is undone as well.
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(before)


def find_config(package: str, config: str, checkpoint: str | None) -> tuple[Config, str]:
    """Read a network's config and find its weights.

    Args:
        package: ``mmpose`` or ``mmdet``.
        config: A file, or ``PACKAGE::NAME`` out of the package's own configs.
        checkpoint: File or URL; None for the weights that the package publishes.

    Returns:
        The config and the checkpoint.

    Raises:
        InputError: The package is not installed, there is no such config, or a config of the
            user's own comes without weights.
    """
    if importlib.util.find_spec(package) is None:
        raise InputError(
            'this Python', package, 'nothing', f'pip install --no-deps -r '
            f'requirements/{package}.txt' if package == 'mmpose' else package)
    prefix = f'{package}::'
    with scope(package):
        try:
            if config.startswith(prefix):
                cfg = get_config(config, pretrained=checkpoint is None)
            elif is_file(config):
                cfg = Config.fromfile(config)
            else:
                raise InputError(config, 'config', 'no such file', f'a file, or {prefix}NAME')
        except (ValueError, AssertionError, FileNotFoundError, KeyError, SyntaxError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(config, 'config', f'{type(error).__name__} ({error})',
                             f'a config that {package} can read') from error
    if checkpoint is None:
        checkpoint = cfg.get('model_path')
        if checkpoint is None:
            raise InputError(config, 'checkpoint', 'nothing', 'weights: a file or URL')
    return cfg, checkpoint


def load_network(package: str, init: Callable, cfg: Config, checkpoint: str,
                 device: str | None = None) -> BaseModel:
    """Build a network and load its weights.

    Args:
        package: Its registry scope.
        init: The package's own ``init_model`` or ``init_detector``.
        cfg: Its config.
        checkpoint: File or URL; nothing but tensors and plain values is unpickled.
        device: Defaults to the first GPU, else the CPU.

    Returns:
        In evaluation mode, with ``cfg`` and ``dataset_meta``.

    Raises:
        InputError: The weights cannot be read, or downloaded, or the network needs a package that
            is not here.
    """
    if device is None:
        device = 'cuda:0' if torch.cuda.is_available() else 'cpu'
    if '://' not in checkpoint and not is_file(checkpoint):
        raise InputError(checkpoint, 'checkpoint', 'no such file', 'weights: a file or URL')
    with scope(package):
        if importlib.util.find_spec('mmdet') is None:
            _lend_cspnext(cfg)
        try:
            return init(cfg, checkpoint, device=device)
        except (KeyError, ImportError) as error:
            raise InputError(
                cfg.filename, 'network', f'{type(error).__name__} ({error})',
                'one that runs without the packages that are not here: '
                'docs/extraction.md has a list') from error
        except (OSError, pickle.UnpicklingError) as error:  # URLError is an OSError
            raise InputError(checkpoint, 'checkpoint', f'{type(error).__name__} ({error})',
                             'weights that can be read: a file, or a URL and a network') from error


def _lend_cspnext(cfg: Config) -> None:
    """Give a config of mmpose that asks mmdet for CSPNeXt the one of this package."""
    backbone = cfg.model.get('backbone') or {}
    if backbone.get('type') != 'CSPNeXt' or backbone.pop('_scope_', 'mmpose') == 'mmpose':
        return
    from mmpose.registry import MODELS

    from .cspnext import CSPNeXt
    if 'CSPNeXt' not in MODELS.module_dict:
        MODELS.register_module(module=CSPNeXt)
