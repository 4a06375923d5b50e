"""What a test reports beside accuracy, and stored scores that do not fit."""
import re

import numpy as np
import pytest
import torch
from mmaction.registry import METRICS
from mmengine.registry import init_default_scope

from mmaction_d3d.errors import InputError
from mmaction_d3d.evaluation import run_records, wilson_interval
from mmaction_d3d.evaluation.score_metrics import check_dumps

NAMES = [f'clip{index}' for index in range(12)]
LABELS = np.arange(12) % 3


def scores_of(seed, clips=12, logits=False):
    scores = np.random.default_rng(seed).normal(size=(clips, 3)).astype(np.float32)
    return scores if logits else np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


@pytest.fixture
def dump(tmp_path):
    """Writes a file of scores; the clips lie in another order than in the test."""

    def write(name, scores, names=NAMES, labels=LABELS, **changes):
        order = np.random.default_rng(9).permutation(len(names))
        path = tmp_path / f'{name}.npz'
        content = dict(name=np.array(names), source=np.array(names), label=np.array(labels),
                       score=scores, feature=scores, frame_inds=np.zeros((len(names), 2), int))
        content |= changes
        np.savez_compressed(path, classes=np.array([], str),
                            **{key: values[order] for key, values in content.items()})
        return str(path)

    return write


def evaluate(scores, names=NAMES, labels=LABELS, **settings):
    """Run a metric as a test does, in batches of five."""
    init_default_scope('mmaction')
    metric = METRICS.build(settings)
    samples = [
        dict(frame_dir=name, gt_label=torch.tensor([label]), pred_score=torch.tensor(score))
        for name, label, score in zip(names, labels, scores)
    ]
    for start in range(0, len(samples), 5):
        metric.process(None, samples[start:start + 5])
    return metric.evaluate(len(samples))


@pytest.mark.parametrize('weights', [None, [3, 1, 0.5], [0, 0, 1]])
def test_scores_are_added_by_name(dump, weights):
    first, second, third = scores_of(0), scores_of(1), scores_of(2, logits=True)
    figures = evaluate(first, type='FusionMetric', dumps=[dump('a', second),
                                                          dump('b', third)], weights=weights)
    hits, means = [0, 0, 0, 0], []
    for row in range(12):
        of_logits = np.exp(third[row]) / sum(np.exp(third[row]))
        streams = [first[row], second[row], of_logits]
        fused = sum(w * s for w, s in zip(weights or [1, 1, 1], streams))
        means.append(fused / sum(weights or [1, 1, 1]))
        for index, stream in enumerate([*streams, fused]):
            hits[index] += int(stream.argmax() == LABELS[row])
    assert [figures[f'fusion/alone_{index}'] for index in range(3)] == [n / 12 for n in hits[:3]]
    assert figures['fusion/top1'] == hits[3] / 12
    assert (figures['fusion/low'], figures['fusion/high']) == wilson_interval(hits[3], 12)
    calibration = evaluate(np.float32(means), type='CalibrationMetric')
    for name in ('ece', 'nll'):
        assert figures[f'fusion/{name}'] == pytest.approx(calibration[f'calibration/{name}'])
    assert figures['fusion/alone_0'] == evaluate(first, type='AccMetric')['acc/top1']


@pytest.mark.parametrize('changes, says', [
    (dict(names=[*NAMES[:5], 'x', *NAMES[6:]]), 'name: found no clip clip5, want'),
    (dict(names=[*NAMES, 'y'], labels=[*LABELS, 0], scores=scores_of(
        1, 13)), 'name: found the clip y, which this test does not have'),
    (dict(names=[*NAMES[:11], 'clip3']), 'name: found the clip clip3 2 times'),
    (dict(labels=np.zeros(12, int)), r'label: found 0 of the clip clip1, want 1'),
    (dict(scores=np.ones((12, 4), np.float32)), 'score: found 4 classes, want 3'),
    (dict(scores=np.full((12, 3), np.nan)), 'score: found nan, inf or no numbers'),
    (dict(scores=np.full((12, 3), 'a')), 'score: found nan, inf or no numbers'),
])
def test_a_file_that_does_not_fit_is_named_with_the_first_clip(dump, changes, says):
    path = dump('a', changes.pop('scores', scores_of(1)), **changes)
    with pytest.raises(InputError, match=re.escape(path) + ': ' + says):
        evaluate(scores_of(0), type='FusionMetric', dumps=[path])


@pytest.mark.parametrize('weights', [[1], [1, 2, 3], [0, 0]])
def test_weights_are_one_for_each(dump, weights):
    with pytest.raises(InputError, match=r'weights \(--fuse-weights\): found .*, want 2 numbers'):
        evaluate(scores_of(0), type='FusionMetric', dumps=[dump('a', scores_of(1))],
                 weights=weights)


def test_files_are_checked_before_the_test(dump):
    init_default_scope('mmaction')

    class Tested(list):

        def get_data_info(self, index):
            return dict(filename=self[index])

    path = dump('a', scores_of(1))
    fused = METRICS.build(dict(type='FusionMetric', dumps=[path]))
    fitted = METRICS.build(dict(type='CalibrationMetric', val_dump=path))
    check_dumps([fused], Tested(NAMES), 3)
    check_dumps([fitted], Tested('ab'), 3)
    for metric, names, classes, says in ((fused, 'ab', 3, 'no clip a'), (fused, NAMES, 2,
                                                                         '3 classes'),
                                         (fitted, NAMES[3:4], 3, 'the clip clip3, which is tested'),
                                         (fitted, 'ab', 4, '3 classes')):
        with pytest.raises(InputError, match=f'found {says}, want'):
            check_dumps([metric], Tested(names), classes)


def test_a_temperature_of_other_clips_mends_a_confident_model(dump):
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=400)
    logits = 4 * (np.eye(3)[labels] + rng.normal(size=(400, 3))).astype(np.float32)
    val = dump('val', logits[200:], [f'val{index}' for index in range(200)], labels[200:])
    names = [f'test{index}' for index in range(200)]
    before = evaluate(logits[:200], names, labels[:200], type='CalibrationMetric')
    after = evaluate(logits[:200], names, labels[:200], type='CalibrationMetric', val_dump=val)
    assert after['calibration/ece'] == before['calibration/ece'] > 0.1
    assert after['calibration/ece_scaled'] < 0.5 * after['calibration/ece']
    assert after['calibration/nll_scaled'] < after['calibration/nll']
    assert after['calibration/temperature'] == pytest.approx(4, rel=0.3)


def test_clips_of_several_labels_are_said_to_have_no_calibration(dump, capsys):
    for settings in (dict(type='CalibrationMetric'),
                     dict(type='FusionMetric', dumps=[dump('a', scores_of(1))])):
        metric = METRICS.build(settings)
        metric.process(
            None, [dict(frame_dir='a', gt_label=torch.tensor([0, 1]), pred_score=torch.ones(3))])
        if settings['type'] == 'CalibrationMetric':
            assert metric.evaluate(1) == {}
        else:
            with pytest.raises(InputError, match='gt_label: found several labels of a clip'):
                metric.evaluate(1)


def test_a_file_that_would_fill_the_memory_is_not_unpacked(dump, monkeypatch):
    path = dump('a', np.zeros((12, 300), np.float32))
    monkeypatch.setattr(run_records, '_MOST_BYTES', 12 * 300 * 4)
    with pytest.raises(InputError, match='bytes once unpacked, more than 14400, want the .npz'):
        run_records.read_clips(path)
