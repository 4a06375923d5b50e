"""What a checkpoint's own config may ask for: registered names, and neither paths nor imports."""
import re
from collections.abc import Callable, Mapping
from typing import Any

from mmaction.models.recognizers import BaseRecognizer
from mmaction.registry import MODELS, TRANSFORMS
from mmengine.registry import Registry

from ..engine.checks import are_names
from ..errors import InputError
from ..unwrapping import unwrap_dataset
from .stored_config import OTHERWISE, shorten

#: Packages whose registered classes may be built: ours, MMAction2's and the layers of both.
PACKAGES = ('mmaction_d3d', 'mmaction', 'mmcv.cnn', 'mmengine.model', 'torch.nn')
#: Parts of them that load networks of others, or find functions by name.
LEFT_OUT = ('mmaction.models.multimodal', 'mmaction.models.similarity',
            'mmaction.datasets.transforms.wrappers', 'mmaction.datasets.transforms.text_transforms')
#: Where training started from: left out unread, as the checkpoint has its own weights.
STARTS = ('init_cfg', 'pretrained')
MOST_BYTES = 2**28  # of the frames that one clip has in the pipeline
_LARGEST = 10**6
_DATASET_KEYS = ('type', 'layout', 'num_classes', 'num_person', 'filename_tmpl', 'metainfo',
                 'modality')
_TEMPLATE = re.compile(r'(?:[^{}/\\]|\{\w+(?::0?\d)?\})*')
_PATH = re.compile(r'[/\\]|\{\{|\$|^~')


def allowed_config(values: Mapping[str, Any], checkpoint: str) -> dict[str, Any]:
    """Take from a stored config what inference needs, once all of it is on the allow-list.

    Args:
        values: Of :func:`.stored_config.parse_stored_config`.
        checkpoint: For messages.

    Returns:
        ``model`` and ``test_dataloader.dataset``: the model, its test pipeline, and the data
        set's joints, people and classes. Nothing else of the config is read.

    Raises:
        InputError: A type is dotted or none of the registered ones, a value is a path, URL or
            lookup in the environment, or ``custom_imports`` imports other packages; the message
            names the key.
    """
    check = _Check(checkpoint)
    imports = values.get('custom_imports')
    names = imports.get('imports') if isinstance(imports, dict) else imports
    names = [names] if isinstance(names, str) else names or []
    if not isinstance(names, (list, tuple)) or any(name != 'mmaction_d3d' for name in names):
        raise check.refusal('custom_imports', names, 'mmaction_d3d alone')
    scope = values.get('default_scope', 'mmaction')
    if scope != 'mmaction':
        raise check.refusal('default_scope', scope, 'mmaction')
    model = check.part(values.get('model'), 'model', MODELS)
    if not isinstance(model, dict):
        raise check.refusal('model', model, 'the config of a model')
    if not issubclass(check.registered(model.get('type'), 'model.type', MODELS), BaseRecognizer):
        raise check.refusal('model.type', model['type'], 'a recognizer')
    dataset = check.dataset(values.get('test_dataloader') or {})
    return dict(model=model, test_dataloader=dict(dataset=dataset))


