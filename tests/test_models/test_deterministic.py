"""A training step calls nothing that torch has no deterministic algorithm for on GPUs."""
import pytest
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch.utils._python_dispatch import TorchDispatchMode

from .support import draw_batch, small_recognizer

# Operators behind the second list of the docstring of torch.use_deterministic_algorithms (2.14),
# those that raise an error on CUDA; what is in the first list has a deterministic form that the
# switch selects. embedding_bag is in neither where it adds up, nor nll_loss over single labels.
WITHOUT_DETERMINISTIC_FORM = {
    'avg_pool3d_backward', '_adaptive_avg_pool2d_backward', '_adaptive_avg_pool3d_backward',
    'adaptive_max_pool2d_backward', 'adaptive_max_pool3d_backward',
    'fractional_max_pool2d_backward', 'fractional_max_pool3d_backward', 'max_unpool2d',
    'max_unpool3d', 'upsample_linear1d_backward', 'upsample_bilinear2d_backward',
    'upsample_bicubic2d_backward', 'upsample_trilinear3d_backward',
    '_upsample_bilinear2d_aa_backward', '_upsample_bicubic2d_aa_backward',
    'reflection_pad1d_backward', 'reflection_pad2d_backward', 'reflection_pad3d_backward',
    'nll_loss2d_forward', 'nll_loss2d_backward', '_ctc_loss_backward', 'put', 'put_', 'histc',
    'bincount', 'median', 'nanmedian', 'grid_sampler_2d_backward', 'grid_sampler_3d_backward',
    'scatter_reduce', 'scatter_reduce_'
}
SETTINGS = [dict()] + [
    dict(attentions=attentions)
    for attentions in (['deformable'], ['joint'], ['temporal'], ['deformable', 'joint'],
                       ['deformable', 'temporal'], ['joint', 'temporal'])
] + [
    dict(modal_tokens='single', num_tokens=1),
    dict(modal_tokens='none', num_tokens=1),
    dict(pose_embed='none'),
    dict(depthwise=False),
    dict(wrap=False, joint_stride=1)
]


class Recorded(TorchDispatchMode):
    """Names of the operators that run meanwhile, forward and backward."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(func._schema.name.partition('::')[2])
        return func(*args, **(kwargs or {}))


def with_heatmaps(batch, merged):
    """The batch with heatmaps instead of joints."""
    frames = batch['inputs']['imgs'][0].shape[2:]
    shape = (3, 5, 10, 10) if merged else (frames[0], 6, frames[1] // 2, frames[2] // 2)
    del batch['inputs']['keypoint']
    batch['inputs']['heatmap_imgs'] = [torch.rand(1, *shape) for _ in batch['inputs']['imgs']]
    return batch


def step(model, batch):
    """Gradients of one training step."""
    batch = model.data_preprocessor(batch, training=True)
    losses = model(**batch, mode='loss')
    losses['loss_cls'].backward()


@pytest.mark.parametrize('frames, size', [(3, 32), (4, 40)])
@pytest.mark.parametrize('skeleton', ['keypoint', 'heatmaps', 'merged heatmaps'])
@pytest.mark.parametrize('changes', SETTINGS, ids=str)
def test_training_step_has_a_deterministic_form(changes, skeleton, frames, size):
    batch = draw_batch(frames=frames, size=(size, size))
    if skeleton != 'keypoint':
        batch = with_heatmaps(batch, skeleton == 'merged heatmaps')
        if skeleton == 'merged heatmaps' and frames == 3:
            pytest.skip('T = V: the layout cannot be told')
    model = MODELS.build(small_recognizer(**changes)).train()
    with Recorded() as recorded:
        step(model, batch)
    assert 'convolution_backward' in recorded.names  # the backward pass is seen
    assert not recorded.names & WITHOUT_DETERMINISTIC_FORM


def test_listed_operators_are_recorded():
    image = torch.rand(1, 2, 3, 4, requires_grad=True)
    with Recorded() as recorded:
        F.interpolate(image, (5, 6), mode='bilinear').sum().backward()
    assert recorded.names & WITHOUT_DETERMINISTIC_FORM == {'upsample_bilinear2d_backward'}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
@pytest.mark.parametrize('size', [32, 40])
def test_gradients_are_bit_equal_on_a_gpu(size, monkeypatch):
    monkeypatch.setenv('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
    runs = []
    torch.use_deterministic_algorithms(True)
    try:
        for _ in range(2):
            torch.manual_seed(0)
            model = MODELS.build(small_recognizer()).cuda().train()
            for _ in range(3):
                step(model, draw_batch(samples=8, frames=4, size=(size, size)))
            runs.append([p.grad for p in model.parameters()])
    finally:
        torch.use_deterministic_algorithms(False)
    assert all(map(torch.equal, *runs))
