"""Convolutions over time and over space against torch's three-dimensional one."""
import pytest
import torch
from torch import nn

from mmaction_d3d.models.layers.temporal_conv import SpatialConv3d, TemporalConv3d

from ..support import assert_near


@pytest.mark.parametrize('spatial', [False, True])
@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last_3d])
@pytest.mark.parametrize('kernel_size, stride', [(3, 1), (3, 2), (1, 1), (5, 3)])
@pytest.mark.parametrize('shape', [(2, 5, 7, 4, 3), (1, 5, 1, 1, 2)])
def test_it_is_a_three_dimensional_convolution(shape, kernel_size, stride, memory_format, spatial):
    torch.manual_seed(0)
    conv = (SpatialConv3d if spatial else TemporalConv3d)(5, 4, kernel_size, stride)
    same = nn.Conv3d(5, 4, conv.kernel_size, conv.stride, conv.padding, bias=False)
    assert conv.kernel_size == ((1, kernel_size, kernel_size) if spatial else (kernel_size, 1, 1))
    same.load_state_dict(conv.state_dict())
    x = torch.randn(shape).contiguous(memory_format=memory_format).requires_grad_()
    same_x = x.detach().clone().requires_grad_()
    y, same_y = conv(x), same(same_x)
    pull = torch.randn_like(same_y)
    y.backward(pull)
    same_y.backward(pull)
    assert_near(y, same_y, 'output', 1e-5)
    assert_near(x.grad, same_x.grad, 'gradient of x', 1e-5)
    assert_near(conv.weight.grad, same.weight.grad, 'gradient of the weight', 1e-5)


@pytest.mark.parametrize('grad, batch', [(True, 2), (False, 2), (False, 1)])
@pytest.mark.parametrize('kind', [SpatialConv3d, TemporalConv3d])
def test_channels_last_data_stay_so(kind, grad, batch):
    x = torch.randn(batch, 11, 12, 40, 40).contiguous(memory_format=torch.channels_last_3d)
    conv = kind(11, 16, 3)
    with torch.set_grad_enabled(grad):
        y = conv(x)
    assert y.is_contiguous(memory_format=torch.channels_last_3d)
    assert_near(y, nn.functional.conv3d(x, conv.weight, None, conv.stride, conv.padding), 'y', 1e-5)
