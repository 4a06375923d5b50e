"""What wrappers hold: the model within, and the data sets within."""
from collections.abc import Iterator, Mapping
from typing import Any, cast

from mmengine.model import is_model_wrapper
from torch import nn


def unwrap_model(model: nn.Module) -> Any:
    """Find the model in a wrapper, such as ``MMDistributedDataParallel``.

    Args:
        model: A model, wrapped any number of times or not at all.
    """
    while is_model_wrapper(model):
        model = cast(nn.Module, model.module)
    return model


def unwrap_datasets(dataset: Any, field: str = 'dataset') -> Iterator[tuple[str, Any]]:
    """Yield the data sets in wrappers such as ``RepeatDataset`` and ``ConcatDataset``.

    Args:
        dataset: A data set or the config of one, wrapped or not.
        field: Where it stands. Defaults to ``'dataset'``.

    Yields:
        Where each stands, such as ``'dataset.datasets[1]'``, and the data set or config itself, in
        order.
    """
    if isinstance(dataset, Mapping):
        inner, several = dataset.get('dataset'), dataset.get('datasets')
    else:
        inner, several = (getattr(dataset, name, None) for name in ('dataset', 'datasets'))
    if several:
        for index, part in enumerate(several):
            yield from unwrap_datasets(part, f'{field}.datasets[{index}]')
    elif inner is not None:
        yield from unwrap_datasets(inner, f'{field}.dataset')
    else:
        yield field, dataset


def unwrap_dataset(dataset: Any) -> Any:
    """Find the data set in wrappers; of several that are joined, the first.

    Args:
        dataset: As for :func:`unwrap_datasets`.
    """
    return next(unwrap_datasets(dataset))[1]
