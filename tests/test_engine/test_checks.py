"""Which checkpoints fit a model, and which configs contradict themselves."""
import pytest
import torch
from mmengine.config import Config

from mmaction_d3d.engine import check_checkpoint, check_config, check_start, checks
from mmaction_d3d.engine.checkpoint_hook import CheckpointHook
from mmaction_d3d.engine.checks import check_class_names
from mmaction_d3d.engine.config_checks import check_keys, check_numbers
from mmaction_d3d.errors import InputError


def model(width=2):
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, width))


@pytest.fixture
def save(tmp_path):
    """Writes a checkpoint; give its path."""

    def save(content):
        path = tmp_path / 'w.pth'
        torch.save(content, path)
        return str(path)

    return save


@pytest.mark.parametrize('wrap', [
    lambda state: dict(state_dict=state),
    lambda state: state,
    lambda state: {f'module.{name}': tensor for name, tensor in state.items()},
], ids=['of MMEngine', 'plain', 'of a wrapped model'])
def test_own_checkpoint_fits(save, wrap):
    check_checkpoint(save(wrap(model().state_dict())), model())


def test_model_may_be_wrapped(save):

    class Wrapped(torch.nn.DataParallel):
        pass

    check_checkpoint(save(model().state_dict()), Wrapped(model()))


def test_other_shape_does_not_fit(save):
    path = save(model(width=5).state_dict())
    with pytest.raises(InputError) as error:
        check_checkpoint(path, model())
    assert str(error.value) == (
        f'{path}: state_dict: found 4 tensors, 2 of which fit the 4 of the model (1.weight is '
        '(5, 4)), want a checkpoint of the same architecture (1.weight is (2, 4))')


@pytest.mark.parametrize('state, found', [
    ({}, 'no tensors but {}'),
    ([1], r'no tensors but \[1\]'),
    ({'0.bias': [1.]}, "list as '0.bias'"),
    ({0: torch.ones(1)}, 'Tensor as 0'),
])
def test_a_state_of_other_things_says_what_they_are(save, state, found):
    with pytest.raises(InputError, match=f'checkpoint: found {found}, want a checkpoint that'):
        check_checkpoint(save(dict(state_dict=state)), model())


@pytest.mark.parametrize('change', [
    lambda state: state.pop('1.bias'),
    lambda state: state.update(more=torch.ones(1)),
], ids=['fewer', 'more'])
def test_other_number_of_tensors_does_not_fit(save, change):
    state = model().state_dict()
    change(state)
    with pytest.raises(InputError):
        check_checkpoint(save(state), model())


@pytest.fixture
def logged(monkeypatch):
    """Lines of the log."""
    lines = []
    monkeypatch.setattr(checks, 'print_log', lambda text, *_: lines.append(text))
    return lines


def test_fine_tuning_needs_one_tensor_that_fits_and_logs_those_that_do_not(save, logged):
    state = model(width=5).state_dict()
    del state['0.bias']
    state.update({f'more.{index}': torch.ones(1) for index in range(4)})
    path = save(state)
    check_checkpoint(path, model(), whole=False)
    assert logged == [
        f'{path}: 1 tensors of the model start from it; 2 of another shape (1.weight, 1.bias), '
        '1 not in it (0.bias), 4 in it alone (more.0, more.1, more.2, ...)'
    ]


def test_a_checkpoint_that_fits_is_not_worth_a_line(save, logged):
    check_checkpoint(save(model().state_dict()), model(), whole=False)
    assert not logged


def test_fine_tuning_from_another_model_is_refused(save):
    with pytest.raises(InputError, match='0 of which fit'):
        check_checkpoint(save(dict(a=torch.ones(1))), model(), whole=False)


@pytest.mark.parametrize('tensor, says', [
    (torch.full((2, 4), float('nan')), '1.weight: found nan or inf, want finite numbers'),
    (torch.full((2, 4), float('inf')), '1.weight: found nan or inf, want finite numbers'),
    (torch.ones(2, 4, dtype=torch.int8), '1.weight: found numbers of type torch.int8'),
    (torch.ones(2, 4, device='meta'), '1.weight: found a tensor without plain data'),
    (torch.ones(2, 4).to_sparse(), '1.weight: found a tensor without plain data'),
])
@pytest.mark.parametrize('whole', [True, False])
def test_weights_that_are_no_plain_finite_numbers_are_refused(save, tensor, says, whole):
    state = model().state_dict()
    state['1.weight'] = tensor
    with pytest.raises(InputError, match=says):
        check_checkpoint(save(state), model(), whole=whole)


@pytest.mark.parametrize('dtype', [torch.float64, torch.float16, torch.bfloat16])
def test_weights_of_another_floating_type_fit(save, dtype):
    check_checkpoint(save(model().to(dtype).state_dict()), model())


def test_an_address_that_does_not_answer_is_one_line():
    with pytest.raises(InputError, match='http://127.0.0.1:9/w.pth: checkpoint: found .*refused'):
        check_checkpoint('http://127.0.0.1:9/w.pth', model())


@pytest.mark.parametrize('resume, outcome', [(False, 'fits'), (True, 'refused')])
def test_only_resuming_needs_every_tensor(save, tmp_path, resume, outcome):
    cfg = Config(
        dict(resume=resume, work_dir=str(tmp_path), load_from=save(model(width=5).state_dict())))
    try:
        check_start(cfg, model())
        assert outcome == 'fits'
    except InputError:
        assert outcome == 'refused'


def test_resuming_the_last_checkpoint_checks_it(tmp_path):
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'moved away.pth'))
    with pytest.raises(InputError, match='moved away.pth: checkpoint: found no such file'):
        check_start(Config(dict(resume=True, work_dir=str(tmp_path))), model())


