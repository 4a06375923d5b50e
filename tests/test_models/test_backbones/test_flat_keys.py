"""Earlier flat keys and weights of earlier checkpoints."""
import pytest
import torch
from mmaction.registry import MODELS

from mmaction_d3d.models.backbones.flat_keys import NEW_PLACES, _tell, nest_flat_keys

from ..support import SMALL, draw_clip, logged, small_transformer

# Parameters of a model before its settings lay in dicts, in the order that optimisers count.
ATTENTION = [
    f'attention.{part}.{kind}' for part in ('norm', 'query', 'key', 'value', 'output')
    for kind in ('weight', 'bias')
] + [f'ffn.{part}.{kind}' for part in (0, 1, 3) for kind in ('weight', 'bias')]
SEARCH = [
    f'search.{name}'
    for name in ('conv.weight', 'conv.bias', 'norm.weight', 'norm.bias', 'to_offset.weight')
]
BLOCK = [
    *(f'deformable.{name}' for name in ATTENTION + SEARCH),
    *(f'joint.{name}' for name in ATTENTION), 'cls_merge.weight', 'cls_merge.bias',
    *(f'temporal.{name}' for name in ATTENTION)
]
NAMES = [
    'time_embed', 'rgb_tokens.space_embed', 'rgb_tokens.norm.weight', 'rgb_tokens.norm.bias',
    'pose_tokens.joint_embed', 'pose_tokens.person_embed', 'pose_tokens.missing_token',
    'pose_tokens.projection.weight', 'pose_tokens.projection.bias', 'pose_tokens.norm.weight',
    'pose_tokens.norm.bias', 'pose_tokens.coord_mlp.0.weight', 'pose_tokens.coord_mlp.0.bias',
    'pose_tokens.coord_mlp.2.weight', 'pose_tokens.coord_mlp.2.bias', 'modal_tokens.modal_tokens',
    *(f'blocks.{index}.{name}' for index in (0, 1) for name in BLOCK)
]

FLAT = dict(num_heads=1, ffn_ratio=3., attn_norm=False, drop_path=0.2, kernel_size=(1, 2, 2),
            depthwise=False, offset_range=0.5, joint_window=3, joint_stride=1, temporal_window=3,
            temporal_stride=2, wrap=False, sigma=0.7, use_score=False, pose_embed='none')
NESTED = dict(
    layer=dict(num_heads=1, ffn_ratio=3., norm=False, drop_path=0.2),
    block=dict(deformable=dict(kernel_size=(1, 2, 2), depthwise=False,
                               offset_range=0.5), joint=dict(window=3, stride=1, wrap=False),
               temporal=dict(window=3, stride=2, wrap=False)),
    pose_tokens=dict(sigma=0.7, use_score=False, embed='none'))


def without_parts(**changes):
    """Config without any setting of a part."""
    config = {key: value for key, value in small_transformer().items() if key not in NEW_PLACES}
    return dict(config, **changes)


def outputs(config):
    torch.manual_seed(0)
    model = MODELS.build(config)
    torch.manual_seed(1)
    return model.train()(**draw_clip())


def test_parameters_have_the_names_and_the_order_of_earlier_checkpoints():
    model = MODELS.build(without_parts())
    names = [name for name, _ in model.named_parameters() if not name.startswith('backbone.')]
    assert names == NAMES
    generator = torch.Generator().manual_seed(0)
    state = {
        name: torch.randn(value.shape, generator=generator) if name in NAMES else value
        for name, value in model.state_dict().items()
    }
    model.load_state_dict(dict(reversed(state.items())), strict=True)
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_flat_keys_build_the_model_of_the_new_ones():
    assert set(FLAT) == set(NEW_PLACES) - {'attentions'}
    assert nest_flat_keys(FLAT) == NESTED
    flat, nested = without_parts(**FLAT), without_parts(**NESTED)
    assert torch.equal(outputs(flat), outputs(nested))
    other = without_parts(**dict(NESTED, layer=dict(num_heads=1)))
    assert not torch.equal(outputs(flat), outputs(other))


def test_attentions_that_flat_keys_leave_out_are_none():
    flat = without_parts(attentions=('joint', ), kernel_size=2)
    nested = without_parts(block=dict(deformable=None, temporal=None))
    assert torch.equal(outputs(flat), outputs(nested))


def test_a_flat_key_overrides_the_new_one_of_a_base_config():
    block = dict(joint=dict(window=2, wrap=False), deformable=None)
    config = nest_flat_keys(dict(block=block, joint_window=5, kernel_size=3, num_joints=9))
    assert config['block'] == dict(joint=dict(window=5, wrap=False), deformable=None)
    assert config['num_joints'] == 9 and block['joint']['window'] == 2


def test_one_sentence_names_the_new_keys_once():
    _tell.cache_clear()
    with logged() as messages:
        for _ in range(2):
            MODELS.build(small_transformer(wrap=False))
    told = [text for level, text in messages if level == 'WARNING' and 'is now' in text]
    assert len(told) == 1
    assert 'wrap is now block.joint.wrap and block.temporal.wrap' in told[0]
    assert all(f'{key} is now' in told[0] for key in SMALL if key in NEW_PLACES)


def test_new_keys_and_what_is_not_set_say_nothing():
    with logged() as messages:
        MODELS.build(without_parts(**NESTED))
    assert not [text for _, text in messages if 'is now' in text]


def test_a_key_that_never_was_is_refused_as_python_does():
    with pytest.raises(TypeError, match="unexpected keyword argument 'windows'"):
        MODELS.build(without_parts(windows=3))
