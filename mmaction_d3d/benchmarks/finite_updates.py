"""What the check for finite numbers adds to a training step: MMEngine's wrapper and ours."""
from functools import partial

import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper

from ..engine.optim_wrapper import FiniteOptimWrapper
from .models import noise, subject
from .report import Row
from .timing import Call, ratios, spread, time_in_turn

COLUMNS = dict(name='optimizer wrapper', seconds='seconds a step',
               ratio='time, ratio to the one without the check')


def _train(model: BaseModel, wrapper: OptimWrapper, batch: dict) -> None:
    """One step that reads its loss, as the runner does."""
    model.train_step(batch, wrapper)['loss'].item()


def measure(config: str, device: str, batch: int, repeats: int) -> list[Row]:
    """Time steps with either wrapper in turn, with and without clipping of gradients.

    Args:
        config: Of this project.
        device: ``'cuda'`` or ``'cpu'``.
        batch: Clips at once.
        repeats: Rounds.

    Returns:
        Rows of :data:`COLUMNS`.
    """
    which = subject(config)
    model = MODELS.build(which.model).to(device).train()
    samples = [ActionDataSample().set_gt_label(0) for _ in range(batch)]
    content = dict(
        inputs={key: list(value) for key, value in noise(which.shapes, batch, 'cpu').items()},
        data_samples=samples)
    calls: dict[str, Call] = {}
    for said, clip_grad in (('with clip_grad', dict(max_norm=1.)), ('without clip_grad', None)):
        for name, kind in (("MMEngine's", OptimWrapper), ('ours', FiniteOptimWrapper)):
            wrapper = kind(torch.optim.AdamW(model.parameters(), lr=1e-6), clip_grad=clip_grad
                           and dict(clip_grad))
            call = calls[f'{name}, {said}'] = partial(_train, model, wrapper, content)
            call()
    times = time_in_turn(calls, device, repeats)
    return [
        dict(name=name, **spread('seconds', taken),
             **spread('ratio', ratios(taken, times["MMEngine's," + name.partition(',')[2]])))
        for name, taken in times.items()
    ]
