"""The forms of the depthwise convolution over space and time."""
import pytest
import torch
import torch.nn.functional as F

from mmaction_d3d.models.layers.depthwise_conv import (
    DepthwiseConv3d,
    depthwise_by_planes,
    depthwise_by_products,
    toeplitz,
)

from ..support import assert_near

FORMS = (depthwise_by_planes, depthwise_by_products)
# T, H, W and the filter; sides below, at and above multiples of 8, filters as large as the volume.
SHAPES = [((3, 4, 5), (2, 3, 2)), ((7, 7, 7), (7, 7, 7)), ((12, 9, 17), (7, 3, 3)),
          ((1, 1, 1), (1, 1, 1)), ((2, 8, 8), (1, 1, 8)), ((5, 3, 16), (5, 2, 9))]


def loops(x, weight):
    """Every sum written out, in float64."""
    batch, channels, *size = x.shape
    kernel = weight.shape[2:]
    out_size = [n - k + 1 for n, k in zip(size, kernel)]
    out = x.new_zeros(batch, channels, *out_size)
    for t in range(out_size[0]):
        for i in range(out_size[1]):
            for j in range(out_size[2]):
                seen = x[:, :, t:t + kernel[0], i:i + kernel[1], j:j + kernel[2]]
                out[:, :, t, i, j] = (seen * weight[:, 0]).sum((2, 3, 4))
    return out


def draw(size, kernel, batch=2, channels=3, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(batch, channels, *size, generator=generator, dtype=torch.float64)
    weight = torch.randn(channels, 1, *kernel, generator=generator, dtype=torch.float64)
    return x.to(dtype).requires_grad_(), weight.to(dtype).requires_grad_()


@pytest.mark.parametrize('size, kernel', SHAPES)
@pytest.mark.parametrize('form', FORMS)
def test_values_and_gradients_are_those_of_the_loops(form, size, kernel):
    x, weight = draw(size, kernel)
    output, wanted = form(x, weight), loops(x, weight)
    assert_near(output, wanted, tolerance=1e-12)
    pull = torch.randn_like(wanted)
    for name, a, b in zip(('x', 'weight'), torch.autograd.grad(output, (x, weight), pull),
                          torch.autograd.grad(wanted, (x, weight), pull)):
        assert_near(a, b, f'gradient of {name}', tolerance=1e-12)


@pytest.mark.parametrize('low', [torch.bfloat16, torch.float16])
@pytest.mark.parametrize('form', FORMS)
def test_autocast_costs_no_more_than_rounding_the_inputs(form, low):
    x, weight = draw((8, 10, 12), (7, 3, 3), dtype=torch.float32)
    wanted = F.conv3d(x.double(), weight.double(), groups=3)
    with torch.autocast('cpu', dtype=low):
        output = form(x, weight)
    assert output.dtype == torch.float32
    # Two factors and one partial sum are rounded.
    assert_near(output, wanted, tolerance=3 * torch.finfo(low).eps)
    pull = torch.randn_like(wanted)
    for a, b in zip(torch.autograd.grad(output, (x, weight), pull.float()),
                    torch.autograd.grad(wanted, (x, weight), pull)):
        assert a.dtype == torch.float32
        assert_near(a, b, tolerance=3 * torch.finfo(low).eps)


def test_a_row_times_the_toeplitz_matrix_is_its_correlation():
    row, signal = torch.tensor([1., 10., 100.]), torch.tensor([1., 2., 3., 4., 5.])
    assert (signal @ toeplitz(row, 5, 3)).tolist() == [321., 432., 543.]
    # Outputs that lie beyond the input see zeros there.
    assert (signal @ toeplitz(row, 5, 5)).tolist() == [321., 432., 543., 54., 5.]


def test_training_inference_and_torch_agree_and_share_their_weights():
    torch.manual_seed(0)
    ours, torchs = DepthwiseConv3d(4, (3, 2, 2)), torch.nn.Conv3d(4, 4, (3, 2, 2), groups=4)
    ours.load_state_dict(torchs.state_dict())
    x = torch.randn(2, 4, 5, 6, 7)
    with torch.no_grad():
        inferred = ours(x)
    assert torch.equal(inferred, torchs(x))
    assert_near(ours(x), torchs(x), tolerance=1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU')
@pytest.mark.parametrize('size, kernel', SHAPES)
def test_gpus_give_what_cpus_give(size, kernel):
    torch.manual_seed(0)
    conv = DepthwiseConv3d(3, kernel)
    x, _ = draw(size, kernel, dtype=torch.float32)
    assert_near(conv.cuda()(x.cuda()).cpu(), conv.cpu()(x), tolerance=1e-3)  # TF32 at most
