"""Memory of a training pass at full size."""
import os
import subprocess
import sys
import textwrap

import pytest
import torch
from mmaction.registry import MODELS
from torch._subclasses.fake_tensor import FakeTensorMode

from mmaction_d3d.models.layers import depthwise_conv
from mmaction_d3d.models.layers.windows import cached_windows

TRAINING_PASS = '''
import mmaction_d3d
import torch
from mmaction.registry import MODELS

model = MODELS.build(dict(type='D3DTransformer', backbone=dict(type='R2Plus1D'), num_joints=17,
                          num_person=2))
imgs = torch.randn(1, 3, 12, 224, 224)
keypoint = torch.rand(1, 12, 34, 3) * torch.tensor([224., 224., 1.])
model(imgs, keypoint).square().mean().backward()
# Unlike ru_maxrss this leaves out the process that started this one.
print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])
'''


def test_a_full_clip_of_two_people_trains_within_3_5_gib():
    done = subprocess.run(
        [sys.executable, '-c', textwrap.dedent(TRAINING_PASS)], check=True, stdout=subprocess.PIPE,
        text=True, env=dict(os.environ))
    assert int(done.stdout.split()[-1]) / 2**20 < 3.5


@pytest.fixture
def without_values():
    """Tensors of the test have shapes alone, so that any size costs nothing."""
    cached_windows.cache_clear()
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield
    cached_windows.cache_clear()


@pytest.mark.parametrize('form', ['depthwise_by_planes', 'depthwise_by_products'])
def test_sixteen_ntu_clips_in_bfloat16_keep_less_than_15_5_gib(without_values, monkeypatch, form):
    """What autograd keeps for the backward pass, in the forms of CPUs and of GPUs."""
    monkeypatch.setattr(depthwise_conv, 'depthwise_by_planes', getattr(depthwise_conv, form))
    model = MODELS.build(
        dict(type='D3DTransformer', backbone=dict(type='R2Plus1D'), num_joints=25, num_person=2))
    weights = {p.untyped_storage()._cdata for p in model.parameters()}
    stored = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage._cdata not in weights:
            stored[storage._cdata] = storage  # held, so that no other takes its place
        return tensor

    imgs, keypoint = torch.randn(16, 3, 12, 224, 224), torch.rand(16, 12, 50, 3)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor), \
            torch.autocast('cpu', dtype=torch.bfloat16):
        model(imgs, keypoint)
    gib = sum(storage.nbytes() for storage in stored.values()) / 2**30
    print(f'{gib:.2f} GiB')
    assert 10 < gib < 15.5
