"""From a checkpoint, with a config or its own, to a model that is ready to predict."""
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)

from ..datasets.modality import check_modality, modality_of
from ..datasets.provenance import one_line_of
from ..downloads import is_address
from ..engine import check_config, config_mistakes, read_config
from ..engine.checks import check_state, class_names_of, read_checkpoint, state_of
from ..engine.precision import compute_type
from ..errors import InputError
from ..models.backbones import R2Plus1D
from ..skeletons import get_layout
from ..unwrapping import unwrap_dataset
from .allowed import STARTS, allowed_config
from .clips import TestPipeline, mistakes_of
from .model import LoadedModel
from .stored_config import OTHERWISE, parse_stored_config, shorten

COMPILE_MODES = ('default', 'reduce-overhead', 'max-autotune')


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint says, which can run no code.

    Attributes:
        path: Path or URL.
        state: Tensors by name.
        classes: Names of the classes that it was trained on, where it says.
        config_text: Its config as mmengine stores it, where it does.
        trained_on: The data that it was trained on, where it says.
    """
    path: str
    state: Mapping[str, Tensor]
    classes: tuple[str, ...] | None
    config_text: object
    trained_on: str | None = None

    @classmethod
    def read(cls, path: str) -> 'Checkpoint':
        """Read a file, or download it.

        Raises:
            InputError: It cannot be read, or is none of mmengine's.
        """
        if '://' in path and not is_address(path):  # `weights_only`, too: see compat.py
            content = CheckpointLoader.load_checkpoint(path, map_location='cpu')
        else:
            content = read_checkpoint(path)
        state = state_of(path, content)
        meta = content.get('meta')
        meta = meta if isinstance(meta, Mapping) else {}
        trained_on = meta.get('trained_on')
        return cls(path, state, class_names_of(path, content), meta.get('cfg'),
                   one_line_of(trained_on) if isinstance(trained_on, str) else None)

    @property
    def modality(self) -> str | None:
        """What it was trained on; see :func:`trained_modality`."""
        return trained_modality(self.config_text, self.path)


def trained_modality(config_text: Any, path: str) -> str | None:
    """Read what a model was trained on, where that is known and not both RGB and skeletons.

    Args:
        config_text: ``meta.cfg`` of its checkpoint. It need not be a config that a model can be
            built from.
        path: The checkpoint, for messages.
    """
    try:
        values = parse_stored_config(config_text, path)
        modality = modality_of(test_dataset(Config(values)))
    except (InputError, AttributeError, KeyError, TypeError,
            ValueError):  # a stranger's, of any form
        return None
    return None if modality == 'both' else modality


def load_model(weights: str | Path, config: str | Path | Config | None = None,
               device: str | None = None, compile_mode: str | None = None,
               modality: str | None = None, dtype: str | torch.dtype = 'float32',
               fold_norms: bool = True) -> LoadedModel:
    """Build a model and load its checkpoint.

    Args:
        weights: Checkpoint, a path or URL.
        config: A config file, which is code, or its content. Defaults to None: the checkpoint's
            own, which is read as data and may ask for registered classes only.
        device: Defaults to None: a GPU where one is.
        compile_mode: One of :data:`COMPILE_MODES`. Defaults to None: not compiled.
        modality: What of a video it is given: ``'both'``, ``'rgb'`` or ``'pose'``. Defaults to
            None: what it was trained on.
        dtype: Type that it computes in: bfloat16, float16 or float32.
        fold_norms: Whether the feature extractor's batch norms move into its convolutions, which
            gives the same scores sooner and other weights.

    Raises:
        InputError: The config contradicts itself, or the checkpoint cannot be read, or is that of
            other classes, joints or another architecture, or holds no config or one that asks for
            more than it may.
    """
    if compile_mode not in (None, *COMPILE_MODES):
        raise InputError('D3DInferencer', 'compile_mode', compile_mode,
                         f'one of {", ".join(COMPILE_MODES)}, or None')
    dtype = compute_type(dtype, 'D3DInferencer')
    checkpoint = Checkpoint.read(str(weights))
    cfg = _config_of(config, checkpoint)
    stranger = checkpoint.path if config is None else None
    with mistakes_of(stranger, 'model or pipeline', 'what its classes take'), config_mistakes(cfg):
        check_config(cfg)
        dataset = test_dataset(cfg)
        _without_starts(cfg.model)
        if config is None:
            _check_fit(checkpoint, _sketch(cfg, len(checkpoint.state)), cfg)
        network = MODELS.build(cfg.model)
        layout = get_layout(dataset.get('layout', 'coco17'))
        pipeline = TestPipeline(dataset['pipeline'], dataset.get('num_person', 2), len(layout),
                                stranger)
    _check_fit(checkpoint, network, cfg)
    classes = _class_names(checkpoint, cfg)
    network.load_state_dict(checkpoint.state)
    for part in network.modules() if fold_norms else ():
        if isinstance(part, R2Plus1D):
            part.fold_norms()
    device = device or get_device()
    try:
        network = network.to(device)
    except (RuntimeError, AssertionError) as error:  # torch's, of a device that is not there
        raise InputError('command line', 'device', device,
                         f'one that torch can use ({str(error).splitlines()[0]})') from error
    network.eval().cfg = cfg
    if compile_mode is not None:
        network.backbone.compile(mode=compile_mode)
    return LoadedModel(network, cfg, pipeline, layout, classes,
                       dataset.get('filename_tmpl'), compile_mode, stranger,
                       *_modalities(modality, dataset, checkpoint), checkpoint.trained_on, dtype)


def _modalities(asked: str | None, dataset: Mapping[str, Any],
                checkpoint: Checkpoint) -> tuple[str, str]:
    """Return what the model is given, and what it was trained on: the checkpoint knows it best.

    Raises:
        InputError: It was not trained on what is asked for.
    """
    trained = checkpoint.modality or modality_of(dataset)
    modality = trained if asked is None else check_modality(asked, 'inference')
    if trained not in ('both', modality):
        raise InputError('inference', 'modality', modality, f'{trained}, on which the model was '
                         'trained')
    return modality, trained


def test_dataset(cfg: Config) -> Mapping[str, Any]:
    """Find the config of the test split's data set, without wrappers.

    Raises:
        InputError: There is none, or none with a pipeline.
    """
    dataset = unwrap_dataset((cfg.get('test_dataloader') or {}).get('dataset') or {})
    if not dataset.get('pipeline'):
        raise InputError(cfg.filename or 'config', 'test_dataloader.dataset.pipeline', 'nothing',
                         'the pipeline of a test')
    return dataset


def _config_of(config: str | Path | Config | None, checkpoint: Checkpoint) -> Config:
    """Read a config; changes do not reach the caller's."""
    if isinstance(config, Config):
        return Config(config._cfg_dict.to_dict(), filename=config.filename)
    if config is not None:
        return read_config(str(config))
    text = checkpoint.config_text
    values = allowed_config(parse_stored_config(text, checkpoint.path), checkpoint.path)
    return Config(values, cfg_text=str(text), filename=f'{checkpoint.path}: meta.cfg')


