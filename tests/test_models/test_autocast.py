"""The whole model under autocast: logits, losses and scores are float32, near those of float32."""
import pytest
import torch
from mmaction.registry import MODELS

from .support import draw_batch, small_recognizer

DTYPES = [torch.bfloat16, torch.float16]
HALF = pytest.mark.parametrize('dtype', DTYPES, ids=str)
DEVICES = pytest.mark.parametrize('device', ['cpu', pytest.param('cuda', marks=pytest.mark.gpu)])
#: Settings that between them run every branch of the model.
SETTINGS = {
    'paper':
    dict(pose_embed='none', depthwise=False),
    'ours':
    dict(),
    'finer coordinates':
    dict(pose_tokens=dict(octaves=4, motion_lags=(1, 2), body=True, order_people=True)),
    'single token':
    dict(modal_tokens='single'),
    'no token':
    dict(modal_tokens='none'),
    'one attention':
    dict(attentions=('temporal', )),
}


def build(name='ours', **head):
    torch.manual_seed(0)
    settings = SETTINGS[name]
    tokens = 1 if 'modal_tokens' in settings else 3
    config = small_recognizer(num_tokens=tokens, **settings)
    config['cls_head'].update(head)
    return MODELS.build(config)


def run(model, mode, dtype, device='cpu', enabled=True, clips=1):
    """What a call gives: a dict of losses, or samples."""
    model.to(device).train(mode == 'loss')
    data = model.data_preprocessor(draw_batch(clips=clips), mode == 'loss')
    with torch.autocast(device, dtype=dtype, enabled=enabled):
        return model(**data, mode=mode)


@DEVICES
@HALF
@pytest.mark.parametrize('name', SETTINGS)
def test_training_reports_float32_and_finite_gradients(name, dtype, device):
    model = build(name)
    losses = run(model, 'loss', dtype, device)
    losses['loss_cls'].backward()
    assert losses['loss_cls'].dtype is torch.float32
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    exact = run(build(name), 'loss', dtype, device, enabled=False)['loss_cls']
    assert abs(losses['loss_cls'] - exact) < 0.05


@DEVICES
@HALF
@pytest.mark.parametrize('average_clips', ['prob', 'score', None])
def test_averages_of_several_clips_are_float32(average_clips, dtype, device):
    model = build(average_clips=average_clips)
    with torch.no_grad():
        scores, exact = (torch.stack([
            sample.pred_score for sample in run(model, 'predict', dtype, device, enabled, clips=3)
        ]) for enabled in (True, False))
    assert scores.dtype is torch.float32
    assert (scores - exact).abs().max() < 0.02


@pytest.mark.parametrize('dtype', [*DTYPES, torch.float32, torch.float64], ids=str)
def test_logits_of_a_model_in_another_type_are_float32_at_least(dtype):
    head = build().cls_head.to(dtype)
    assert head(torch.randn(2, 3, 3, 16,
                            dtype=dtype)).dtype is torch.promote_types(dtype, torch.float32)


class Tokens(torch.nn.Module):
    """One feature vector a clip, as MMAction2's heads want it, from our transformer's tokens."""

    def __init__(self, transformer):
        super().__init__()
        self.transformer = transformer

    def forward(self, **inputs):
        tokens = self.transformer(**inputs)
        return tokens.flatten(2).movedim(-1, 1)[..., None, None]  # B x 3 4C x T x 1 x 1


@HALF
@pytest.mark.parametrize('recognizer', ['D3DRecognizer', 'MMRecognizer3D'])
@pytest.mark.parametrize('head', ['I3DHead', 'SlowFastHead'])
def test_a_head_of_mmaction_trains_and_predicts(head, recognizer, dtype):
    """Their ``numpy()`` knows no bfloat16."""
    config = small_recognizer()
    config.update(type=recognizer, cls_head=dict(type=head, num_classes=5, in_channels=48,
                                                 average_clips='prob'))
    model = MODELS.build(config)
    model.backbone = Tokens(model.backbone)
    if head == 'SlowFastHead':
        model.cls_head.avg_pool = torch.nn.AdaptiveAvgPool3d(1)
        model.backbone.register_forward_hook(lambda module, _, x: x.split(24, dim=1))
    assert run(model, 'loss', dtype)['loss_cls'].dtype is torch.float32
    sample, *_ = run(model, 'predict', dtype)
    assert sample.pred_score.dtype is torch.float32


@DEVICES
@HALF
def test_losses_of_the_pathways_reach_all_parameters_and_inference_has_none(dtype, device):
    torch.manual_seed(0)
    config = small_recognizer(pathways=True)
    config['cls_head'].update(pathways=dict(rgb=0.5, pose=0.5), num_joint_tokens=6)
    model = MODELS.build(config)
    losses = run(model, 'loss', dtype, device)
    names = ('loss_cls', 'loss_rgb', 'loss_pose')
    assert all(losses[name].dtype is torch.float32 for name in names)
    sum(losses[name] for name in names).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert run(model, 'predict', dtype, device)[0].pred_score.shape == (5, )
