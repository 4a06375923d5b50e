"""The literal blocks compute what the package's do."""
import pytest
import torch
from mmaction.registry import MODELS

from mmaction_d3d.models.layers import JointStrideAttention
from research.literal import LAST, TRICKS, make_literal


def transformer():
    torch.manual_seed(0)
    model = MODELS.build(
        dict(type='D3DTransformer', backbone=dict(type='R2Plus1D', base_channels=4), num_joints=5,
             num_person=2, clip_len=6, img_size=32, num_blocks=2, layer=dict(num_heads=2),
             block=dict(deformable=dict(kernel_size=2), joint=dict(window=4))))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.train()


def results(model):
    torch.manual_seed(1)
    maps = [
        torch.randn(2, channels, 6, side, side, requires_grad=True)
        for channels, side in ((4, 16), (16, 4))
    ]
    keypoint = torch.rand(2, 6, 10, 3) * torch.tensor([32., 32., 1.])
    keypoint[0, 1, 3, 2] = 0  # a missing joint
    tokens = model(torch.zeros(2, 3, 6, 32, 32), keypoint, features=maps)
    tokens.square().sum().backward()
    return [tokens, *(leaf.grad for leaf in (*maps, *model.blocks.parameters()))]


@pytest.mark.parametrize('tricks', [*((trick, ) for trick in TRICKS), tuple(TRICKS)])
def test_values_and_gradients_are_those_of_the_package(tricks):
    expected = results(transformer())
    literal = make_literal(transformer(), tricks)
    classes = {kind for module in literal.modules() for kind in type(module).mro()}
    assert {kind for trick in tricks for kind in TRICKS[trick]} <= classes
    for actual, ours in zip(results(literal), expected, strict=True):
        if ours is not None:
            torch.testing.assert_close(actual, ours, rtol=1e-3, atol=1e-4)


def test_what_is_taken_out_is_run(monkeypatch):
    """Attention in windows of tokens that are not projected yet sees their width."""
    seen = []
    literal = make_literal(transformer(), ('tokens are projected once, then windowed', LAST))
    module = next(m for m in literal.modules() if isinstance(m, JointStrideAttention))
    attend = module.attention.attend
    monkeypatch.setattr(
        module.attention, 'attend', lambda query, key, value: seen.append(
            (key, value)) or attend(query, key, value))
    results(literal)
    assert seen and all(key is not value and torch.equal(key, value) for key, value in seen)
