"""A plain answer where a batch does not fit a GPU's memory: which batch would."""
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import torch
from mmengine.model import BaseModel
from mmengine.runner import BaseLoop, Runner
from torch.utils.data import DataLoader

from ..errors import InputError
from ..gpus import GIB
from ..unwrapping import unwrap_model

_USABLE = 0.9  # of what is free: the allocator leaves gaps


@contextmanager
def memory_mistakes(runner: Runner) -> Iterator[None]:
    """Turn torch's OutOfMemoryError in a run into an InputError with a batch that would fit.

    It is estimated from the peak memory of one more clip, which is computed for that.

    Args:
        runner: Trains, validates or tests in this context.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        pass
    else:
        return
    # After the except clause: the traceback, which holds the tensors, is gone.
    raise _mistake(runner)


def _mistake(runner: Runner) -> InputError:
    model = unwrap_model(runner.model)
    training = model.training
    name = 'train_dataloader'
    if not training:
        tested = isinstance(runner._test_loop, BaseLoop)  # until it is built, a config
        name = 'test_dataloader' if tested else 'val_dataloader'
    loader = getattr(runner, name)
    size = loader.batch_size
    total = torch.cuda.mem_get_info()[1] / GIB
    found = f'{size}, too much for the {total:.1f} GiB of this GPU'
    fits = 0
    if size > 1:
        with suppress(torch.OutOfMemoryError):  # not even one clip
            fits = min(_estimate(runner, model, loader, training), size - 1)
    want = 'fewer frames or a smaller crop: not even one clip fits'
    if fits:
        want = f'about {fits}, an estimate from the memory of one clip'
        if training:
            want += ' (optim_wrapper.accumulative_counts makes up for a smaller batch)'
    return InputError(runner.cfg.filename or 'config', f'{name}.batch_size', found, want)


def _estimate(runner: Runner, model: BaseModel, loader: DataLoader, training: bool) -> int:
    """How many clips fit, by the peak of one."""
    if training:
        runner.optim_wrapper.zero_grad(set_to_none=True)
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    batch = loader.collate_fn([loader.dataset[0]])
    if training:
        # As in evaluation where there are several processes: norms would wait for the others.
        model.train(runner.world_size == 1)
        with runner.optim_wrapper.optim_context(model):
            losses = model._run_forward(model.data_preprocessor(batch, True), mode='loss')
            loss, _ = model.parse_losses(losses)
        loss.backward()
        runner.optim_wrapper.zero_grad(set_to_none=True)
    else:
        with torch.no_grad():
            model.test_step(batch)
    clip = torch.cuda.max_memory_allocated() - before
    torch.cuda.empty_cache()
    free = torch.cuda.mem_get_info()[0]
    return max(int(_USABLE * free / max(clip, 1)), 1)
