"""Batch norm, ReLU and convolution in one step that stores one activation."""
import copy

import pytest
import torch
from torch import nn

from mmaction_d3d.models.layers.norm_relu_conv import norm_relu_conv
from mmaction_d3d.models.layers.temporal_conv import SpatialConv3d, TemporalConv3d

from ..support import assert_near, spread


def build(stride=1, spatial=False, seed=0):
    torch.manual_seed(seed)
    norm = spread(nn.BatchNorm3d(5))
    conv = (SpatialConv3d if spatial else TemporalConv3d)(5, 4, 3, stride)
    return norm, conv, copy.deepcopy(norm), copy.deepcopy(conv)


def plain(x, norm, conv):
    return conv(torch.relu(norm(x)))


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last_3d])
@pytest.mark.parametrize('shape', [(2, 5, 4, 6, 5), (1, 5, 1, 3, 3), (3, 5, 5, 1, 2)])
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('spatial', [False, True])
def test_training_is_that_of_the_three_layers(shape, stride, memory_format, spatial):
    norm, conv, same_norm, same_conv = build(stride, spatial)
    x = torch.randn(shape).contiguous(memory_format=memory_format).requires_grad_()
    same_x = x.detach().clone().requires_grad_()
    for _ in range(2):  # the second step reads the first one's running statistics
        y, same_y = norm_relu_conv(x, norm, conv), plain(same_x, same_norm, same_conv)
        assert_near(y, same_y, 'output', 1e-5)
        pull = torch.randn_like(y)
        y.backward(pull)
        same_y.backward(pull)
    assert_near(x.grad, same_x.grad, 'gradient of x', 1e-5)
    for ours, theirs in ((norm, same_norm), (conv, same_conv)):
        for (name, a), (_, b) in zip(ours.named_parameters(), theirs.named_parameters()):
            assert_near(a.grad, b.grad, f'gradient of {name}', 1e-5)
        for (name, a), (_, b) in zip(ours.named_buffers(), theirs.named_buffers()):
            assert_near(a, b, name, 1e-5)


@pytest.mark.parametrize('spatial', [False, True])
def test_gradients_are_exact(spatial):
    norm, conv, *_ = build(spatial=spatial)
    x = torch.randn(2, 5, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: norm_relu_conv(x, norm.double(), conv.double()),
                                    (x, ))


@pytest.mark.parametrize('mode', ['eval', 'no_grad', 'cumulative'])
def test_elsewhere_the_layers_run_as_they_are(mode):
    norm, conv, same_norm, same_conv = build()
    for module in (norm, same_norm):
        module.train(mode != 'eval')
        module.momentum = None if mode == 'cumulative' else module.momentum
    x = torch.randn(2, 5, 4, 3, 3)
    with torch.set_grad_enabled(mode != 'no_grad'):
        y, same_y = norm_relu_conv(x, norm, conv), plain(x, same_norm, same_conv)
    assert torch.equal(y, same_y)
    for name, buffer in norm.named_buffers():
        assert torch.equal(buffer, dict(same_norm.named_buffers())[name]), name
    if mode != 'no_grad':
        y.square().sum().backward()
        same_y.square().sum().backward()
        assert torch.equal(conv.weight.grad, same_conv.weight.grad)
        assert torch.equal(norm.weight.grad, same_norm.weight.grad)


@pytest.mark.parametrize('spatial', [False, True])
@pytest.mark.parametrize('entering', ['float32', 'low'])
@pytest.mark.parametrize('low', [torch.bfloat16, torch.float16])
def test_under_autocast_training_is_that_of_the_three_layers(low, entering, spatial):
    norm, conv, same_norm, same_conv = build(spatial=spatial)
    x = torch.randn(2, 5, 4, 6, 5).to(low if entering == 'low' else torch.float32).requires_grad_()
    same_x = x.detach().clone().requires_grad_()
    with torch.autocast('cpu', dtype=low):
        y, same_y = norm_relu_conv(x, norm, conv), plain(same_x, same_norm, same_conv)
    assert y.dtype == same_y.dtype == low
    assert torch.equal(y, same_y)
    pull = torch.randn_like(y)
    y.backward(pull)
    same_y.backward(pull)
    pairs = [('x', x, same_x), ('conv', conv.weight, same_conv.weight),
             ('gamma', norm.weight, same_norm.weight), ('beta', norm.bias, same_norm.bias)]
    for name, a, b in pairs:
        assert a.grad.dtype == a.dtype
        # What is recomputed is rounded once more, in other places.
        assert_near(a.grad, b.grad, f'gradient of {name}', 4 * torch.finfo(low).eps)
    for (name, a), (_, b) in zip(norm.named_buffers(), same_norm.named_buffers()):
        assert_near(a, b, name, 1e-5)


def test_under_autocast_one_activation_is_stored():
    norm, conv, same_norm, same_conv = build()
    x = torch.randn(2, 5, 4, 6, 5).bfloat16().requires_grad_()

    def stored(function, *modules):
        sizes = {}

        def pack(tensor):
            if tensor.numel() >= x.numel():
                sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), \
                torch.autocast('cpu', dtype=torch.bfloat16):
            y = function(x, *modules)
        return len(sizes), y

    assert stored(norm_relu_conv, norm, conv)[0] == 1
    assert stored(plain, same_norm, same_conv)[0] > 1


def test_a_weight_is_not_cut_off_for_others_under_the_same_autocast():
    norm, conv, *_ = build()
    x = torch.randn(2, 5, 4, 3, 3)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        norm_relu_conv(x, norm, conv)
        conv(x).float().sum().backward()
    assert conv.weight.grad is not None and conv.weight.grad.abs().sum() > 0


def test_the_input_is_left_as_it_is():
    norm, conv, *_ = build()
    x = torch.randn(2, 5, 4, 3, 3, requires_grad=True)
    before = x.detach().clone()
    norm_relu_conv(x, norm, conv).sum().backward()
    assert torch.equal(x, before)


def test_one_activation_is_stored_instead_of_two():

    def stored(run):
        saved = {}

        def pack(tensor):
            saved[tensor.data_ptr()] = tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            y = run()
        del y
        return sum(size for size in saved.values() if size >= x.numel())

    norm, conv, same_norm, same_conv = build()
    source = torch.randn(2, 5, 4, 6, 6, requires_grad=True)
    x = source * 1.  # an activation, as the convolution before makes it
    assert stored(lambda: norm_relu_conv(x, norm, conv)) == x.numel()
    assert stored(lambda: plain(x, same_norm, same_conv)) == 2 * x.numel()
