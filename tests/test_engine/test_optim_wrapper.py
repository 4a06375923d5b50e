"""One config trains in mixed precision on a GPU and in float32 on a CPU, or as its type says."""
import pytest
import torch
from mmaction.registry import OPTIM_WRAPPERS
from mmengine.logging import MMLogger
from mmengine.optim import AmpOptimWrapper

from mmaction_d3d.engine.optim_wrapper import (
    CPUAmpOptimWrapper,
    FiniteAmpOptimWrapper,
    FiniteOptimWrapper,
)
from mmaction_d3d.errors import InputError


def build(**kwargs):
    optimizer = torch.optim.AdamW(torch.nn.Linear(2, 1).parameters(), lr=0.1)
    cfg = dict(type='AutoAmpOptimWrapper', optimizer=optimizer)
    return OPTIM_WRAPPERS.build({**cfg, **kwargs})


def pretend_gpu(monkeypatch, bfloat16):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'is_bf16_supported', lambda including_emulation: bfloat16)


def test_float32_without_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    assert type(build(clip_grad=dict(max_norm=1.))) is FiniteOptimWrapper


@pytest.mark.parametrize('bfloat16, dtype', [(True, torch.bfloat16), (False, torch.float16)])
def test_mixed_precision_with_a_gpu(monkeypatch, bfloat16, dtype):
    pretend_gpu(monkeypatch, bfloat16)
    wrapper = build()
    assert (type(wrapper), wrapper.cast_dtype) == (FiniteAmpOptimWrapper, dtype)
    assert isinstance(wrapper, AmpOptimWrapper)


@pytest.mark.parametrize('bfloat16', [True, False])
def test_a_gpu_without_bfloat16_says_once_that_it_trains_in_float16(monkeypatch, caplog, bfloat16):
    pretend_gpu(monkeypatch, bfloat16)
    logger = MMLogger.get_current_instance()
    monkeypatch.setattr(logger, 'handlers', [caplog.handler])
    build()
    assert caplog.text.count('training computes in float16') == (0 if bfloat16 else 1)
    build(dtype='float16')  # as told: nothing to say
    assert caplog.text.count('training computes in float16') == (0 if bfloat16 else 1)


def test_type_in_the_config_wins(monkeypatch):
    pretend_gpu(monkeypatch, bfloat16=True)
    assert build(dtype='float16').cast_dtype is torch.float16


@pytest.mark.parametrize('gpu', [True, False])
def test_float32_in_the_config_is_float32_anywhere(monkeypatch, gpu):
    pretend_gpu(monkeypatch, bfloat16=True)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: gpu)
    assert type(build(dtype='float32')) is FiniteOptimWrapper


@pytest.mark.parametrize('dtype', ['float64', 'half', 16, torch.int8])
def test_another_type_is_refused(dtype):
    with pytest.raises(InputError, match='AutoAmpOptimWrapper: dtype: found .*, want one'):
        build(dtype=dtype)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize('scale', ['dynamic', 4., dict(init_scale=2.)], ids=str)
def test_a_named_type_trains_on_a_cpu(monkeypatch, dtype, scale):
    """One step of SGD, by hand beside it."""
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    model = torch.nn.Linear(2, 1, bias=False)
    wrapper = build(dtype=str(dtype).removeprefix('torch.'), loss_scale=scale,
                    optimizer=torch.optim.SGD(model.parameters(), lr=0.5))
    before = model.weight.detach().clone()
    with wrapper.optim_context(model):
        out = model(torch.ones(1, 2))
    assert out.dtype is dtype
    wrapper.update_params(out.float().sum() * 2**-6)  # its gradient is no overflow at any scale
    assert type(wrapper) is CPUAmpOptimWrapper
    assert wrapper.loss_scaler.get_scale() == {'dynamic': 65536.
                                               }.get(str(scale),
                                                     scale if isinstance(scale, float) else 2.)
    assert torch.allclose(model.weight, before - 2**-7)


@pytest.mark.parametrize('dtype', [None, 'float32', 'bfloat16'])
def test_state_of_a_cpu_in_float16_resumes_in_any_type(monkeypatch, dtype):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    saved = build(dtype='float16', loss_scale=8.)
    saved.optimizer.param_groups[0]['lr'] = 0.7
    resumed = build(dtype=dtype)
    resumed.load_state_dict(saved.state_dict())
    assert resumed.optimizer.param_groups[0]['lr'] == 0.7


@pytest.mark.parametrize('on_gpu', [(True, False), (False, True)], ids=['to CPU', 'to GPU'])
def test_state_of_one_machine_resumes_on_the_other(monkeypatch, on_gpu):
    pretend_gpu(monkeypatch, bfloat16=True)
    wrappers = []
    for gpu in on_gpu:
        monkeypatch.setattr(torch.cuda, 'is_available', lambda gpu=gpu: gpu)
        wrappers.append(build())
    saved, resumed = wrappers
    saved.optimizer.param_groups[0]['lr'] = 0.7
    resumed.load_state_dict(saved.state_dict())
    assert resumed.optimizer.param_groups[0]['lr'] == 0.7


@pytest.mark.gpu
def test_forward_pass_on_a_gpu_is_in_half_precision():
    model = torch.nn.Linear(2, 1).cuda()
    wrapper = build()
    with wrapper.optim_context(model):
        assert model(torch.ones(1, 2, device='cuda')).dtype is wrapper.cast_dtype
