"""One config trains in mixed precision on a GPU and in float32 on a CPU."""
import pytest
import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper

from mmaction.registry import OPTIM_WRAPPERS

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')


def build(**kwargs):
    optimizer = torch.optim.AdamW(torch.nn.Linear(2, 1).parameters(), lr=0.1)
    cfg = dict(type='AutoAmpOptimWrapper', optimizer=optimizer, **kwargs)
    return OPTIM_WRAPPERS.build(cfg)


def pretend_gpu(monkeypatch, bfloat16):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'is_bf16_supported', lambda including_emulation: bfloat16)


def test_float32_without_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert type(build(clip_grad=dict(max_norm=1.))) is OptimWrapper


@pytest.mark.parametrize('bfloat16, dtype', [(True, torch.bfloat16), (False, torch.float16)])
def test_mixed_precision_with_a_gpu(monkeypatch, bfloat16, dtype):
    pretend_gpu(monkeypatch, bfloat16)
    wrapper = build()
    assert (type(wrapper), wrapper.cast_dtype) == (AmpOptimWrapper, dtype)


def test_type_in_the_config_wins(monkeypatch):
    pretend_gpu(monkeypatch, bfloat16=True)
    assert build(dtype='float16').cast_dtype is torch.float16


@pytest.mark.parametrize('on_gpu', [(True, False), (False, True)], ids=['to CPU', 'to GPU'])
def test_state_of_one_machine_resumes_on_the_other(monkeypatch, on_gpu):
    pretend_gpu(monkeypatch, bfloat16=True)
    wrappers = []
    for gpu in on_gpu:
        monkeypatch.setattr(torch.cuda, 'is_available', lambda: gpu)
        wrappers.append(build())
    saved, resumed = wrappers
    saved.optimizer.param_groups[0]['lr'] = 0.7
    resumed.load_state_dict(saved.state_dict())
    assert resumed.optimizer.param_groups[0]['lr'] == 0.7


@needs_gpu
def test_forward_pass_on_a_gpu_is_in_half_precision():
    model = torch.nn.Linear(2, 1).cuda()
    wrapper = build()
    with wrapper.optim_context(model):
        assert model(torch.ones(1, 2, device='cuda')).dtype is wrapper.cast_dtype
