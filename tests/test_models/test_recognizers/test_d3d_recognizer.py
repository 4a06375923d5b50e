"""The recogniser in training and test."""
import copy

import pytest
import torch
from mmaction.registry import MODELS

from ..support import assert_near, build, draw_batch, small_recognizer


@pytest.fixture
def model():
    return build(small_recognizer()).eval()


def predict(model, batch):
    return torch.stack(
        [sample.pred_score for sample in model(**model.data_preprocessor(batch), mode='predict')])


def test_several_clips_score_the_mean_of_their_probabilities(model):
    batch = draw_batch(samples=2, clips=3)
    with torch.no_grad():
        scores = predict(model, batch)
        for index in range(2):
            singles = []
            for clip in range(3):
                scores_of = {
                    name: [values[index][clip:clip + 1]]
                    for name, values in batch['inputs'].items()
                }
                inputs = model.data_preprocessor(dict(inputs=scores_of, data_samples=[]))['inputs']
                singles.append(model(inputs, mode='tensor', stage='head')[0].softmax(-1))
            assert_near(scores[index], torch.stack(singles).mean(0))
    assert_near(scores.sum(-1), torch.ones(2))


def test_the_callers_batch_is_left_as_it_is(model):
    batch = draw_batch(clips=2)
    before = copy.deepcopy(batch)
    data = model.data_preprocessor(batch)
    stacked = dict(data['inputs'])
    model(**data, mode='predict')
    for name, values in before['inputs'].items():
        assert all(torch.equal(a, b) for a, b in zip(batch['inputs'][name], values)), name
        assert data['inputs'][name] is stacked[name], name
        assert data['inputs'][name].shape[:2] == (2, 2), name


def test_a_second_call_on_the_same_batch_gives_the_same(model):
    batch = draw_batch(clips=2)
    first = predict(model, batch)
    assert torch.equal(predict(model, batch), first)
    data = model.data_preprocessor(batch)
    for _ in range(2):
        scores = torch.stack([s.pred_score for s in model(**data, mode='predict')])
        assert torch.equal(scores, first)


def test_training_reports_loss_and_accuracy():
    model = build(small_recognizer()).train()
    losses = model(**model.data_preprocessor(draw_batch(), True), mode='loss')
    assert losses['loss_cls'].requires_grad and losses['loss_cls'].isfinite()
    assert {'top1_acc', 'top5_acc'} <= set(losses)


def test_pictures_are_normalised_and_joints_are_not(model):
    batch = draw_batch(samples=2)
    inputs = model.data_preprocessor(batch)['inputs']
    mean, std = (torch.tensor(values).view(3, 1, 1, 1)
                 for values in ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]))
    assert_near(inputs['imgs'][1, 0], (batch['inputs']['imgs'][1][0] - mean) / std)
    assert torch.equal(inputs['keypoint'], torch.stack(batch['inputs']['keypoint']))


def test_a_few_steps_on_one_batch_lower_its_loss():
    torch.manual_seed(0)
    model = MODELS.build(small_recognizer()).train()
    data = model.data_preprocessor(draw_batch(samples=4), True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(8):
        loss = model(**data, mode='loss')['loss_cls']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
