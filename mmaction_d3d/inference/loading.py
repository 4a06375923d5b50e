"""The model of a config with the weights of a checkpoint, or a plain answer why not."""
from argparse import Namespace

from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.runner.checkpoint import CheckpointLoader

from ..engine import check_checkpoint, check_config, config_mistakes, load_config
from ..errors import InputError
from ..skeletons import get_layout
from ..unwrapping import unwrap_dataset


def read_config(model):
    """Read a config, with the errors of the other tools.

    Args:
        model (str | Config): A config file, or its content.

    Returns:
        Config: Of its own: changes do not reach the caller's.

    Raises:
        InputError: It is no config.
    """
    if isinstance(model, Config):
        return Config(model._cfg_dict.to_dict(), filename=model.filename)
    return load_config(
        Namespace(config=str(model), data_root=None, cfg_options=None, launcher='none',
                  work_dir=None, local_rank=0))


def test_dataset(cfg):
    """The config of the test split's data set, without wrappers.

    Raises:
        InputError: There is none, or none with a pipeline.
    """
    dataset = unwrap_dataset((cfg.get('test_dataloader') or {}).get('dataset') or {})
    if not dataset.get('pipeline'):
        raise InputError(cfg.filename or 'config', 'test_dataloader.dataset.pipeline', 'nothing',
                         'the pipeline of a test')
    return dataset


def load_model(cfg, checkpoint, device):
    """Build a config's model and load a checkpoint, which can run no code.

    Args:
        cfg (Config): The config.
        checkpoint (str): Path or URL.
        device (str): Where to.

    Returns:
        tuple[nn.Module, list[str] | None]: The model, ready to predict, and the names of the
        classes that it was trained on, where the checkpoint says.

    Raises:
        InputError: The config contradicts itself, or the checkpoint cannot be read or is that of
            other classes, joints or another architecture.
    """
    check_config(cfg)
    parts = [cfg.model, cfg.model.get('backbone') or {}]
    parts.append(parts[1].get('backbone') or {})
    for part in parts:
        if part.get('pretrained') is not None:
            part['pretrained'] = None  # weights to start training from: the checkpoint has its own
    with config_mistakes(cfg):
        model = MODELS.build(cfg.model)
    check_checkpoint(checkpoint, model, whole=False)  # that it can be read
    # `weights_only`, from a file and (see compat.py) from a download.
    content = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu')
    state = {
        name.removeprefix('module.'): tensor
        for name, tensor in content.get('state_dict', content).items()
    }
    classes = (content.get('meta') or {}).get('dataset_meta', {}).get('classes')
    _check_fit(checkpoint, state, model, cfg)
    _check_classes(checkpoint, classes, cfg)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:  # of a download, which the check above leaves alone
        raise InputError(checkpoint, 'state_dict', ' '.join(str(error).split())[:200],
                         'a checkpoint of the same architecture') from error
    try:
        model = model.to(device)
    except (RuntimeError, AssertionError) as error:  # torch's, of a device that is not there
        raise InputError('command line', 'device', device,
                         f'one that torch can use ({str(error).splitlines()[0]})') from error
    return model.eval(), classes and list(classes)


def _check_fit(checkpoint, state, model, cfg):
    """Say first what a user can know: classes, joints and people; then whatever else differs."""
    own = model.state_dict()
    layout = test_dataset(cfg).get('layout', 'coco17')
    for ending, unit, name in (('classifier.weight', 'classes', 'num_classes'),
                               ('pose_tokens.joint_embed', 'joints a person', f'layout {layout}'),
                               ('pose_tokens.person_embed', 'people', 'num_person')):
        for key, tensor in own.items():
            if key.endswith(ending) and key in state and len(state[key]) != len(tensor):
                raise InputError(checkpoint, unit, len(state[key]),
                                 f'{len(tensor)}, as {name} of {cfg.filename or "the config"}')
    check_checkpoint(checkpoint, model)


def _check_classes(checkpoint, classes, cfg):
    """Name of classes, where both the checkpoint and the config tell them."""
    own = (test_dataset(cfg).get('metainfo') or {}).get('classes')
    if classes and own and list(classes) != list(own):
        raise InputError(
            checkpoint, 'classes', ', '.join(classes),
            f'{", ".join(own)}, as metainfo.classes of {cfg.filename or "the config"}')


def layout_of(cfg):
    """Return the joint layout of a config's data set."""
    return get_layout(test_dataset(cfg).get('layout', 'coco17'))