def test_resuming_before_the_first_checkpoint_is_a_fresh_start(tmp_path):
    check_start(Config(dict(resume=True, work_dir=str(tmp_path / 'none'))), model())


def test_data_set_inside_a_wrapper_is_compared_with_the_model():
    inner = dict(type='RGBPoseDataset', num_classes=6)
    cfg = Config(
        dict(model=dict(cls_head=dict(num_classes=5)),
             train_dataloader=dict(dataset=dict(type='RepeatDataset', times=2, dataset=inner))))
    with pytest.raises(InputError, match='to match train_dataloader.dataset.dataset.num_classes'):
        check_config(cfg)


def test_every_one_of_joined_data_sets_is_compared_with_the_model():
    inner = [dict(type='RGBPoseDataset', num_classes=count) for count in (5, 6)]
    cfg = Config(
        dict(model=dict(cls_head=dict(num_classes=5)),
             val_dataloader=dict(dataset=dict(type='ConcatDataset', datasets=inner))))
    with pytest.raises(InputError,
                       match=r'6, to match val_dataloader.dataset.datasets\[1\].num_cl'):
        check_config(cfg)


def test_what_is_stated_once_cannot_contradict():
    check_config(Config(dict(model=dict(cls_head=dict(num_classes=5)), val_dataloader=None)))


@pytest.mark.parametrize('key, value', [
    ('train_cfg.val_interval', 0),
    ('train_cfg.max_epochs', 'abc'),
    ('randomness.seed', -5),
    ('randomness.seed', 1.5),
    ('default_hooks.checkpoint.every_iters', 0),
    ('default_hooks.checkpoint.every_minutes', 'abc'),
    ('optim_wrapper.optimizer.lr', 'abc'),
    ('optim_wrapper.optimizer.lr', float('nan')),
    ('default_hooks.logger.interval', None),
    ('train_dataloader.dataset.pipeline', []),
    ('train_dataloader.batch_size', None),
    ('test_dataloader.batch_size', 'abc'),
    ('load_from', 7),
    ('val_dataloader.sampler', 'abc'),
])
def test_numbers_that_only_a_running_training_reads_are_checked_before(key, value):
    cfg = Config()
    cfg.merge_from_dict({key: value})
    with pytest.raises(InputError, match=f'{key}: found'):
        check_numbers(cfg)


@pytest.mark.parametrize('key, value', [('randomness.seed', None),
                                        ('default_hooks.checkpoint.every_minutes', None),
                                        ('default_hooks.checkpoint.every_minutes', 0.5),
                                        ('optim_wrapper.optimizer.lr', 0), ('default_hooks', None),
                                        ('train_cfg.max_epochs', 3)])
def test_numbers_in_their_range_pass(key, value):
    cfg = Config()
    cfg.merge_from_dict({key: value})
    check_numbers(cfg)


@pytest.mark.parametrize('key', [
    'auto_scale_lr.enabl', 'env_cfg.cudnn_benchmrk', 'optim_wrapper.clip_grad.max_nrm',
    'optim_wrapper.paramwise_cfg.custom_key'
])
def test_a_key_that_nothing_reads_is_refused(key):
    cfg = Config(dict(optim_wrapper=dict(type='OptimWrapper')))
    check_keys(cfg)
    cfg.merge_from_dict({key: 1})
    with pytest.raises(InputError, match=rf'{key}: found no key that is read, want '):
        check_keys(cfg)
    cfg.optim_wrapper.constructor = 'MyConstructor'
    if 'paramwise' in key:
        check_keys(cfg)


def test_a_key_that_no_checkpoint_hook_reads_is_refused_before_the_first_checkpoint():
    CheckpointHook(interval=1, save_optimizer=False)
    with pytest.raises(TypeError, match="unexpected keyword argument 'intervall'"):
        CheckpointHook(intervall=1)
    with pytest.raises(TypeError, match='out_dir is no folder: 7'):
        CheckpointHook(out_dir=7)


def test_a_model_whose_batches_nobody_stacks_is_refused():
    with pytest.raises(InputError, match='model.data_preprocessor: found nothing'):
        check_config(Config(dict(model=dict(type='D3DRecognizer'))))


def test_a_model_without_a_head_is_refused():
    with pytest.raises(InputError, match=r'model\.cls_head: found None, want the config of a head'):
        check_config(Config(dict(model=dict(cls_head=None))))


@pytest.mark.parametrize('trained, data, found', [
    (['a', 'b'], ('b', 'a'), "class 0 is 'a', want 'b', .*in another order"),
    (['a', 'b'], ['a', 'c'], "class 1 is 'b', want 'c', as the data says$"),
    (['a'], ['a', 'b'], "class 1 is 'none', want 'b'"),
    (['a', 3], ['a', 'b'], "meta.dataset_meta.classes: found .*, want names of classes"),
])
def test_classes_of_checkpoint_and_data_are_the_same_in_one_order(save, trained, data, found):
    path = save(dict(state_dict={}, meta=dict(dataset_meta=dict(classes=trained))))
    with pytest.raises(InputError, match=found):
        check_class_names(path, data)


@pytest.mark.parametrize('meta', [{},
                                  dict(meta={}),
                                  dict(meta=dict(dataset_meta=None)),
                                  dict(meta=dict(dataset_meta=dict(classes=('a', 'b'))))])
def test_classes_that_agree_or_have_no_names(save, meta):
    path = save(dict(state_dict={}, **meta))
    check_class_names(path, ['a', 'b'])
    check_class_names(path, None)
