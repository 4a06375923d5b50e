"""Training that ends at a number that is not finite names the clips."""
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement

from mmaction_d3d.engine import AutoDeviceRunner
from mmaction_d3d.engine.finite_updates import NotFiniteError


class Line(BaseModel):

    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(1, 1)

    def forward(self, x, data_samples, mode):
        return dict(loss=self.line(torch.stack(x)).sum())


def clip(index, value):
    return dict(x=torch.tensor([value]),
                data_samples=BaseDataElement(metainfo=dict(frame_dir=f'clip{index}')))


@pytest.mark.parametrize('accumulated, names', [(1, 'clip4, clip5'),
                                                (2, 'clip4, clip5, clip6, clip7')])
def test_the_clips_of_the_update_are_named(tmp_path, accumulated, names):
    values = [1., 1., 1., 1., float('nan'), 1., 1., 1.]
    runner = AutoDeviceRunner(
        Line(), work_dir=str(tmp_path), default_scope='mmaction',
        train_dataloader=dict(batch_size=2, dataset=[clip(*pair) for pair in enumerate(values)],
                              sampler=dict(type='DefaultSampler', shuffle=False)),
        train_cfg=dict(type='D3DTrainLoop', max_epochs=1),
        optim_wrapper=dict(type='AutoAmpOptimWrapper', optimizer=dict(type='SGD', lr=0.1),
                           accumulative_counts=accumulated), experiment_name=str(tmp_path))
    with pytest.raises(
            NotFiniteError, match=
            f'loss: found nan or inf, want .* iteration {2 + accumulated}, of the clips {names}$'):
        runner.train()
    assert all(parameter.isfinite().all() for parameter in runner.model.parameters())
