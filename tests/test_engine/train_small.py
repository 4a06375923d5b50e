"""Trains a small model on drawn clips: train_small.py WORK_DIR LAUNCHER BATCH_SIZE ACCUMULATED."""
import sys
from pathlib import Path

import mmengine.dist
import torch
from mmengine.hooks import Hook

from mmaction_d3d.engine import AutoDeviceRunner

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.test_models.support import draw_batch, small_recognizer


class FreezeNorms(Hook):
    """Keeps batch norms on their running statistics, which each process would see others of."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        """Freezes them."""
        for module in runner.model.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.eval()


class Drawn(torch.utils.data.Dataset):
    """Eight clips."""

    def __init__(self):
        self.batch = draw_batch(samples=8)

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return dict(inputs={key: value[index] for key, value in self.batch['inputs'].items()},
                    data_samples=self.batch['data_samples'][index])


def main(work_dir, launcher, batch_size, accumulated):
    """Two updates on four clips each, in order."""
    runner = AutoDeviceRunner(
        model=small_recognizer(), work_dir=work_dir, launcher=launcher, default_scope='mmaction',
        train_dataloader=dict(batch_size=int(batch_size), num_workers=0, dataset=Drawn(),
                              sampler=dict(type='DefaultSampler', shuffle=False)),
        train_cfg=dict(by_epoch=True,
                       max_epochs=1), optim_wrapper=dict(optimizer=dict(type='AdamW', lr=1e-3),
                                                         clip_grad=dict(max_norm=1.),
                                                         accumulative_counts=int(accumulated)),
        custom_hooks=[FreezeNorms()], randomness=dict(seed=0), cfg=dict(sync_bn='torch'))
    runner.train()
    if mmengine.dist.is_main_process():
        model = getattr(runner.model, 'module', runner.model)
        torch.save(model.state_dict(), f'{work_dir}/last.pth')


if __name__ == '__main__':
    main(*sys.argv[1:])
