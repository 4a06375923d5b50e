"""Classification head."""
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample

from mmaction_d3d.errors import InputError
from mmaction_d3d.models.layers import PathwayFeatures

from .. import reference
from ..support import assert_matches_loops, assert_near, drawn, spread


def build(**changes):
    torch.manual_seed(0)
    return spread(
        MODELS.build(dict(dict(type='D3DHead', num_classes=5, in_channels=4, dropout=0.),
                          **changes)))


@given(st.integers(1, 20), st.sampled_from([1, 3]), st.sampled_from([None, 1, 5]))
@example(20, 3, None)
@example(5, 3, 5)
@example(8, 3, 5)
@drawn(8)
def test_logits_and_gradients_are_those_of_the_loops(frames, num_tokens, clip_len):
    module = build(num_tokens=num_tokens, clip_len=clip_len)
    tokens = torch.randn(2, frames, num_tokens, 4, dtype=torch.float64, requires_grad=True)
    assert_matches_loops(
        module, lambda tokens: [module(tokens)],
        lambda p, tokens: [torch.stack([reference.head(p, clip, clip_len) for clip in tokens])],
        tokens=tokens)


def test_dropout_acts_in_training_alone():
    module = build(dropout=0.5)
    tokens = torch.randn(2, 3, 3, 4)
    assert not torch.equal(module(tokens), module(tokens))
    module.eval()
    assert torch.equal(module(tokens), module(tokens))


def test_classes_start_nearly_alike():
    module = MODELS.build(dict(type='D3DHead', num_classes=60, in_channels=256))
    scores = module(torch.randn(8, 12, 3, 256)).softmax(-1)
    assert_near(scores, torch.full_like(scores, 1 / 60), tolerance=0.02)


@pytest.mark.parametrize('average_clips', ['prob', 'score'])
def test_clips_of_a_sample_are_averaged(average_clips):
    module = build(average_clips=average_clips).eval()
    tokens = torch.randn(6, 2, 3, 4)
    samples = module.predict(tokens, [ActionDataSample(), ActionDataSample()])
    scores = module(tokens).unflatten(0, (2, 3))
    scores = (scores.softmax(-1) if average_clips == 'prob' else scores).mean(1)
    assert_near(torch.stack([sample.pred_score for sample in samples]), scores)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize('clip_len', [None, 2])
def test_autocast_leaves_the_head_in_float32(dtype, clip_len):
    module, tokens = build(clip_len=clip_len), torch.randn(2, 3, 3, 4)
    with torch.autocast('cpu', dtype=dtype):
        logits = module.forward(tokens)
    assert torch.equal(logits, module(tokens))
    assert module.to(dtype).forward(tokens.to(dtype)).dtype is torch.float32


def test_a_head_that_keeps_frames_apart_knows_their_order():
    tokens = torch.randn(2, 6, 3, 4)
    assert_near(build()(tokens.flip(1)), build()(tokens))
    module = build(clip_len=6)
    assert (module(tokens.flip(1)) - module(tokens)).abs().max() > 0.1


def test_a_clip_of_no_frames_is_refused():
    with pytest.raises(InputError, match='D3DHead: clip_len: found 0'):
        build(clip_len=0)


def pathway_head(**changes):
    return build(pathways=dict(rgb=0.5, pose=0.25), num_joint_tokens=6, **changes)


def pathway_features(dtype=torch.float64):
    torch.manual_seed(1)
    shapes = ((2, 3, 3, 4), (2, 4), (2, 6, 4))
    return PathwayFeatures(*(torch.randn(*shape, dtype=dtype, requires_grad=True)
                             for shape in shapes))


LABELS = [ActionDataSample().set_gt_label(label) for label in (3, 1)]


def test_losses_and_gradients_of_the_pathways_are_those_of_the_loops():
    module, features = pathway_head(), pathway_features()

    def cross_entropy(p, tokens):
        total = 0.
        for clip, sample in zip(tokens, LABELS):
            logits = reference.linear(p, '1', reference.layer_norm(p, '0', clip.flatten()))
            total = total - torch.log_softmax(logits, 0)[int(sample.gt_label)] / len(LABELS)
        return [total]

    module.double()
    losses = module.loss(features, LABELS)
    assert set(losses) >= {'loss_cls', 'loss_rgb', 'loss_pose'}
    plain = module.loss_by_feat(module(features.modal), LABELS)
    assert_near(losses['loss_cls'], plain['loss_cls'])
    for name, weight in module.pathways.items():
        tokens = getattr(features, name)
        assert_matches_loops(
            module.path_classifiers[name], lambda tokens, name=name, weight=weight:
            [module.loss(features._replace(**{name: tokens}), LABELS)[f'loss_{name}'] / weight],
            cross_entropy, tokens=tokens)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16], ids=str)
def test_autocast_leaves_the_pathways_in_float32(dtype):
    module, features = pathway_head(), pathway_features(torch.float32)
    with torch.autocast('cpu', dtype=dtype):
        losses = module.loss(features, LABELS)
    for name, loss in module.loss(features, LABELS).items():
        if name.startswith('loss'):
            assert losses[name].dtype is torch.float32 and losses[name] == loss


def test_the_pathways_play_no_part_in_the_prediction():
    module, features = pathway_head().eval(), pathway_features(torch.float32)
    assert torch.equal(module(features), module(features.modal))


@pytest.mark.parametrize('changes, message', [
    (dict(pathways=dict(sound=1.)), 'pathways: found .*sound'),
    (dict(pathways=dict(pose=1.)), 'num_joint_tokens: found None'),
    (dict(pathways=dict(rgb='abc')), 'pathways: found .*abc'),
    (dict(average_clips='abc'), 'average_clips: found abc, want prob or score'),
])
def test_arguments_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        build(**changes)


def test_a_transformer_without_pathways_is_named():
    with pytest.raises(InputError, match='pathways.rgb: found features without these tokens'):
        pathway_head().loss(pathway_features(torch.float32).modal, LABELS)


@pytest.mark.parametrize('average', [None, 'prob', 'score'])
@pytest.mark.parametrize('multi_class', [False, True])
def test_scores_of_several_clips_become_one(average, multi_class):
    head = build(average_clips=average, multi_class=multi_class)
    logits = torch.randn(6, 5)  # two videos of three clips
    samples = head.predict_by_feat(logits, [ActionDataSample() for _ in range(2)])
    scores = logits if average == 'score' else logits.sigmoid() if multi_class else logits.softmax(
        1)
    for index, sample in enumerate(samples):
        assert_near(sample.pred_score, scores[3 * index:3 * index + 3].mean(0))


def test_an_exported_head_that_keeps_frames_apart_takes_clips_of_any_length():
    module = build(clip_len=6).eval()
    frames = torch.export.Dim('frames', min=2, max=64)
    program = torch.export.export(module, (torch.randn(2, 6, 3, 4), ),
                                  dynamic_shapes=({1: frames}, ), strict=False)
    for count in (6, 9, 4):
        tokens = torch.randn(2, count, 3, 4)
        assert_near(program.module()(tokens), module(tokens))
