"""What can be known to be wrong with a config before a long run starts."""
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config
from mmengine.registry import PARAM_SCHEDULERS
from torch.utils.data import Sampler

from ..datasets.modality import modality_of
from ..errors import InputError, shown
from ..skeletons import get_layout
from ..unwrapping import unwrap_datasets

_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def check_config(cfg: Config) -> None:
    """Check that the model and every data set of a config speak of the same classes and joints.

    Args:
        cfg: The config.

    Raises:
        InputError: If there is no model, or ``num_classes``, ``num_person`` or the joints of
            ``layout`` differ from what it was told.
    """
    if not cfg.get('model') or not isinstance(cfg.model, dict):
        found = shown(cfg.model) if cfg.get('model') else 'nothing'
        raise InputError(cfg.filename, 'model', found, 'the config of a model')
    head = cfg.model.get('cls_head', {})
    if not isinstance(head, dict):
        raise InputError(cfg.filename, 'model.cls_head', shown(head), 'the config of a head')
    if cfg.model.get('type') == 'D3DRecognizer' and not cfg.model.get('data_preprocessor'):
        raise InputError(cfg.filename, 'model.data_preprocessor', 'nothing',
                         "dict(type='D3DDataPreprocessor')")
    backbone = cfg.model.get('backbone') or {}
    shows: dict[str, str] = {}
    for name in _LOADERS:
        outer = (cfg.get(name) or {}).get('dataset') or {}
        for field, dataset in unwrap_datasets(outer, f'{name}.dataset'):
            _check_dataset(cfg, field, dataset, head, backbone)
            if 'type' in dataset:
                shows.setdefault(modality_of(dataset), field)
    if len(shows) > 1:
        (modality, field), (other, place) = list(shows.items())[:2]
        raise InputError(cfg.filename, f'{place}.modality', other,
                         f'{modality}, as that of {field}')


def _check_dataset(cfg: Config, field: str, dataset: dict[str, Any], head: dict[str, Any],
                   backbone: dict[str, Any]) -> None:
    pairs = {
        'cls_head.num_classes': (head.get('num_classes'), 'num_classes'),
        'backbone.num_person': (backbone.get('num_person'), 'num_person'),
        'backbone.num_joints': (backbone.get('num_joints'), 'layout'),
    }
    for key, (value, other) in pairs.items():
        want = dataset.get(other)
        if other == 'layout' and want is not None:
            want = len(get_layout(want))
        if value is not None and want is not None and value != want:
            raise InputError(cfg.filename, f'model.{key}', value,
                             f'{want}, to match {field}.{other}')


# Settings that are read only once training runs: at least, and whether None may stand for them.
_WHOLE_NUMBERS = {
    'train_cfg.max_epochs': (1, False),
    'train_cfg.max_iters': (1, False),
    'train_cfg.val_begin': (0, False),
    'train_cfg.val_interval': (1, False),
    'default_hooks.checkpoint.every_iters': (1, True),
    'default_hooks.checkpoint.interval': (-1, False),
    'default_hooks.checkpoint.max_keep_ckpts': (-1, False),
    'default_hooks.logger.interval': (1, False),
    'randomness.seed': (0, True),
    **{f'{name}.batch_size': (1, False) for name in _LOADERS},
}
_NUMBERS = ('default_hooks.checkpoint.every_minutes', 'optim_wrapper.clip_grad.max_norm',
            'optim_wrapper.optimizer.lr')
_TEXTS = ('load_from', 'work_dir')

#: Keys of parts in which others would do nothing, or end a training at its first update.
_KEYS = {
    'auto_scale_lr': {'enable', 'base_batch_size'},
    'env_cfg': {'cudnn_benchmark', 'dist_cfg', 'mp_cfg', 'resource_limit'},
    'optim_wrapper.clip_grad':
    {'clip_value', 'error_if_nonfinite', 'foreach', 'max_norm', 'norm_type', 'type'},
    'optim_wrapper.paramwise_cfg': {
        'bias_decay_mult', 'bias_lr_mult', 'bypass_duplicate', 'custom_keys', 'dcn_offset_lr_mult',
        'dwconv_decay_mult', 'flat_decay_mult', 'norm_decay_mult'
    },
}


def check_keys(cfg: Config) -> None:
    """Check the keys of parts that no class takes as its arguments.

    Raises:
        InputError: One has no meaning.
    """
    has_own_keys = _value_of(cfg, 'optim_wrapper.constructor', True) is not _ABSENT
    for key, known in _KEYS.items():
        if has_own_keys and key.endswith('paramwise_cfg'):
            continue
        part = _value_of(cfg, key, True)
        unknown = sorted(set(part) - known) if isinstance(part, Mapping) else []
        if unknown:
            raise InputError(cfg.filename, f'{key}.{unknown[0]}', 'no key that is read',
                             ' or '.join(sorted(known)))


def check_numbers(cfg: Config) -> None:
    """Check settings that would be stumbled over only after training has begun.

    Raises:
        InputError: One is no number, or out of its range.
    """
    for key, (least, or_none) in _WHOLE_NUMBERS.items():
        value = _value_of(cfg, key, or_none)
        if value is not _ABSENT and (type(value) is not int or value < least or value >= 2**63):
            raise InputError(cfg.filename, key, shown(value), f'a whole number of at least {least}')
    for key in _NUMBERS:
        value = _value_of(cfg, key, 'minutes' in key)
        if value is not _ABSENT and (type(value) not in (int, float) or not value >= 0
                                     or value == 0 and 'minutes' in key):
            raise InputError(cfg.filename, key, shown(value), 'a number above 0')
    for key in _TEXTS:
        value = _value_of(cfg, key, True)
        if value is not _ABSENT and not isinstance(value, str):
            raise InputError(cfg.filename, key, shown(value), 'text')
    if cfg.get('train_dataloader') and cfg.get('train_cfg') and not cfg.get('optim_wrapper'):
        raise InputError(cfg.filename, 'optim_wrapper', 'nothing', 'an optimizer')
    schedulers = cfg.get('param_scheduler') or []
    for scheduler in schedulers if isinstance(schedulers, (list, tuple)) else [schedulers]:
        kind = scheduler.get('type') if isinstance(scheduler, Mapping) else scheduler
        unknown = isinstance(kind, str) and PARAM_SCHEDULERS.get(kind) is None
        if unknown or isinstance(kind, (int, float)):
            raise InputError(cfg.filename, 'param_scheduler', shown(kind), 'a registered schedule')
    for name in _LOADERS:
        sampler = _value_of(cfg, f'{name}.sampler', True)
        if sampler is not _ABSENT and not isinstance(sampler, (Mapping, Sampler)):
            raise InputError(cfg.filename, f'{name}.sampler', shown(sampler), 'that of a sampler')
        pipeline = _value_of(cfg, f'{name}.dataset.pipeline', False)
        if pipeline is not _ABSENT and not (isinstance(pipeline, (list, tuple)) and pipeline):
            raise InputError(cfg.filename, f'{name}.dataset.pipeline', shown(pipeline),
                             'a list of transforms')


_ABSENT = object()


def _value_of(cfg: Config, key: str, or_none: bool) -> Any:
    """Return the value of a key with dots; :data:`_ABSENT` where there is none to check."""
    value: Any = cfg
    for part in key.split('.'):
        value = value.get(part, _ABSENT) if isinstance(value, (Config, Mapping)) else _ABSENT
    return _ABSENT if value is None and or_none else value