def _without_starts(part: Any) -> None:
    """Forget where training started from, in place: the checkpoint has its own weights."""
    for value in part.values() if isinstance(part, dict) else part:
        if isinstance(value, (dict, list, tuple)):
            _without_starts(value)
    for name in STARTS if isinstance(part, dict) else ():
        part.pop(name, None)


def _sketch(cfg: Config, tensors: int) -> nn.Module:
    """Build a stranger's model without memory for its tensors, to see whether it fits them.

    Raises:
        InputError: It has far more parts than the checkpoint has tensors.
    """
    count = 0

    def count_part(*arguments: object) -> None:
        nonlocal count
        count += 1
        if count > 1000 + 20 * tensors:
            raise InputError(cfg.filename, 'model', f'more than {count} parts',
                             f'a model of {tensors} tensors, {OTHERWISE}')

    handles = [
        register(count_part) for register in (register_module_buffer_registration_hook,
                                              register_module_module_registration_hook,
                                              register_module_parameter_registration_hook)
    ]
    try:
        with torch.device('meta'):
            return MODELS.build(cfg.model)
    finally:
        for handle in handles:
            handle.remove()


def _check_fit(checkpoint: Checkpoint, network: nn.Module, cfg: Config) -> None:
    """Say first what a user can know: classes, joints and people; then whatever else differs."""
    state = checkpoint.state
    layout = test_dataset(cfg).get('layout', 'coco17')
    for ending, unit, name in (('classifier.weight', 'classes', 'num_classes'),
                               ('pose_tokens.joint_embed', 'joints a person', f'layout {layout}'),
                               ('pose_tokens.person_embed', 'people',
                                'num_person'), ('pose_tokens.place_embed', 'people', 'num_person')):
        for key, tensor in network.state_dict().items():
            if key.endswith(ending) and key in state and len(state[key]) != len(tensor):
                raise InputError(checkpoint.path, unit, len(state[key]),
                                 f'{len(tensor)}, as {name} of {cfg.filename or "the config"}')
    check_state(checkpoint.path, state, network)


def _class_names(checkpoint: Checkpoint, cfg: Config) -> tuple[str, ...] | None:
    """Return the checkpoint's names of classes, else the config's; both must agree."""
    names = (test_dataset(cfg).get('metainfo') or {}).get('classes')
    names = tuple(names) if names else None
    if checkpoint.classes and names and checkpoint.classes != names:
        raise InputError(
            checkpoint.path, 'classes', shorten(', '.join(checkpoint.classes)),
            f'{", ".join(names)}, as metainfo.classes of {cfg.filename or "the config"}')
    return checkpoint.classes or names
