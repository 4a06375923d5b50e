"""torch.compile takes the whole model as one graph."""
import pytest
import torch
from mmaction.registry import MODELS

from .support import assert_near, build, draw_clip, small_transformer

SETTINGS = [
    dict(),
    dict(modal_tokens='single'),
    dict(modal_tokens='none'),
    dict(attentions=('deformable', )),
    dict(attentions=('joint', 'temporal')),
    dict(wrap=False, pose_embed='none', depthwise=False)
]


class Whole(torch.nn.Module):
    """Backbone and head."""

    def __init__(self, changes):
        super().__init__()
        tokens = dict(single=1, none=1).get(changes.get('modal_tokens'), 3)
        self.backbone = build(small_transformer(**changes))
        self.head = MODELS.build(
            dict(type='D3DHead', num_classes=5, in_channels=16, dropout=0., num_tokens=tokens))

    def forward(self, **clip):
        return self.head(self.backbone(**clip))


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('changes', SETTINGS, ids=str)
@pytest.mark.filterwarnings('error:Dynamo')
def test_without_a_break_and_with_the_same_result(changes, training):
    torch.compiler.reset()
    model = Whole(changes).train(training)
    compiled = torch.compile(model, backend='eager', fullgraph=True)
    clip = draw_clip()
    wanted, actual = model(**clip), compiled(**clip)
    assert_near(actual, wanted, tolerance=1e-5)
    if training:
        parameters = list(model.parameters())
        for a, b in zip(*(torch.autograd.grad(out.square().sum(), parameters, allow_unused=True,
                                              materialize_grads=True) for out in (actual, wanted))):
            assert_near(a, b, 'gradient', 1e-4)
