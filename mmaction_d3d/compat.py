"""Mends what upstream packages break, each only where it really is broken.

`apply` runs when `mmaction_d3d` is imported; `report` says what it mended.
"""
import functools
import importlib
import inspect
import io
import pickle
import re
import sys
import types
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from .optional_parts import careful_imports

with careful_imports():  # MMEngine tries to import transformers
    import mmaction
    import mmengine
    from mmengine.config import Config
    from mmengine.dataset import Compose
    from mmengine.fileio import LocalBackend, get_file_backend
    from mmengine.hooks import CheckpointHook
    from mmengine.logging import HistoryBuffer
    from mmengine.runner import Runner
    from mmengine.runner import checkpoint as mmengine_checkpoint
    from mmengine.runner import runner as mmengine_runner

from .bundled import bundled_config, is_bundled
from .checkpoint_files import check_whole, write_checkpoint
from .checkpoint_globals import checkpoint_globals
from .config_variables import substitute_variables
from .errors import InputError, content_of
from .files import is_file
from .published import SUFFIX, read_published
from .resumed_state import check_resumable, make_harmless

_mended: list[str] = []


def apply() -> list[str]:
    """Mend what is broken and import MMAction2's models; a second call changes nothing.

    Returns:
        What `report` returns.
    """
    _apply_all(_mend_numpy_names, _mend_missing_localizer, _mend_checkpoint_loading,
               _mend_downloaded_checkpoints, _mend_checkpoint_writing, _mend_resumed_state,
               _mend_config_variables, _mend_config_bases, _mend_composed_pipelines,
               _read_published_checkpoints)
    with warnings.catch_warnings(), careful_imports() as left_out:
        # MMCV's lite edition warns of operators that nothing here uses.
        warnings.simplefilter('ignore')
        importlib.import_module('mmaction.models')
        _mended.extend(left_out())
    _apply_all(_mend_scores_in_half_precision, _mend_mean_class_accuracy)
    return report()


def _apply_all(*mends: Callable[[], str | None]) -> None:
    _mended.extend(filter(None, (mend() for mend in mends)))


def report() -> list[str]:
    """Say what `apply` mended, one sentence for each; what it found healthy is not listed."""
    return list(_mended)


def _mend_numpy_names() -> str | None:
    """Give NumPy 2 back the names of its first version that MMAction2 reads."""
    names = dict(Inf='inf', NAN='nan', in1d='isin', trapz='trapezoid')
    lacking = [name for name in names if name not in vars(np)]
    for name in lacking:
        setattr(np, name, getattr(np, names[name]))
    if not lacking:
        return None
    return (f'NumPy {np.__version__} lacks {", ".join(lacking)}, which MMAction2 '
            f'{mmaction.__version__} reads: aliases stand in')


