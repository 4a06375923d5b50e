"""A new attention is one file outside of the package, one registered name and a config."""
import importlib
import sys

import pytest
import torch
from explained import dataset, explanation, recognizer, spread_recognizer  # noqa: F401
from mmaction.registry import MODELS
from test_models.support import draw_batch, small_recognizer
from test_training_health_hook import train

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation.attention_maps import attention_maps
from mmaction_d3d.evaluation.complexity import count_complexity
from mmaction_d3d.visualization import all_pictures, picture, pictures

CODE = """
from typing import NamedTuple

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from mmaction_d3d.models.layers import AttentionLayer, Tokens


class FrameMaps(NamedTuple):
    weights: Tensor  # T x T


class FrameRecord(NamedTuple):
    weights: Tensor  # B x heads x T x T

    def select(self, selection, frames):
        return FrameMaps(selection.of_heads(self.weights)[0])


@MODELS.register_module()
class FrameAttention(AttentionLayer):
    # The mean body of each frame attends to those of all frames.
    reads = ('pose', )
    label = 'frame attention'
    records = FrameMaps
    parts = dict(gate='gate', **AttentionLayer.parts)

    def __init__(self, embed_dims, bias=True, **kwargs):
        super().__init__(embed_dims, **kwargs)
        self.gate = nn.Linear(embed_dims, embed_dims, bias=bias)

    def forward(self, tokens, visible=None, modal_only=False, record=None):
        msa = self.attention
        body = msa.norm(tokens.pose.mean(dim=2))
        query, key, value = msa.query(body), msa.key(body), msa.value(self.gate(body))
        if record is not None:
            record.add(FrameRecord(msa.weights(query, key)))
        attended = msa.attend(query, key, value)[:, :, None]
        joined = torch.cat((tokens.pose, tokens.modal), dim=2)
        joined = self.residual(joined, attended.expand_as(joined))
        return Tokens(None, *joined.tensor_split((tokens.pose.shape[2], ), dim=2))
"""


@pytest.fixture(scope='module')
def outside(tmp_path_factory):
    """Another package's module, which the registry knows while this file is tested."""
    folder = tmp_path_factory.mktemp('elsewhere')
    (folder / 'frames_of_others.py').write_text(CODE)
    sys.path.insert(0, str(folder))
    yield importlib.import_module('frames_of_others')
    sys.path.remove(str(folder))
    del sys.modules['frames_of_others'], MODELS.module_dict['FrameAttention']


def config(**block):
    """Config of a small recogniser, by the keys of today."""
    whole = small_recognizer()
    whole['backbone'] = dict(type='D3DTransformer', backbone=dict(type='R2Plus1D', base_channels=4),
                             num_joints=3, num_person=2, clip_len=3, img_size=32, num_blocks=2,
                             layer=dict(num_heads=2, ffn_ratio=2.),
                             block=dict(deformable=dict(kernel_size=2)) | block)
    return whole


ADDED = dict(body=dict(type='FrameAttention', bias=False, ffn_ratio=1.))
REPLACED = dict(joint=dict(type='FrameAttention'))


@pytest.mark.parametrize('block, name', [(ADDED, 'body'), (REPLACED, 'joint')])
def test_it_trains_and_its_health_is_logged(outside, tmp_path, block, name):
    model = MODELS.build(config(**block))
    before = [p.detach().clone() for p in model.parameters()]
    runner, (scalars, ) = train(tmp_path, model=model)
    names = [key for key, _ in model.named_parameters()]
    moved = {
        key for key, old, new in zip(names, before, model.parameters())
        if not torch.equal(old, new)
    }
    assert f'backbone.blocks.0.{name}.gate.weight' in moved
    parts = {key for key in scalars if key.startswith('grad/')}
    assert {f'grad/{name}', 'grad/gate', 'grad/deformable', 'grad/temporal'} <= parts
    assert scalars[f'grad/{name}'] > 0 and scalars['grad/gate'] > 0
    assert sum(scalars[key]**2 for key in parts) == pytest.approx(scalars['grad_norm']**2, rel=1e-4)


def test_it_runs_before_the_merge_with_the_others_that_read_one_modality(outside):
    block = MODELS.build(config(**ADDED)).backbone.blocks[0]
    assert list(block.attentions) == ['deformable', 'joint', 'body', 'temporal']
    assert list(dict(
        block.named_children())) == ['deformable', 'joint', 'body', 'cls_merge', 'temporal']


def test_its_costs_are_counted_under_its_name(outside):

    def count(block):
        model = MODELS.build(config(**block))
        inputs = model.data_preprocessor(draw_batch(samples=1), False)['inputs']
        return count_complexity(model, dict(inputs))

    with_it, without = count(ADDED), count({})
    frames, dims = 3, 16
    # Queries, keys and values of a body a frame; the output projection of each token.
    projected = frames * dims**2 * (3 + 6 + 2)
    assert with_it['frame attention'].macs == 2 * (projected + 2 * frames**2 * dims)
    assert with_it['gate'] == (2 * dims**2, 2 * frames * dims**2)
    extra = sum(with_it[part].macs for part in ('frame attention', 'gate'))
    extra += 2 * 2 * frames * 8 * dims**2  # its FFN
    assert with_it['total'].macs == without['total'].macs + extra


def test_its_maps_are_drawn_where_a_picture_asks_for_them_and_else_left_out(
        outside, explanation, monkeypatch):  # noqa: F811
    from matplotlib.figure import Figure
    monkeypatch.setattr(pictures, '_PICTURES', all_pictures())

    @picture('frames', 'which frames look at which', needs=(outside.FrameMaps, ))
    def draw(explanation):
        figure = Figure()
        figure.subplots().imshow(explanation.maps.of(outside.FrameMaps).weights)
        return figure

    shown = {}
    for block in (ADDED, {}):
        model = MODELS.build(config(**block))
        inputs = model.data_preprocessor(draw_batch(samples=1), False)['inputs']
        maps = attention_maps(model, inputs['imgs'][0, 0], inputs['keypoint'][0, 0])
        shown[bool(block)] = {
            name for name, known in all_pictures().items() if not known.missing(maps)
        }
    assert shown[True] - shown[False] == {'frames'} and 'joints' in shown[False]
    weights = attention_maps(MODELS.build(config(**ADDED)), inputs['imgs'][0, 0],
                             inputs['keypoint'][0, 0]).of(outside.FrameMaps)
    assert torch.allclose(weights.weights.sum(dim=-1), torch.ones(3))
    image = all_pictures()['frames'].draw(
        explanation._replace(maps=explanation.maps.with_maps(weights)))
    assert image.axes[0].images
    with pytest.raises(InputError, match='found none that records FrameMaps'):
        all_pictures()['frames'].draw(explanation)


def test_its_maps_alone_leave_the_other_pictures_out(outside):
    model = MODELS.build(config(deformable=None, **REPLACED))
    inputs = model.data_preprocessor(draw_batch(samples=1), False)['inputs']
    maps = attention_maps(model, inputs['imgs'][0, 0], inputs['keypoint'][0, 0])
    assert {name for name, known in all_pictures().items() if not known.missing(maps)
            } & {'joints', 'offsets'} == set()
    assert maps.get(outside.FrameMaps) is not None
