"""Latency, memory and multiply-adds of whole models: ours, and MMAction2's with random weights."""
from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from mmaction.registry import MODELS
from mmengine.config import Config, ConfigDict
from mmengine.model import revert_sync_batchnorm
from mmengine.utils import get_installed_path
from torch import nn
from torch._subclasses.fake_tensor import DataDependentOutputException

from ..engine import read_config
from ..evaluation.clip_shapes import clip_shapes
from ..evaluation.complexity import Part, count_complexity, count_config, run_model
from .report import Row
from .tensors import bytes_of_a_step
from .timing import Call, matrix_product, ratios, spread, time_in_turn, warm_up

Shapes = Mapping[str, Sequence[int]]

COLUMNS = dict(name='model', clip='one clip', parameters='parameters', gmacs='GMACs',
               seconds='seconds', clips_per_second='clips/s', ratio='time, ratio to {reference}',
               tensors='tensors of a step, GiB', tensors_ratio='tensors, ratio', gib='memory, GiB',
               gib_ratio='memory, ratio', share='share of GEMM')
_FORM = ('name', 'clip', 'seconds', 'clips_per_second', 'ratio', 'tensors', 'tensors_ratio', 'gib',
         'gib_ratio')
FORM_COLUMNS = {key: COLUMNS[key] for key in _FORM}
FORM_COLUMNS['ratio'] = 'time, ratio to the config as it is'


class Subject(NamedTuple):
    """A model that is measured.

    Attributes:
        name: What tables call it.
        model: Its config.
        shapes: Modality to the shape of one clip.
        folded: Whether batch norms are folded into convolutions.
        low: Whether it computes in :func:`mixed` precision everywhere.
        beside: Name of the model that its ratios refer to; the first one's where it is None.
    """
    name: str
    model: dict
    shapes: Shapes
    folded: bool = False
    low: bool = False
    beside: str | None = None


_CLIP: Shapes = dict(imgs=(3, 12, 224, 224))
#: Name to the config that MMAction2 brings, and the shapes that differ from its pipeline's.
PEERS: dict[str, tuple[str, Shapes]] = {
    'RGBPose-Conv3D': ('skeleton/posec3d/rgbpose_conv3d/rgbpose_conv3d.py', {}),
    'R(2+1)D-34': ('recognition/r2plus1d/r2plus1d_r34_8xb8-8x8x1-180e_kinetics400-rgb.py', _CLIP),
    'Swin-T':
    ('recognition/swin/swin-tiny-p244-w877_in1k-pre_8xb8-amp-32x2x1-30e_kinetics400-rgb.py', _CLIP),
    'TimeSformer':
    ('recognition/timesformer/timesformer_divST_8xb8-8x32x1-15e_kinetics400-rgb.py', {}),
    'PoseC3D': ('skeleton/posec3d/slowonly_r50_8xb16-u48-240e_ntu60-xsub-keypoint.py', {}),
    'ST-GCN++': ('skeleton/stgcnpp/stgcnpp_8xb16-joint-u100-80e_ntu60-xsub-keypoint-2d.py',
                 dict(keypoint=(2, 100, 17, 3))),
}


def peer(name: str) -> Subject:
    """Return a model of MMAction2's own config."""
    path, shapes = PEERS[name]
    cfg = Config.fromfile(str(Path(get_installed_path('mmaction'), '.mim', 'configs', path)))
    return Subject(name, cfg.model, shapes or clip_shapes(cfg))


def subject(config: str) -> Subject:
    """Return the model of a config file, with the clip that its training pipeline makes."""
    cfg = read_config(config)
    return Subject(Path(config).stem, cfg.model, clip_shapes(cfg))


def forms(config: str, training: bool) -> list[Subject]:
    """Return the model of a config as it is and in the forms that save time or memory."""
    plain = subject(config)
    plain = plain._replace(beside=plain.name)
    if training:
        model = ConfigDict(plain.model)
        model = ConfigDict(model, backbone=ConfigDict(model.backbone, with_cp=True))
        return [plain, plain._replace(name=f'{plain.name}, with_cp', model=model)]
    return [
        plain,
        plain._replace(name=f'{plain.name}, norms folded', folded=True),
        plain._replace(name=f'{plain.name}, bfloat16', low=True),
        plain._replace(name=f'{plain.name}, norms folded, bfloat16', folded=True, low=True)
    ]


def noise(shapes: Shapes, batch: int, device: str) -> dict[str, torch.Tensor]:
    """Make inputs of noise, modality to batch x 1 clip x ...; joints lie in the pictures."""
    inputs = {key: torch.rand(batch, 1, *shape, device=device) for key, shape in shapes.items()}
    if 'keypoint' in inputs and 'imgs' in inputs:
        inputs['keypoint'][..., :2] *= min(shapes['imgs'][-2:])
    return inputs


