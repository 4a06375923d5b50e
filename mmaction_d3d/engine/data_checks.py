"""What check_dataset.py would call an error, said before the first iteration."""
from collections.abc import Iterator, Mapping
from typing import Any

from mmaction.registry import DATASETS
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner

from ..datasets import RGBPoseDataset
from ..datasets.checking import SAMPLE, Gate, check_sample
from ..errors import InputError
from ..unwrapping import unwrap_datasets
from .build import config_mistakes
from .checks import check_class_names, compare_class_names, read_checkpoint, resumed_from

_ALLOW = 'allow_shared_clips=True'


def check_training_data(cfg: Config, runner: Runner) -> None:
    """Build the data of a training, check that no part shares clips, and look at a few videos.

    Args:
        cfg: The config; ``allow_shared_clips=True`` in it lets parts share clips.
        runner: Its runner.

    Raises:
        InputError: Data cannot be used.
    """
    with config_mistakes(cfg):
        loops = dict(train=runner.train_loop, val=runner.val_loop)
    datasets = {name: loop.dataloader.dataset for name, loop in loops.items() if loop is not None}
    if resumed := resumed_from(cfg):  # fine-tuning may have other classes
        check_class_names(resumed, datasets['train'].metainfo.get('classes'))
    for dataset in datasets.values():
        _look_at(dataset)
    if not cfg.get('allow_shared_clips'):
        test = _test_dataset(cfg)
        _check_shared(datasets.pop('train'),
                      datasets if test is None else datasets | {'test': test})


def check_test_data(cfg: Config, runner: Runner) -> None:
    """Build the data of a test, compare it with the checkpoint's and look at a few videos.

    Raises:
        InputError: Data cannot be used, or are not what the checkpoint ``load_from`` was trained
            on; see :func:`check_trained_on`.
    """
    with config_mistakes(cfg):
        dataset = runner.test_loop.dataloader.dataset
    if cfg.get('load_from'):
        check_trained_on(cfg.load_from, dataset)
    _look_at(dataset)


def check_trained_on(checkpoint: str, dataset: Any) -> None:
    """Compare a checkpoint's classes, and the modality it was trained on, with the data's.

    Args:
        checkpoint: Its path. A URL is left to MMEngine.
        dataset: The data set, wrapped or not.

    Raises:
        InputError: It has other classes, or was trained on RGB or skeletons alone and these are
            not.
    """
    if '://' in checkpoint:
        return
    from ..inference.loading import trained_modality  # it imports this package
    content = read_checkpoint(checkpoint)
    compare_class_names(checkpoint, content, dataset.metainfo.get('classes'))
    meta = content.get('meta')
    trained = trained_modality(meta.get('cfg') if isinstance(meta, Mapping) else None, checkpoint)
    for part in _parts(dataset):
        if trained not in (None, part.shows):
            raise InputError('config', 'modality', part.shows,
                             f'{trained}, on which {checkpoint} was trained')


def _parts(dataset: Any) -> Iterator[RGBPoseDataset]:
    for _, part in unwrap_datasets(dataset):
        if isinstance(part, RGBPoseDataset):
            yield part


def _look_at(dataset: Any) -> None:
    for part in _parts(dataset):
        if part.shows == 'pose':
            continue  # it needs no videos
        gate = Gate(part.ann_file)
        step = -(-len(part) // SAMPLE)
        findings = check_sample(part.located(range(0, len(part), step)))
        gate.take([
            finding for finding in findings
            if finding.kind != 'cannot be decoded' or part.stops_at_bad_clips
        ])
        gate.finish(f'{part.ann_file}, split {part.split!r}, a sample of the videos')


def _test_dataset(cfg: Config) -> Any:
    """Build the data set of the test, unless it is that of the validation."""
    tested, validated = ((cfg.get(f'{name}_dataloader') or {}).get('dataset')
                         for name in ('test', 'val'))
    if not tested or (validated and all(
            tested.get(key) == validated.get(key) for key in ('ann_file', 'split', 'data_prefix'))):
        return None
    try:
        with config_mistakes(cfg):
            return DATASETS.build(tested)
    except InputError as error:  # the test may have its data elsewhere, or later
        print_log(f'Training and test clips are not compared: {error}', 'current')
        return None


def _check_shared(training: Any, others: dict[str, Any]) -> None:
    for part in _parts(training):
        for finding in part.shared_clips[:1]:
            raise InputError(
                part.ann_file, 'split', f'{len(part.shared_clips)} clips, such as {finding.name}, '
                f'in {finding.found}', f'splits without common clips, or {_ALLOW} in the config')
        media = _media_of(part)
        for name, other in others.items():
            for tested in _parts(other):
                shared = sorted(media & _media_of(tested))
                if shared:
                    raise InputError(
                        part.ann_file, f'split {part.split!r}',
                        f'{len(shared)} clips, such as {shared[0]}, that {name} has, too',
                        f'a training without them, or {_ALLOW} in the config')


def _media_of(dataset: RGBPoseDataset) -> set[str]:
    return {
        clip.get('filename') or clip.get('img_dir') or clip['frame_dir']
        for clip in dataset.located()
    }
