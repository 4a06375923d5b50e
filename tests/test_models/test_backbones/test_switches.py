"""Every switch of the paper's tables builds a model that trains, without an idle parameter."""
from itertools import combinations

import pytest
from mmaction.registry import MODELS

from ..support import build, draw_batch, small_recognizer

ATTENTIONS = ('deformable', 'joint', 'temporal')
SUBSETS = [subset for n in (1, 2, 3) for subset in combinations(ATTENTIONS, n)]
OTHERS = [
    dict(pose_embed='none'),
    dict(attn_norm=False),
    dict(depthwise=False),
    dict(wrap=False),
    dict(use_score=False),
    dict(offset_range=0.5),
    dict(sigma=2.),
    dict(joint_stride=1, temporal_stride=2),
    dict(joint_window=1, temporal_window=1),
    dict(kernel_size=(3, 2, 1)),
    dict(num_blocks=1),
    dict(ffn_ratio=1.),
    dict(backbone=dict(type='R2Plus1D', base_channels=4, temporal_strides=(1, 2, 1))),
    dict(img_size=(24, 40), clip_len=5),
    dict(pose_embed='none', attentions=('joint', )),
    dict(pose_tokens=dict(body=True)),
    dict(pose_tokens=dict(body=True, order_people=True)),
    dict(pose_tokens=dict(body=True, embed='none', motion_lags=(1, )), attentions=('joint', )),
]


def train_once(num_tokens=3, **changes):
    """Gradients of one training pass, by parameter."""
    model = build(small_recognizer(num_tokens, **changes)).train()
    batch = draw_batch(samples=3)
    batch['inputs']['keypoint'][0][0, 0, 0] = 0  # a joint that is missing
    losses = model(**model.data_preprocessor(batch, True), mode='loss')
    losses['loss_cls'].backward()
    return model, {name: parameter.grad for name, parameter in model.named_parameters()}


def assert_all_learn(gradients):
    """DDP trips over a parameter without gradient; one whose gradient is zero learns nothing."""
    assert [name for name, gradient in gradients.items() if gradient is None] == []
    assert all(gradient.isfinite().all() for gradient in gradients.values())
    # Keys' biases add the same to all scores of a query: softmax takes no notice.
    idle = [
        name for name, gradient in gradients.items()
        if not gradient.any() and not name.endswith('attention.key.bias')
    ]
    assert idle == []


@pytest.mark.parametrize('modal_tokens', ['cross', 'single', 'none'])
@pytest.mark.parametrize('attentions', SUBSETS, ids='+'.join)
def test_every_parameter_learns_in_tables_4_and_5(attentions, modal_tokens):
    _, gradients = train_once(3 if modal_tokens == 'cross' else 1, attentions=attentions,
                              modal_tokens=modal_tokens)
    assert_all_learn(gradients)


@pytest.mark.parametrize('modal_tokens', ['single', 'none'])
def test_every_parameter_learns_with_a_body_token_and_one_token_a_frame(modal_tokens):
    model, gradients = train_once(1, modal_tokens=modal_tokens, pose_tokens=dict(body=True))
    assert_all_learn(gradients)
    assert (model.backbone.pose_tokens.body_mlp is None) == (modal_tokens == 'none')


@pytest.mark.parametrize('changes', OTHERS, ids=str)
def test_every_parameter_learns_with_other_settings(changes):
    assert_all_learn(train_once(**changes)[1])


def test_every_parameter_has_a_gradient_where_drop_path_leaves_its_branch_out():
    _, gradients = train_once(drop_path=1 - 1e-6)
    assert all(gradient is not None and gradient.isfinite().all()
               for gradient in gradients.values())
    assert not gradients['backbone.blocks.1.temporal.ffn.1.weight'].any()


def test_a_model_of_joints_alone_has_no_rgb_part():
    model, gradients = train_once(attentions=('joint', ))
    assert model.backbone.rgb_tokens is None
    assert not any(
        'layer2' in name or 'layer3' in name or 'deformable' in name or 'temporal' in name
        for name in gradients)


def test_a_model_of_deformable_attention_alone_has_no_pose_part():
    model, gradients = train_once(attentions=('deformable', ))
    assert model.backbone.pose_tokens is None
    assert not any('joint' in name or 'pose' in name for name in gradients)


@pytest.mark.parametrize('modal_tokens', ['single', 'none'])
def test_class_tokens_merge_only_where_there_are_three(modal_tokens):
    _, gradients = train_once(1, modal_tokens=modal_tokens)
    assert not any('cls_merge' in name for name in gradients)
    assert any('modal_tokens' in name for name in gradients) == (modal_tokens == 'single')


def test_tokens_are_normalised_before_the_projections_only_where_asked_for():
    norms = [
        any('attention.norm' in name for name in train_once(attn_norm=wanted)[1])
        for wanted in (True, False)
    ]
    assert norms == [True, False]


def test_every_parameter_has_a_gradient_from_the_first_step_on():
    """At zero offsets too, where training starts."""
    model = MODELS.build(small_recognizer())
    for block in model.backbone.blocks:
        assert not block.deformable.search.to_offset.weight.any()
    losses = model(**model.data_preprocessor(draw_batch(), True), mode='loss')
    losses['loss_cls'].backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


ABLATED = [
    dict(attentions=attentions, modal_tokens=tokens) for tokens in ('cross', 'single', 'none')
    for attentions in (('deformable', ), ('joint', ), ('temporal', ), ('deformable', 'joint'),
                       ('deformable', 'temporal'), ('joint', 'temporal'), ('deformable', 'joint',
                                                                           'temporal'))
]


@pytest.mark.parametrize('blocks', [1, 2])
@pytest.mark.parametrize('changes', [
    *ABLATED,
    dict(pose_embed='none'),
    dict(depthwise=False),
    dict(wrap=False),
    dict(num_heads=1),
    dict(temporal_window=1),
    dict(joint_window=20)
], ids=str)
def test_no_setting_builds_a_parameter_that_distributed_training_would_look_for(changes, blocks):
    """Hence ``find_unused_parameters=False`` serves all of them."""
    num_tokens = dict(single=1, none=1).get(changes.get('modal_tokens'), 3)
    model = MODELS.build(small_recognizer(num_tokens, num_blocks=blocks, **changes))
    model(**model.data_preprocessor(draw_batch(), True), mode='loss')['loss_cls'].backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []
