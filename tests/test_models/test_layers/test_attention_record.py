"""Attention maps."""
import pytest
import torch

from mmaction_d3d.models.layers import (
    AttentionRecord,
    DeformableAttention3D,
    JointStrideAttention,
    Tokens,
)
from mmaction_d3d.models.layers.deformable_maps import DeformableRecord
from mmaction_d3d.models.layers.joint_maps import JointRecord

from .. import reference
from ..reference import Parameters
from ..support import assert_near, spread


def parameters(module):
    return Parameters({name: value.detach() for name, value in module.double().named_parameters()})


@pytest.mark.parametrize('size, kernel', [((2, 3, 4), 2), ((3, 4, 2), (2, 3, 1))])
def test_deformable_maps_are_the_mass_spread_back_to_the_cells(size, kernel):
    torch.manual_seed(0)
    module = spread(DeformableAttention3D(4, kernel, num_heads=2), 0.5)
    rgb, modal = (torch.randn(1, size[0], *shape, 4, dtype=torch.float64)
                  for shape in (size[1:], (2, )))
    p, record = parameters(module), AttentionRecord()
    module(Tokens(rgb, None, modal), record=record)

    config = dict(kernel_size=kernel)
    tokens, points, _, _ = reference.search(p.part('search'), rgb[0], reference.kernel_of(config))
    keys = reference.projected(p, tokens + list(modal[0].flatten(0, 1)), 'key')
    # How much of each cell a searched token is made of: sampled from volumes with one cell lit.
    cells = torch.eye(rgb[0, ..., 0].numel(), dtype=torch.float64).view(*size, -1)
    made_of = torch.stack([reference.trilinear(cells, point) for point in points])
    expected = torch.stack([
        torch.stack([
            reference.attention_row(reference.projected(p, [modal[0, t, k]], 'query')[0], keys,
                                    2)[:, :len(tokens)] @ made_of for t in range(size[0])
        ], 1) for k in range(2)
    ], 1)
    assert_near(record.of(DeformableRecord)[0].cells[0].flatten(3), expected)


def test_joint_maps_are_the_attention_that_each_joint_receives():
    torch.manual_seed(0)
    module = spread(JointStrideAttention(4, 3, num_heads=2, stride=2))
    pose, modal = (torch.randn(1, 2, n, 4, dtype=torch.float64) for n in (6, 1))
    visible = torch.ones(1, 2, 6, dtype=torch.bool)
    p, record = parameters(module), AttentionRecord()
    module(Tokens(None, pose, modal), visible, record=record)

    received = [[[] for _ in range(6)] for _ in range(2)]
    for asking, attended in reference.windows(6, 3, 2):

        def members(joints):
            return [pose[0, t, r] for t in range(2) for r in joints] + list(modal[0, :, 0])

        keys = reference.projected(p, members(attended), 'key')
        rows = [
            reference.attention_row(query, keys, 2)
            for query in reference.projected(p, members(asking), 'query')
        ]
        mean = sum(rows) / len(rows) * len(keys)
        for place, (t, r) in enumerate((t, r) for t in range(2) for r in attended):
            received[t][r].append(mean[:, place])
    expected = torch.stack(
        [torch.stack([sum(many) / len(many) for many in frame], 1) for frame in received], 1)
    assert_near(record.of(JointRecord)[0].received[0], expected)


@pytest.mark.parametrize('modal_only', [True, False])
def test_recording_changes_no_token(modal_only):
    torch.manual_seed(0)
    module = spread(DeformableAttention3D(4, 2, num_heads=2))
    rgb, modal = torch.randn(1, 2, 3, 3, 4), torch.randn(1, 2, 2, 4)
    tokens = Tokens(rgb, None, modal)
    record = AttentionRecord()
    recorded = module(tokens, None, modal_only, record).modal
    assert torch.equal(recorded, module(tokens, None, modal_only).modal)
    assert len(record.of(DeformableRecord)) == 1
