"""What a run was made with, as a short fingerprint: equal settings, equal results to share."""
import hashlib
import inspect
import json
from pathlib import Path

from mmengine.config import Config

from mmaction_d3d.errors import InputError
from mmaction_d3d.files import is_file
from mmaction_d3d.models.backbones import D3DTransformer
from mmaction_d3d.models.backbones.d3d_transformer import block_configs
from mmaction_d3d.models.backbones.flat_keys import NEW_PLACES, PAPER_BLOCK, nest_flat_keys
from mmaction_d3d.models.layers import AttentionLayer, PoseTokens, attention_class

from .variants import VARIANTS

SYNTHETIC = Path('research', 'synthetic.py')
"""The base on the embedded data."""

# Where data lie, how fast they load, what is logged and what is stored meanwhile change no result.
_PLACES = {'ann_file', 'data_prefix', 'num_workers', 'persistent_workers', 'pin_memory', 'with_cp'}
_TRAINING = ('model', 'train_dataloader', 'val_dataloader', 'val_evaluator', 'train_cfg',
             'optim_wrapper', 'param_scheduler', 'synthetic')
_TEST = ('test_dataloader', 'test_evaluator')


def read_config(root, name, base=None, overrides=None):
    """Make the config of a variant.

    Args:
        root (str): Folder of the project.
        name (str): Key of ``VARIANTS``, or a config of its own as a path from ``root``.
        base (str, optional): Config to change in place of the embedded data's.
        overrides (dict, optional): Values to replace, for every config alike.

    Returns:
        Config: The config.

    Raises:
        InputError: The base does not exist.
    """
    if base is not None and not is_file(base):
        raise InputError(base, '--base', 'no such file', 'a config')
    if name.endswith('.py'):
        cfg = Config.fromfile(Path(root, name))
    else:
        cfg = Config.fromfile(base or Path(root, SYNTHETIC))
        cfg.merge_from_dict(VARIANTS[name])
    cfg.merge_from_dict(overrides or {})
    _fit_pathways(cfg.model)
    return cfg


def _fit_pathways(model: dict) -> None:
    """Leave out the loss of a modality that no attention of a variant reads."""
    backbone, head = model['backbone'], model['cls_head']
    if not head.get('pathways') or backbone.get('modal_tokens') == 'none':
        return
    attentions = block_configs(backbone.get('block') or {}, {})
    reads = {name for config in attentions.values() for name in attention_class(config).reads}
    head['pathways'] = {name: head['pathways'][name] for name in head['pathways'] if name in reads}


def training_settings(cfg):
    """Fingerprint of all that a training's result depends on, apart from the seed.

    Args:
        cfg (Config): A config.

    Returns:
        str: 10 hexadecimal digits.
    """
    return _fingerprint({key: cfg.get(key) for key in _TRAINING})


def run_settings(cfg, tested):
    """Fingerprint of a training and of how it was tested.

    Args:
        cfg (Config): Config of the training.
        tested (Config): Config whose ``test_dataloader`` is used.

    Returns:
        str: 10 hexadecimal digits.
    """
    return _fingerprint([training_settings(cfg), tested.test_dataloader, tested.test_evaluator])


def plain_settings(cfg: Config, more: object = None) -> str:
    """Fingerprint of a training and its test for any model: its config as it is written.

    Args:
        cfg: A config.
        more: What else the result depends on.
    """
    return _digest(_without_places([{key: cfg.get(key) for key in (*_TRAINING, *_TEST)}, more]))


def _without_places(content: object) -> object:
    if isinstance(content, dict):
        return {key: _without_places(value) for key, value in content.items() if key not in _PLACES}
    return [*map(_without_places, content)] if isinstance(content, (list, tuple)) else content


def _fingerprint(content):
    return _digest(_plain(content))


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _plain(content):
    """Nested dicts and lists of a config, without places, and with the transformer's defaults."""
    if isinstance(content, dict):
        content = {key: value for key, value in content.items() if key not in _PLACES}
        if content.get('type') == 'D3DTransformer':
            content = flat_settings(content)
        elif content.get('type') == 'D3DTrainLoop':  # trains as MMEngine's, or stops
            content['type'] = 'EpochBasedTrainLoop'
        elif content.get('modality') == 'both':  # older fingerprints do not have it
            del content['modality']
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_plain(value) for value in content]
    return content


def flat_settings(transformer: dict) -> dict:
    """Return a transformer's settings with all defaults, by the flat names of stored fingerprints.

    Naming a default changes nothing, nor does what an attention that is left out would have had.

    Args:
        transformer: Config of ``D3DTransformer``.
    """
    nested = nest_flat_keys(transformer)
    parts = {name: dict(nested.pop(name, None) or {}) for name in ('layer', 'block', 'pose_tokens')}
    holders = {
        'layer': (AttentionLayer, parts['layer']), 'pose_tokens': (PoseTokens, parts['pose_tokens'])
    }
    configs = {name: parts['block'].pop(name, {}) for name in PAPER_BLOCK}
    for name, kind in PAPER_BLOCK.items():
        holders[f'block.{name}'] = attention_class({'type': kind}), dict(configs[name] or {})
    defaults = _defaults(D3DTransformer)
    flat = defaults | nested
    for name in (*parts, 'with_cp'):
        flat.pop(name, None)
    if flat['pathways'] == defaults['pathways']:  # older fingerprints do not have it
        del flat['pathways']
    for key, places in NEW_PLACES.items():
        if key != 'attentions':
            values = [_taken(holders, *place.rpartition('.')[::2]) for place in places]
            flat[key] = values[0] if len(set(map(str, values))) == 1 else values
    flat['attentions'] = [name for name in PAPER_BLOCK if configs[name] is not None]
    for axis in ('joint', 'temporal'):
        if flat[f'{axis}_stride'] is None:
            flat[f'{axis}_stride'] = max(1, flat[f'{axis}_window'] // 2)
    # What had no flat name: other classes, other attentions.
    others = {place: config for place, (_, config) in holders.items() if config}
    return flat | others | parts['block']


def _taken(holders: dict, place: str, key: str) -> object:
    """Take a setting out of the part that holds it; its default where it has none."""
    kind, config = holders[place]
    if config.get('type') == kind.__name__:
        del config['type']
    return config.pop(key, _defaults(kind)[key])


def _defaults(kind: type) -> dict:
    parameters = inspect.signature(kind).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}
