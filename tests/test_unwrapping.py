"""Models and data sets in wrappers."""
import re
from pathlib import Path

import torch
from mmengine.config import ConfigDict
from mmengine.dataset import BaseDataset, ConcatDataset, RepeatDataset
from mmengine.registry import MODEL_WRAPPERS
from torch.utils.data import Subset

from mmaction_d3d.unwrapping import unwrap_dataset, unwrap_datasets, unwrap_model


class OuterWrapper(torch.nn.Module):
    """A wrapper of any kind."""

    def __init__(self, module):
        super().__init__()
        self.module = module


class Clips(BaseDataset):
    """Two clips."""

    def load_data_list(self):
        return [dict(label=0), dict(label=1)]


def test_a_model_is_found_in_any_number_of_wrappers():
    model = torch.nn.Sequential(torch.nn.Linear(1, 1))
    model.module = torch.nn.ReLU()  # of its own, which is no reason to look inside
    assert unwrap_model(model) is model
    MODEL_WRAPPERS.register_module(module=OuterWrapper)
    try:
        assert unwrap_model(OuterWrapper(torch.nn.DataParallel(model))) is model
    finally:
        del MODEL_WRAPPERS.module_dict['OuterWrapper']


def test_data_sets_are_found_in_wrappers_built_or_not():
    first, second = Clips(), Clips()
    joined = Subset(ConcatDataset([first, second]), [0])  # MMEngine's do not nest, torch's do
    assert [*unwrap_datasets(joined, 'x')] == [('x.dataset.datasets[0]', first),
                                               ('x.dataset.datasets[1]', second)]
    assert unwrap_dataset(joined) is first and unwrap_dataset(second) is second
    assert unwrap_dataset(RepeatDataset(second, 2)) is second
    cfg = ConfigDict(dataset=dict(datasets=[dict(dataset=dict(a=1)), dict(a=2)]))
    assert [*unwrap_datasets(cfg, 'x')] == [('x.dataset.datasets[0].dataset', dict(a=1)),
                                            ('x.dataset.datasets[1]', dict(a=2))]
    assert unwrap_dataset(cfg) == dict(a=1) and unwrap_dataset({}) == {}


def test_nobody_unwraps_by_hand():
    root = Path(__file__).parents[1]
    by_hand = re.compile(r"is_model_wrapper|while .*'dataset'|\.dataset\.dataset\b|\.module\.")
    places = [
        path.name for folder in ('mmaction_d3d', 'tools') for path in (root / folder).rglob('*.py')
        if by_hand.search(path.read_text())
    ]
    assert places == ['unwrapping.py']