def _mend_scores_in_half_precision() -> str | None:
    """Make every head of MMAction2 hand out float32: its metrics call ``numpy()``."""
    from mmaction.models.heads import BaseHead
    try:
        torch.zeros(1, dtype=torch.bfloat16).numpy()
    except TypeError:
        pass
    else:
        return None
    if '__call__' in vars(BaseHead):
        return None

    def call(self: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
        return _in_float32(torch.nn.Module.__call__(self, *args, **kwargs))

    BaseHead.__call__ = call
    return (f'heads of MMAction2 {mmaction.__version__} fail on scores in bfloat16, which NumPy '
            'lacks: they hand out float32')


def _mend_mean_class_accuracy() -> str | None:
    """Leave classes that no clip has out of the mean over classes."""
    from mmaction import evaluation
    from mmaction.evaluation import functional
    from mmaction.evaluation.functional import accuracy
    from mmaction.evaluation.metrics import acc_metric
    healthy = accuracy.mean_class_accuracy(np.eye(2), [0, 0]) == 0.5
    if healthy:
        return None
    for module in (evaluation, functional, accuracy, acc_metric):
        module.mean_class_accuracy = _mean_class_accuracy
    return (f'MMAction2 {mmaction.__version__} counts a class that is predicted but that no clip '
            'has as accuracy 0: mean class accuracy is over the classes present')


def _mean_class_accuracy(scores: Sequence[np.ndarray], labels: Sequence[int]) -> float:
    """Return the mean over the classes of ``labels`` of the share that is recognized."""
    right = np.argmax(scores, axis=1) == np.asarray(labels)
    return float(np.mean([right[np.asarray(labels) == label].mean()
                          for label in np.unique(labels)]))


def _in_float32(scores: Any) -> Any:
    """Half precision tensors in float32, alone or in a dict, list or tuple."""
    if isinstance(scores, dict):
        return {name: _in_float32(value) for name, value in scores.items()}
    if isinstance(scores, (list, tuple)):
        return type(scores)(map(_in_float32, scores))
    if isinstance(scores, torch.Tensor) and scores.dtype in (torch.bfloat16, torch.float16):
        return scores.float()
    return scores


def _mend_missing_localizer() -> str | None:
    """Stands in for `mmaction.models.localizers.drn`, which the wheel of MMAction2 1.2.0 lacks."""
    name = 'mmaction.models.localizers.drn'
    folder = Path(mmaction.__file__).parent / 'models' / 'localizers'
    wanted = 'from .drn.drn import' in (folder / '__init__.py').read_text()
    if not wanted or (folder / 'drn').is_dir() or name in sys.modules:
        return None

    class DRN:
        """Stands in for MMAction2's DRN, which this installation lacks."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            raise NotImplementedError(f'this installation of MMAction2 lacks {name}')

    package, module = types.ModuleType(name), types.ModuleType(f'{name}.drn')
    package.__path__ = []
    vars(package)['drn'], vars(module)['DRN'] = module, DRN
    sys.modules[package.__name__], sys.modules[module.__name__] = package, module
    return f'MMAction2 {mmaction.__version__} lacks {name}: a stand-in lets its models be imported'


def _mend_checkpoint_loading() -> str | None:
    """Allow the classes that mmengine stores in a checkpoint; loading stays `weights_only`."""
    # What the message hub holds after training: logged values and the numbers made of them.
    stored = io.BytesIO()
    torch.save(dict(log=HistoryBuffer([1.], [1]), eta=np.float64(1.)), stored)
    stored.seek(0)
    try:
        # What was saved three lines above.
        torch.load(stored)  # nosec B614
    except pickle.UnpicklingError:
        torch.serialization.add_safe_globals(checkpoint_globals())
        return (f'PyTorch {torch.__version__} refuses the checkpoints of mmengine '
                f'{mmengine.__version__}: the classes they store are allowed, '
                'loading stays weights_only')
    return None


def _mend_downloaded_checkpoints() -> str | None:
    """Make mmengine load what it downloads `weights_only`, as it loads files."""
    load_url = mmengine_checkpoint.load_url
    default = inspect.signature(load_url).parameters.get('weights_only')
    if default is None or default.default is not False:
        return None
    mmengine_checkpoint.load_url = functools.partial(load_url, weights_only=True)
    return (f'mmengine {mmengine.__version__} unpickles whatever a downloaded checkpoint holds: '
            'downloads load weights_only, like files')


def _mend_checkpoint_writing() -> str | None:
    """Make mmengine's runner write checkpoints whole or not at all, with a checksum."""
    save_checkpoint = mmengine_runner.save_checkpoint
    mended = hasattr(save_checkpoint, '__wrapped__')
    if mended or 'replace' in inspect.getsource(LocalBackend.put):
        return None

    @functools.wraps(save_checkpoint)
    def save_whole(checkpoint: object, filename: str, file_client_args: dict | None = None,
                   backend_args: dict | None = None) -> None:
        backend = get_file_backend(filename, backend_args=backend_args)
        if file_client_args is None and isinstance(backend, LocalBackend):
            write_checkpoint(checkpoint, filename)
        else:
            save_checkpoint(checkpoint, filename, file_client_args, backend_args)

    for module in (mmengine_runner, mmengine_checkpoint, mmengine.runner):
        module.save_checkpoint = save_whole
    return (f'mmengine {mmengine.__version__} leaves a truncated checkpoint where it is stopped or '
            'the disk is full: they are written whole, with a checksum')


def _mend_resumed_state() -> str | None:
    """Keep a checkpoint from running code or naming files to delete when a training resumes."""
    load_checkpoint = Runner.load_checkpoint
    mended = hasattr(load_checkpoint, '__wrapped__')
    if mended or 'fromstring' not in inspect.getsource(Runner.resume):
        return None

    @functools.wraps(load_checkpoint)
    def load_harmless(self: Runner, filename: str, *args: Any, **kwargs: Any) -> dict:
        if is_file(filename):
            check_whole(filename)
        checkpoint = load_checkpoint(self, filename, *args, **kwargs)
        folders = [hook.out_dir for hook in self.hooks if isinstance(hook, CheckpointHook)]
        name = Path(self.work_dir).name
        make_harmless(
            checkpoint,
            [self.work_dir, *(str(Path(folder, name)) for folder in folders if folder is not None)])
        return checkpoint

    resume = Runner.resume

    @functools.wraps(resume)
    def resume_checked(self: Runner, filename: str, *args: Any, **kwargs: Any) -> None:
        load = self.load_checkpoint

        def load_checked(*args: Any, **kwargs: Any) -> dict:
            checkpoint = load(*args, **kwargs)
            check_resumable(checkpoint, filename)
            return checkpoint

        self.load_checkpoint = load_checked
        try:
            with content_of(filename, 'training state', 'that of the same optimizer and schedules'):
                resume(self, filename, *args, **kwargs)
        finally:
            del self.load_checkpoint

    Runner.load_checkpoint, Runner.resume = load_harmless, resume_checked
    return (
        f'mmengine {mmengine.__version__} runs code of a checkpoint that a training resumes from, '
        'and deletes files that it names: neither is read any more')


def _mend_config_variables() -> str | None:
    """Keep the value of an environment variable from being read as a config's code."""
    if Config._substitute_env_variables is substitute_variables:
        return None
    Config._substitute_env_variables = staticmethod(substitute_variables)
    return (
        f'mmengine {mmengine.__version__} pastes environment variables into the code of configs: '
        'they are values')


def _mend_config_bases() -> str | None:
    """Let configs inherit this package's: ``_base_ = 'mmaction_d3d::d3d_ntu60_xsub.py'``."""
    find_base = Config._get_cfg_path
    if hasattr(find_base, '__wrapped__'):
        return None

    @functools.wraps(find_base)
    def find_bundled(cfg_path: str, filename: str) -> tuple[str, str | None]:
        if is_bundled(cfg_path):
            return bundled_config(cfg_path), None
        return find_base(cfg_path, filename)

    Config._get_cfg_path = staticmethod(find_bundled)
    return (f'mmengine {mmengine.__version__} knows the packages of OpenMMLab alone: configs may '
            'inherit those of mmaction_d3d, too')


def _mend_composed_pipelines() -> str | None:
    """Try the steps of a pipeline for RGB and skeletons at its first clip, whoever composed it."""
    compose = Compose.__call__
    if hasattr(compose, '__wrapped__'):
        return None

    @functools.wraps(compose)
    def compose_checked(self: Compose, data: dict) -> dict | None:
        if not vars(self).get('joints_follow'):
            from .datasets.transforms.geometry import check_first_clip
            check_first_clip(self.transforms, data)
            vars(self)['joints_follow'] = True
        try:
            return compose(self, data)
        except cv2.error as error:
            raise InputError('pipeline', 'transforms', ' '.join(str(error).split()),
                             'values that OpenCV takes; --debug shows of which one') from error

    Compose.__call__ = compose_checked
    return (
        f'pipelines of mmengine {mmengine.__version__} run transforms that leave joints behind: '
        'where PackRGBPose is in one, its transforms are tried at the first clip')


def _read_published_checkpoints() -> None:
    """Let mmengine read what ``d3d publish`` writes, and download checkpoints as ``load`` does."""
    loader = mmengine_checkpoint.CheckpointLoader
    loader.register_scheme(rf'.*{re.escape(SUFFIX)}$', load_from_published, force=True)
    loader.register_scheme(('http://', 'https://'), load_from_http, force=True)


# mmengine tells what it reads by what follows "load_from_" in the name of what reads it.
def load_from_published(filename: str, map_location: Any = None) -> Any:
    """Read a file that ``d3d publish`` wrote."""
    return read_published(filename, map_location)


def load_from_http(filename: str, map_location: Any = None) -> Any:
    """Download a checkpoint, and read it."""
    from .engine.checks import read_checkpoint
    return read_checkpoint(filename, map_location)