def mixed(device: str) -> torch.autocast:
    """Return the mixed precision that training uses on this device."""
    good = device == 'cpu' or torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device, dtype=torch.bfloat16 if good else torch.float16)


def usual(device: str) -> contextlib.AbstractContextManager:
    """Return the precision that configs train with: mixed on GPUs, float32 on CPUs."""
    return mixed(device) if device == 'cuda' else contextlib.nullcontext()


def training_step(model: nn.Module, inputs: dict[str, torch.Tensor], device: str,
                  precision: Callable[[str], Any] = usual) -> Call:
    """Return a call that does one step of training, gradients freed."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)

    def step() -> None:
        model.train()
        with precision(device):
            outputs: Any = run_model(model, inputs)
        scores = list(outputs.values()) if isinstance(outputs, dict) else [outputs]
        torch.stack([score.float().logsumexp(-1).mean() for score in scores]).sum().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def inference(model: nn.Module, inputs: dict[str, torch.Tensor], device: str,
              precision: Callable[[str], Any] = usual) -> Call:
    """Return a call that does one forward pass."""

    def infer() -> None:
        model.eval()
        with torch.no_grad(), precision(device):
            run_model(model, inputs)

    return infer


def _make(which: Subject, training: bool, device: str, batch: int) -> Call:
    model = revert_sync_batchnorm(MODELS.build(which.model))
    if device != 'cpu':  # tensors that are only counted cannot be moved
        model = model.to(device)
    if which.folded:
        model.backbone.backbone.fold_norms()
    return (training_step if training else inference)(model, noise(which.shapes, batch, device),
                                                      device, mixed if which.low else usual)


def _count(which: Subject) -> Part:
    """Parameters and multiply-adds of one clip."""
    try:
        return count_config(which.model, which.shapes)['total']
    except DataDependentOutputException:  # it reads numbers of tensors while it is built
        return count_complexity(MODELS.build(which.model), noise(which.shapes, 1, 'cpu'))['total']


def count_tensors(subjects: Sequence[Subject], batch: int) -> dict[str, Row]:
    """Count the tensors of training steps, by model: GiB, and the ratio to those of another one.

    They are all that a step makes and has at once: activations and gradients, neither weights nor
    what the optimizer keeps of them.
    """
    tensors = {
        each.name: bytes_of_a_step(partial(_make, each, True, 'cpu', batch)) / 2**30
        for each in subjects
    }
    return {
        each.name:
        dict(tensors=tensors[each.name],
             tensors_ratio=tensors[each.name] / tensors[each.beside or each.name])
        for each in subjects
    }


def measure(subjects: Sequence[Subject], training: bool, device: str, batch: int,
            repeats: int) -> list[Row]:
    """Measure models in turn.

    Args:
        subjects: Models; times are also given as ratios to those of another one.
        training: Whether a whole training step is timed, not a forward pass.
        device: ``'cuda'`` or ``'cpu'``.
        batch: Clips at once.
        repeats: Rounds.

    Returns:
        A row for each model with the keys of :data:`COLUMNS`, ``_low`` and ``_high``. Tensors are
        counted of forms in training.
    """
    # What is loaded once would count as the first model's memory: the last runs before it.
    _make(subjects[-1], training, device, batch)()
    product, product_macs = matrix_product(device)
    product()
    made = {
        each.name: warm_up(partial(_make, each, training, device, batch), device)
        for each in subjects
    }
    calls = {name: call for name, (call, _) in made.items()} | dict(GEMM=product)
    times = time_in_turn(calls, device, repeats)
    tensors = count_tensors([each for each in subjects if training and each.beside], batch)
    rows = []
    for each in subjects:
        total = _count(each)
        # Backward of a product is two more.
        macs = total.macs * batch * (3 if training else 1)
        gib = made[each.name][1]
        first = each.beside or subjects[0].name
        figures = spread('seconds', times[each.name])
        rows.append(
            dict(
                name=each.name, clip=', '.join('x'.join(map(str, shape))
                                               for shape in each.shapes.values()),
                parameters=total.parameters, gmacs=total.macs / 1e9, **figures,
                clips_per_second=batch / figures['seconds'],
                **spread('ratio', ratios(times[each.name], times[first])), gib=gib,
                gib_ratio=gib / made[first][1], **tensors.get(each.name, {}), share=spread(
                    'share',
                    (macs / taken * product_taken / product_macs
                     for taken, product_taken in zip(times[each.name], times['GEMM'])))['share']))
    return rows
