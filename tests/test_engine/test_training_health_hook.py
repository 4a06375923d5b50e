"""Scalars of the hook in a real run, against gradients and offsets computed beside it."""
import json
from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from running import forget_runs
from test_models.support import build, draw_batch, small_recognizer

from mmaction_d3d.evaluation.training_health import OffsetWatch, gradient_norms, offset_statistics
from mmaction_d3d.models.layers import AttentionRecord, TokenSearch
from mmaction_d3d.models.layers.deformable_maps import DeformableRecord


class Clips(torch.utils.data.Dataset):
    """Batches of two, drawn anew for each index."""

    def __init__(self, num_batches):
        self.batches = [draw_batch(seed=10 * index) for index in range(num_batches)]

    def __len__(self):
        return 2 * len(self.batches)

    def __getitem__(self, index):
        batch, sample = self.batches[index // 2], index % 2
        inputs = {name: value[sample] for name, value in batch['inputs'].items()}
        return dict(inputs=inputs, data_samples=batch['data_samples'][sample])


def train(work_dir, interval=1, iterations=1, changes=(), optim=(), hooks=(), model=None,
          schedulers=None):
    """Trains a small model; return the runner and the logged scalars of each iteration."""
    forget_runs()
    hooks = [dict(type='TrainingHealthHook', interval=interval), *hooks] if interval else [*hooks]
    runner = Runner(
        model=model or build(small_recognizer(**dict(changes))), work_dir=str(work_dir),
        train_dataloader=dict(batch_size=2, dataset=Clips(iterations),
                              sampler=dict(type='DefaultSampler', shuffle=False)),
        train_cfg=dict(by_epoch=True,
                       max_epochs=1), optim_wrapper=dict(optimizer=dict(type='SGD', lr=1e-3),
                                                         clip_grad=dict(max_norm=1e-3),
                                                         **dict(optim)), param_scheduler=schedulers,
        default_hooks=dict(logger=dict(type='LoggerHook', interval=1), checkpoint=None),
        visualizer=dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend')]),
        custom_hooks=hooks, default_scope='mmaction', experiment_name=str(work_dir))
    runner.train()
    file, = work_dir.rglob('vis_data/scalars.json')
    return runner, [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture(scope='module')
def logged(tmp_path_factory):
    """Scalars of the first iteration."""
    from mmengine.registry import init_default_scope
    init_default_scope('mmaction')
    return train(tmp_path_factory.mktemp('run'))[1][0]


@pytest.fixture(scope='module')
def beside():
    """The same model after one backward pass over the same batch, without a runner."""
    model = build(small_recognizer()).train()
    data = model.data_preprocessor(draw_batch(), True)
    losses = model(**data, mode='loss')
    losses['loss_cls'].backward()
    return model


def searched(model, batch, training):
    """What each block's token search found."""
    record = AttentionRecord()
    data = model.data_preprocessor(batch, training)['inputs']
    model.backbone(data['imgs'].flatten(0, 1), data['keypoint'].flatten(0, 1), record=record)
    return [maps.searched for maps in record.of(DeformableRecord)]


def modules_of_parts(model):
    net, blocks = model.backbone, model.backbone.blocks
    attentions = {
        name: [getattr(block, name) for block in blocks]
        for name in ('deformable', 'joint', 'temporal')
    }
    return dict(
        {name: [layer.attention for layer in layers]
         for name, layers in attentions.items()}, backbone=[net.backbone],
        pose_tokens=[net.pose_tokens], rgb_tokens=[net.rgb_tokens], modal_tokens=[net.modal_tokens],
        search=[layer.search for layer in attentions['deformable']
                ], ffn=[layer.ffn for layers in attentions.values() for layer in layers],
        cls_merge=[block.cls_merge for block in blocks], head=[model.cls_head])


PARTS = ('backbone', 'pose_tokens', 'rgb_tokens', 'modal_tokens', 'search', 'deformable', 'joint',
         'temporal', 'ffn', 'cls_merge', 'head')


@pytest.mark.parametrize('part', PARTS)
def test_gradient_norm_of_a_part_is_that_before_clipping(logged, beside, part):
    parameters = [p for module in modules_of_parts(beside)[part] for p in module.parameters()]
    if part == 'rgb_tokens':
        parameters.append(beside.backbone.time_embed)
    expected = torch.cat([p.grad.flatten() for p in parameters]).norm().item()
    assert expected > 0
    assert logged[f'grad/{part}'] == pytest.approx(expected, rel=1e-4)


def test_parts_make_up_the_whole_gradient(logged):
    norms = {name: value for name, value in logged.items() if name.startswith('grad/')}
    assert set(norms) == {f'grad/{part}' for part in PARTS}
    assert sum(norm**2 for norm in norms.values()) == pytest.approx(logged['grad_norm']**2,
                                                                    rel=1e-4)


@pytest.mark.parametrize('block', [0, 1])
def test_offset_statistics_are_those_of_the_batch(logged, beside, block):
    offsets = searched(beside, draw_batch(), training=True)[block]
    deviation = offsets.offsets.flatten(0, 1).std(dim=0, correction=0).tolist()
    assert [logged[f'offset_std/block{block}_{axis}']
            for axis in 'xyz'] == pytest.approx(deviation, rel=1e-4)
    assert logged[f'offset_saturated/block{block}'] == pytest.approx(
        (offsets.offsets.abs() > 0.95).float().mean().item(), abs=1e-6)
    left = (offsets.positions.abs() > 1).any(dim=-1).float().mean().item()
    assert 0 < left < 1 and logged[f'offset_outside/block{block}'] == pytest.approx(left, abs=1e-6)


class FixedSearch(TokenSearch):
    """A search with given offsets along x, in units of ``offset_range``, and none along y and z."""

    def __init__(self, along_x, offset_range):
        super().__init__(1, (1, 1, 1), offset_range=offset_range)
        self.along_x = torch.tensor(along_x)

    def offsets(self, tokens):
        x = self.along_x.view(1, 1, 1, -1, 1) * self.offset_range
        return torch.cat((x, torch.zeros_like(x), torch.zeros_like(x)), dim=-1)


def test_offsets_worked_out_by_hand():
    # Centres -0.75, -0.25, 0.25, 0.75 and offsets 0, 0, 0.3, 0.49: the last is above 0.95 * 0.5
    # and leaves the volume.
    search = FixedSearch([0., 0., 0.6, 0.98], offset_range=0.5)
    watch = OffsetWatch(search)
    search(torch.zeros(1, 1, 1, 4, 1))
    (deviation, saturated, outside), = watch.statistics()
    assert deviation == pytest.approx((0.2086115, 0, 0), abs=1e-6)
    assert (saturated, outside) == (1 / 12, 1 / 4)


def test_interval_is_kept(tmp_path):
    _, rows = train(tmp_path, interval=2, iterations=4)
    for name in ('grad/head', 'offset_std/block0_x'):
        first, second, third, fourth = (row.get(name) for row in rows)
        assert first is None and second == third != fourth


def test_accumulated_gradient_is_measured_at_the_update(tmp_path):
    _, rows = train(tmp_path, interval=3, iterations=4, optim=dict(accumulative_counts=2))
    norms = [[value for name, value in row.items() if name.startswith('grad/')] for row in rows]
    assert [bool(values) for values in norms] == [False, False, False, True]
    clipped = rows[3]['grad_norm'] * 2 - rows[2]['grad_norm']  # the log has the mean of two
    assert sum(norm**2 for norm in norms[3]) == pytest.approx(clipped**2, rel=1e-4)


class LossScale(Hook):
    """Makes the optimiser's wrapper look like one of mixed precision."""

    def before_train(self, runner):
        runner.optim_wrapper.loss_scaler = SimpleNamespace(get_scale=lambda: 4.)


def test_scale_of_mixed_precision_is_taken_out(tmp_path, logged):
    _, rows = train(tmp_path, hooks=[LossScale()])
    assert rows[0]['grad/head'] == pytest.approx(logged['grad/head'] / 4, rel=1e-6)


def test_training_is_the_same_with_the_hook(tmp_path):
    plain, watched = (train(tmp_path / str(interval), interval, iterations=3)[0].model.state_dict()
                      for interval in (None, 1))
    assert all(torch.equal(plain[name], watched[name]) for name in plain)


def test_nothing_stays_behind(tmp_path):
    runner, _ = train(tmp_path, iterations=2)
    assert not any(module._forward_hooks for module in runner.model.modules())
    assert 'step' not in vars(runner.optim_wrapper)


def test_a_parameter_scheduler_keeps_its_count_of_updates(tmp_path, recwarn):
    runner, _ = train(tmp_path, iterations=2, schedulers=[dict(type='LinearLR', by_epoch=False)])
    assert runner.optim_wrapper.step._with_counter
    assert not [warning for warning in recwarn if 'optimizer.step()' in str(warning.message)]


@pytest.mark.parametrize('attentions', [('joint', 'temporal'), ('joint', )])
def test_model_without_a_search_logs_the_rest(tmp_path, attentions):
    _, rows = train(tmp_path, changes=dict(attentions=attentions))
    absent = {'search', 'deformable'} | ({'temporal'} - set(attentions))
    absent |= set() if 'temporal' in attentions else {'rgb_tokens'}
    parts = {name.partition('/')[2] for name in rows[0] if name.startswith('grad/')}
    # Their time embedding remains: pose tokens read it.
    assert parts == set(PARTS) - absent | {'rgb_tokens'}
    assert not any(name.startswith('offset') for name in rows[0])


def test_parameters_of_another_model_are_one_part():
    model = torch.nn.Linear(2, 1)
    model(torch.ones(1, 2)).sum().backward()
    assert gradient_norms(model) == {'other': pytest.approx(3**0.5)}


def test_frozen_parameters_are_no_part(beside):
    model = build(small_recognizer())
    model.backbone.backbone.requires_grad_(False)
    assert set(gradient_norms(model)) == set(PARTS) - {'backbone'}


def test_parts_of_a_wrapped_model_are_its_own(beside):
    wrapped = torch.nn.parallel.DataParallel(beside)
    assert gradient_norms(wrapped) == gradient_norms(beside)


@pytest.mark.parametrize('training', [True, False])
def test_a_data_set_is_measured_in_eval_mode(training):
    model = build(small_recognizer())
    batches = [draw_batch(seed=0), draw_batch(samples=1, seed=10)]
    model.train(training)
    statistics = offset_statistics(model, batches)
    assert all(module.training is training for module in model.modules())
    model.eval()
    offsets = [
        torch.cat([maps.offsets.flatten(0, 1) for maps in blocks])
        for blocks in zip(*(searched(model, batch, False) for batch in batches))
    ]
    for (deviation, saturated, _), expected in zip(statistics, offsets, strict=True):
        assert deviation == pytest.approx(expected.std(dim=0, correction=0).tolist(), rel=1e-4)
        assert saturated == pytest.approx((expected.abs() > 0.95).float().mean().item(), abs=1e-6)


def test_a_data_set_without_a_search_has_no_statistics():
    model = build(small_recognizer(attentions=('joint', )))
    assert offset_statistics(model, [draw_batch()]) == []
