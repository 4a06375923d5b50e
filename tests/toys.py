"""Models of a few weights, for tests of what trains them."""
import torch
from mmengine.model import BaseModel


class Line(BaseModel):
    """Fits a line through three numbers, so that a runner has something to train."""

    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(3, 1)

    def forward(self, x, mode):
        y = self.line(x)
        return dict(loss=y.square().mean()) if mode == 'loss' else [y]


class Counter(BaseModel):
    """One weight, which grows by the learning rate an iteration."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, inputs, data_samples=None, mode='tensor'):
        return dict(loss=-self.weight.sum()) if mode == 'loss' else [dict()]