class _Check:
    """Looks through one config."""

    def __init__(self, checkpoint: str) -> None:
        self._checkpoint = checkpoint

    def refusal(self, key: str, found: object, want: str) -> InputError:
        """Make the error of a key."""
        return InputError(self._checkpoint, f'meta.cfg: {key}', shorten(found),
                          f'{want}, {OTHERWISE}')

    def dataset(self, loader: object) -> dict[str, Any]:
        """Take what is needed of a data set, whatever wraps it."""
        key = 'test_dataloader.dataset'
        outer = loader.get('dataset') if isinstance(loader, dict) else None
        inner = unwrap_dataset(outer) if isinstance(outer, dict) else outer
        if not isinstance(inner, dict) or not isinstance(inner.get('pipeline'), (list, tuple)):
            raise self.refusal(f'{key}.pipeline', 'nothing', 'the pipeline of a test')
        pipeline = self.part(list(inner['pipeline']), f'{key}.pipeline', TRANSFORMS)
        _check_size(pipeline, self.refusal)
        known = {name: inner[name] for name in _DATASET_KEYS if inner.get(name) is not None}
        if known.get('type') != 'RGBPoseDataset' and 'layout' not in known:
            raise self.refusal(f'{key}.layout', 'nothing', 'a joint layout, such as coco17')
        classes = known.pop('metainfo', {})
        classes = classes.get('classes') if isinstance(classes, dict) else None
        if classes is not None:
            if not are_names(classes):
                raise self.refusal(f'{key}.metainfo.classes', classes, 'names of classes')
            known['metainfo'] = dict(classes=list(classes))
        for name, kind in (('type', str), ('layout', str), ('filename_tmpl', str),
                           ('modality', str), ('num_person', int), ('num_classes', int)):
            if type(known.get(name, kind())) is not kind:
                raise self.refusal(f'{key}.{name}', known[name], f'{kind.__name__}')
        if not 0 < known.get('num_person', 1) <= 100:
            raise self.refusal(f'{key}.num_person', known['num_person'], '1 to 100')
        if not _TEMPLATE.fullmatch(known.get('filename_tmpl', '')):
            raise self.refusal(f'{key}.filename_tmpl', known['filename_tmpl'],
                               "a name such as '{frame_dir}_rgb.avi'")
        return dict(known, pipeline=pipeline)

    def part(self, value: Any, key: str, registry: Registry) -> Any:
        """Copy a part of the config whose every ``type`` is in a registry."""
        if isinstance(value, dict):
            for name in value:
                if not isinstance(name, str) or name.startswith('_'):
                    raise self.refusal(f'{key}.{shorten(name)}', 'such a key', 'an argument')
            if 'type' in value:
                self.registered(value['type'], f'{key}.type', registry)
            return {
                name: self.part(item, f'{key}.{name}', registry) for name, item in value.items()
                if name not in STARTS
            }
        if isinstance(value, (list, tuple)):
            return type(value)(self.part(item, f'{key}[{index}]', registry)
                               for index, item in enumerate(value))
        if isinstance(value, str) and _PATH.search(value):
            raise self.refusal(key, value, 'no path, URL or lookup in the environment')
        if isinstance(value, (int, float)) and abs(value) > _LARGEST:
            raise self.refusal(key, value, f'a number of at most {_LARGEST}')
        return value

    def registered(self, name: object, key: str, registry: Registry) -> type:
        """Find a registered class by its plain name, without importing anything for it."""
        look: Registry | None = registry
        while isinstance(name, str) and look is not None:
            cls = look.module_dict.get(name)
            if cls is not None:
                module = f'{cls.__module__}.'
                if (isinstance(cls, type)
                        and any(module.startswith(f'{package}.') for package in PACKAGES)
                        and not any(module.startswith(f'{part}.') for part in LEFT_OUT)):
                    return cls
                break
            look = look.parent
        raise self.refusal(key, name, 'a registered name of mmaction_d3d or MMAction2')


def _check_size(pipeline: list[Any], refusal: Callable[[str, object, str], InputError]) -> None:
    """Refuse a pipeline whose clip would fill the memory."""
    frames, side = 1., 1.
    for index, step in enumerate(pipeline):
        if not isinstance(step, dict) or 'type' not in step:
            raise refusal(f'test_dataloader.dataset.pipeline[{index}]', step, 'a transform')
        for name, value in step.items():
            if name in ('clip_len', 'num_clips', 'num_sample_positions'):
                frames *= _largest(value)
            elif name in ('scale', 'crop_size', 'size', 'scaling'):
                # A float is a factor, of a frame of 1080 lines.
                side = max(side, _largest(value) * (1080 if isinstance(value, float) else 1))
    if 3 * frames * side**2 > MOST_BYTES:
        raise refusal('test_dataloader.dataset.pipeline',
                      f'{frames:.0f} frames of {side:.0f} x {side:.0f}',
                      f'a clip of at most {MOST_BYTES} bytes')


def _largest(value: Any) -> float:
    """Return the largest number in a value, at least 1."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return max(map(_largest, value), default=1)
    return max(value, 1) if isinstance(value, (int, float)) else 1
